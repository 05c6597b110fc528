/** The style of the HTML report: light and dark by the reader's setting, readable on a phone, ink on paper. Holds no user text. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5a6475; --paper: #fff; --line: #d8dde6; --signal: #1f5fbf; --limit: #b3261e; --fault: #f2994a44; --good: #14713d; --bad: #b3261e; --open: #7a5a00; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ef; --soft: #a3adbd; --paper: #14181f; --line: #343c4a; --signal: #7fb0ff; --limit: #ff8a80; --fault: #f2994a55; --good: #6fd69a; --bad: #ff8a80; --open: #f0c75e; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
.verdict { display: inline-block; padding: 0 .6em; border: 2px solid currentColor; border-radius: .4em; font-weight: 700; color: var(--open); }
.verdict.passed { color: var(--good); } .verdict.failed, .verdict.aborted, .verdict.error { color: var(--bad); }
.answer { font-size: 1.15rem; font-weight: 600; } .leftovers { border: 2px solid var(--bad); padding: .5rem 1rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .875rem; overflow-wrap: normal; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); min-width: 5rem; }
td:last-child { overflow-wrap: anywhere; min-width: 12rem; } time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.facts th { width: 12rem; font-weight: 400; color: var(--soft); } .note { color: var(--soft); font-size: .875rem; }
svg { display: block; width: 100%; height: auto; font: 11px system-ui, sans-serif; fill: var(--soft); }
.signal { fill: none; stroke: var(--signal); stroke-width: 1.5; } .grid { stroke: var(--line); stroke-width: .5; }
.limit { stroke: var(--limit); stroke-dasharray: 6 4; } .limit-label { fill: var(--limit); text-anchor: end; }
.fault { fill: var(--fault); } .mark { stroke: var(--soft); stroke-dasharray: 1 3; } .problem { fill: var(--bad); font-weight: 700; text-anchor: middle; }
.tick.x { text-anchor: middle; } .tick.y { text-anchor: end; }
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #333; --paper: #fff; --line: #999; --signal: #000; --limit: #900; --fault: #ddd; --good: #000; --bad: #900; --open: #000; }
  body { max-width: none; padding: 0; font-size: 10pt; } figure, tr { break-inside: avoid; } h2, h3 { break-after: avoid; } .wide { overflow: visible; } thead { display: table-header-group; }
  time { white-space: normal; }
}
figure { margin: 1rem 0; }`;
