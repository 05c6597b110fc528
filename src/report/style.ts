/** The style of the HTML reports: light and dark by the reader's setting, readable on a phone, ink on paper. Holds no user text. */
const COLOURS = `
:root { color-scheme: light dark; --ink: #1c2330; --soft: #566072; --paper: #fff; --card: #f5f7fa; --line: #d8dde6; --signal: #1f5fbf;
  --band: #1f5fbf26; --limit: #b3261e; --steady: #14713d; --fault: #f2994a40; --good: #14713d; --bad: #b3261e; --open: #7a5a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #a3adbd; --paper: #14181f; --card: #1b212b; --line: #343c4a; --signal: #7fb0ff;
  --band: #7fb0ff33; --limit: #ff8a80; --steady: #6fd69a; --fault: #f2994a4d; --good: #6fd69a; --bad: #ff8a80; --open: #f0c75e; } }
@media print { :root { color-scheme: light; --ink: #000; --soft: #333; --paper: #fff; --card: #fff; --line: #999; --signal: #000;
  --band: #ccd6e8; --limit: #a00; --steady: #050; --fault: #fbe0c4; --good: #050; --bad: #a00; --open: #5a4300; } }`;

const TEXT = `
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; font: 16px/1.5 system-ui, "Liberation Sans", sans-serif; color: var(--ink); background: var(--paper); overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; line-height: 1.3; margin: 0 0 .5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; border-bottom: 2px solid var(--line); }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; } p { margin: .5rem 0; }
.verdict { display: inline-block; padding: 0 .6em; border: 2px solid currentColor; border-radius: .4em; font-weight: 700; color: var(--open); white-space: nowrap; } .verdict.unknown { white-space: normal; }
td .verdict { border-width: 1px; padding: 0 .4em; } .verdict.passed { color: var(--good); } .verdict.failed, .verdict.aborted, .verdict.error { color: var(--bad); }
.answer { font-size: 1.15rem; font-weight: 600; } .note { color: var(--soft); font-size: .875rem; }
.leftovers { border: 3px solid var(--bad); padding: .5rem 1rem; margin: .5rem 0; } .leftovers ul { padding-left: 1.2rem; margin: .25rem 0; }
.facts { margin: 1rem 0; padding: .5rem .75rem; background: var(--card); border: 1px solid var(--line); border-radius: .4rem; font-size: .875rem; }
.facts div { display: grid; grid-template-columns: 11rem 1fr; gap: 0 1rem; padding: .15rem 0; } .facts dt { color: var(--soft); } .facts dd { margin: 0; }`;

const TABLES = `
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .875rem; overflow-wrap: normal; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); min-width: 4.5rem; }
th { color: var(--soft); font-weight: 600; overflow-wrap: anywhere; min-width: 5.5rem; } td:last-child { min-width: 8rem; } td.long { overflow-wrap: anywhere; min-width: 7rem; } time { font-variant-numeric: tabular-nums; }
@media screen and (min-width: 50.01rem) { td time { white-space: nowrap; } }
@media screen and (max-width: 50rem) {
  .wide { overflow-x: visible; } .rows thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .rows, .rows tbody { display: block; } .rows tr { display: block; margin: .5rem 0; padding: .4rem .6rem; background: var(--card); border: 1px solid var(--line); border-radius: .4rem; }
  .rows td, .rows td:last-child, .rows td.long { display: grid; overflow-wrap: anywhere; grid-template-columns: 6.5rem minmax(0, 1fr); gap: .6rem; min-width: 0; padding: .1rem 0; border: 0; }
  .compact { font-size: .75rem; table-layout: fixed; } .compact th, .compact td, .compact td:last-child { min-width: 0; padding-right: .4rem; overflow-wrap: anywhere; }
  .rows td::before { content: attr(data-label); color: var(--soft); min-width: 0; overflow-wrap: anywhere; } .rows td > span { min-width: 0; overflow-wrap: anywhere; }
}
@media screen and (max-width: 30rem) { .facts div { grid-template-columns: 1fr; padding: .25rem 0; } }`;

const CHARTS = `
figure { margin: 1rem 0 1.5rem; } .chart { display: grid; grid-template-columns: 3.25rem minmax(0, 1fr); grid-template-rows: 11rem 1.5rem; margin: 1.2rem 0 .5rem; font-size: 11px; line-height: 1.2; color: var(--soft); }
.values, .times, .area { position: relative; } .area { border: 1px solid var(--line); } .area > svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: hidden; }
.values .tick { position: absolute; right: .4rem; transform: translateY(-50%); white-space: nowrap; } .times .tick { position: absolute; top: .2rem; transform: translateX(-50%); white-space: nowrap; } .zone { padding: .4rem .4rem 0 0; text-align: right; }
.chart line, .chart path { vector-effect: non-scaling-stroke; } .signal { fill: none; stroke: var(--signal); stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; } .range { fill: var(--signal); fill-opacity: .3; stroke: var(--signal); stroke-opacity: .45; stroke-width: 1; }
.grid { stroke: var(--line); stroke-width: 1; } .band { fill: var(--band); } .fault { fill: var(--fault); } .whisker { stroke: var(--signal); stroke-width: 1.5; } .point { stroke: var(--signal); stroke-width: 7; stroke-linecap: round; fill: none; } .warnings { color: var(--open); padding-left: 1.2rem; }
.limit { stroke: var(--limit); stroke-width: 1.5; stroke-dasharray: 6 4; } .limit.steady-state { stroke: var(--steady); stroke-dasharray: 2 3; }
.limit-label, .wave-label { position: absolute; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; max-width: 60%; padding: 0 .25rem; }
.limit-label { right: 0; transform: translateY(-105%); color: var(--limit); background: color-mix(in srgb, var(--paper) 75%, transparent); border-radius: .2rem; } .limit-label.steady-state { color: var(--steady); transform: translateY(5%); }
.limit-label.below { margin-top: 1rem; } .limit-label.start { right: auto; left: 0; } .limit-label.far { top: 1rem; left: 0; right: auto; transform: none; max-width: 100%; } .wave-label { top: -1.1rem; max-width: 30%; }
.mark { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 1 3; } .mark.stop, .mark.not-recovered { stroke: var(--bad); stroke-dasharray: none; } .mark.recovered { stroke: var(--good); stroke-dasharray: 5 2; } .mark.victim { stroke: none; }
.problem { stroke: var(--bad); stroke-width: 2; } .at { position: absolute; top: .1rem; transform: translateX(-50%); line-height: 0; }
.icon path { fill: none; stroke: currentColor; stroke-width: 2; } .icon.victim path, .icon.stop path { fill: currentColor; stroke: var(--paper); stroke-width: .5; } .icon.victim { color: var(--ink); } .icon.stop, .icon.not-recovered { color: var(--bad); } .icon.recovered { color: var(--good); }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .5rem 0; padding: 0; color: var(--soft); font-size: .8125rem; } .legend svg { vertical-align: -1px; }
@media screen and (max-width: 40rem) { .minor { display: none; } .chart { grid-template-columns: 2.6rem minmax(0, 1fr); } .wave-label { max-width: 45%; } }`;

const PAPER = `
@media print {
  @page { margin: 14mm; } body { max-width: none; padding: 0; font-size: 10pt; } table { font-size: 8pt; } th, td, td:last-child, td.long { min-width: 0; padding-right: .5rem; overflow-wrap: anywhere; }
  figure, tr, .facts, .leftovers, .answer { break-inside: avoid; } h2, h3, figcaption { break-after: avoid; } .wide { overflow: visible; } thead { display: table-header-group; }
  .chart { grid-template-rows: 8rem 1.5rem; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}`;

export const STYLE = [COLOURS, TEXT, TABLES, CHARTS, PAPER].join('');
