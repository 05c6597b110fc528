import MarkdownIt from 'markdown-it';
import { signalsFromSamples } from '../../src/records/downsample.ts';
import { buildReport, jsonPieces, renderHtml, renderJunit, renderMarkdown } from '../../src/report/index.ts';
import { events, pages, poison, run, samples, signals, textOf } from './examples.ts';
import { elementsOf } from './parse.ts';

const report = () => buildReport(run(), events(), signals());
const { result: _result, verdict: _verdict, reason: _reason, closedAtMs: _closed, ...live } = run();
const empty = () => buildReport({ ...live, experiment: {} }, [], []);

const hostile = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='x`,
  '`code` | cell | *bold* [link](javascript:alert(1)) ![i](x) <b>',
  ']]> --> <!-- </style></title> &lt;amp; &#60;',
  'a\u0000b\u001b[31m\u202Egnp.exe\ud800',
  'line\r\n\r\n# heading\n| a | b |\n- item',
  '{{7*7}} ${7*7} $& $1 \\',
];
const poisoned = (text: string) => buildReport(poison(run(), text), poison(events(), text), signalsFromSamples(poison(samples(), text)));

describe('HTML', () => {
  const names = (html: string) => elementsOf(html).map(({ name }) => name);

  test('says verdict, answer and reason first, and holds every part', () => {
    const elements = elementsOf(renderHtml(report()));
    const header = elements.find(({ name }) => name === 'header')?.text;
    expect(header).toContain('Not confirmed, because the run was stopped before its end: “Killing one worker keeps the queue short”');
    expect(header).toContain('Reason: stop condition: queue-depth > 14 for 3 s; it was 31');
    expect(header).toMatch(/Breach or abort → undone43 ms/);
    expect(elements.filter(({ name }) => name === 'h2').map(({ text }) => text)).toEqual([
      'Waves',
      'Comparisons',
      'Measures',
      'Victims',
      'Signals',
      'Decisions',
      'Timeline',
    ]);
    const all = elements[0]?.text ?? '';
    for (const text of ['state T in /proc/4711/stat', 'startTicks: 123456', 'sun-spot', 'staging is open', '2026-11-23 20:10:30.043 UTC'])
      expect(all).toContain(text);
  });
  test('is one file: no script, no address but name spaces, a policy that forbids both, both colour schemes, phone and print', () => {
    const html = renderHtml(report());
    expect(names(html)).not.toContain('script');
    expect(html.replaceAll(/xmlns="[^"]*"/g, '')).not.toMatch(/https?:|src=|href=|url\(|@import/);
    expect(html).toContain(`default-src 'none'; style-src 'unsafe-inline'`);
    for (const part of ['prefers-color-scheme: dark', '@media print', 'name="viewport"']) expect(html).toContain(part);
  });
  test('plots each signal with its baselines, limits, fault window, wave marks, victims, stop, recovery and gaps', () => {
    const elements = elementsOf(renderHtml(report()));
    const ofClass = (name: string) => elements.filter(({ attributes }) => attributes.class === name && attributes.width !== '24');
    const told = (name: string) => ofClass(name).flatMap(({ text }) => text || []);
    expect(told('limit steady-state')).toEqual(['steady state ≤ 12']);
    expect(told('limit stop')).toEqual(['stop: 40% above baseline, canary #1 ≤ 14', 'stop ≤ 100']);
    expect(told('limit-label stop')).toEqual(['stop ≤ 100']);
    expect(told('fault')).toEqual(['fault live, canary #1: 2026-11-23 20:10:20.000 UTC to 2026-11-23 20:10:30.043 UTC']);
    expect(told('band')).toEqual(['baseline of canary #1, 5th to 95th percentile: 10 to 10 jobs, median 10 jobs']);
    expect(told('mark wave')).toEqual(['dry #1', 'canary #1']);
    expect(ofClass('at victim')[0]?.attributes.title).toBe('hit in canary #1: worker-2 (pid 4711), 2026-11-23 20:10:20.000 UTC');
    expect(ofClass('at stop')[0]?.attributes.title).toMatch(/^breach: rule: queue-depth > 14 for 3 s; value: 31/);
    expect(ofClass('at recovered')[0]?.attributes.title).toMatch(/^steady state is proven to be back, canary #1, after 4.2 s/);
    expect(told('problem')).toEqual(['2026-11-23 20:10:25.000 UTC no-data: empty result']);
    const path = ofClass('signal')[0]?.attributes.d ?? '';
    expect(path.match(/M/g)).toHaveLength(2); // the gap splits the line
    expect(path).not.toMatch(/NaN|Infinity/);
  });
  test('a limit that would squeeze the signal is named at the edge', () => {
    const stopConditions = [{ probe: 'queue-depth', above: 100_000, for: 0 }];
    const far = buildReport(run({ experiment: { ...run().experiment, stopConditions } }), events(), signals());
    const elements = elementsOf(renderHtml(far));
    expect(elements.find(({ attributes }) => attributes.class === 'limit-label far stop')?.text).toBe('off the scale: stop ≤ 100000');
    expect(elements.filter(({ attributes, text }) => attributes.class === 'limit stop' && text)).toEqual([]);
  });
  test('says when the samples are gone, and draws the same plot from what is left; without it, the numbers stay', () => {
    const thinned = signals().map((signal) => ({ ...signal, isFull: false }));
    const [full, small] = [renderHtml(report()), renderHtml(buildReport(run(), events(), thinned))];
    expect(small).toContain('The samples are no longer kept: the plot is drawn from buckets');
    expect(small.replace(/<p class="note">The samples are no longer kept[^<]*<\/p>/, '')).toBe(full);
    const numbers = renderHtml(
      buildReport(
        run(),
        events(),
        thinned.map((signal) => ({ ...signal, buckets: [] })),
      ),
    );
    expect(numbers).toContain('Neither samples nor buckets are kept any more');
    expect(numbers).toContain('19 values, 1 without'.replace('19', '9'));
    expect(renderMarkdown(buildReport(run(), events(), thinned))).toContain('The samples are no longer kept');
  });
  test('a run without anything says so', () => {
    const text = elementsOf(renderHtml(empty()))[0]?.text ?? '';
    for (const part of ['running', 'No wave was begun.', 'Nobody was hit.', 'No samples were recorded.', 'No event was recorded.'])
      expect(text).toContain(part);
  });
  test('a leftover is shouted', () => {
    const left = buildReport(run({ result: { ...run().result, leftovers: ['worker-9 is still paused'] } }), events(), signals());
    expect(elementsOf(renderHtml(left)).find(({ attributes }) => attributes.class === 'leftovers')?.text).toContain(
      'worker-9 is still paused',
    );
    expect(renderMarkdown(left)).toContain('Could not be undone, a person must look: worker-9 is still paused');
  });
  test.each(hostile)('text stays text: %j', (text) => {
    const [clean, dirty] = [elementsOf(renderHtml(report())), elementsOf(renderHtml(poisoned(text)))];
    const shape = (all: typeof clean) =>
      new Set(all.flatMap(({ name, attributes }) => [name, ...Object.keys(attributes).map((key) => `@${key}`)]));
    expect([...shape(dirty)].filter((part) => !shape(clean).has(part))).toEqual([]);
    expect(elementsOf(renderHtml(poisoned(text))).find(({ name }) => name === 'h1')?.text).not.toMatch(/[\0\x1b\u202E]/);
  });
  test('stays small with 200,000 samples, and loses no peak', () => {
    const many = Array.from({ length: 200_000 }, (_, i) => ({
      ...samples()[0]!,
      atMs: samples()[0]!.atMs + i * 100,
      measurement: { kind: 'value' as const, value: i === 123_456 ? 71 : i % 7 },
    }));
    const html = renderHtml(buildReport(run(), events(), signalsFromSamples(many)));
    expect(html.length).toBeLessThan(100_000);
    const range = elementsOf(html).find(({ attributes }) => attributes.class === 'range')?.attributes.d ?? '';
    const heights = [...range.matchAll(/,(-?[\d.]+)/g)].map(([, y]) => Number(y));
    expect(Math.min(...heights)).toBeCloseTo(200 * (1 - 71 / 100)); // the axis ends at the limit, 100
  });
});

describe('Markdown', () => {
  const markdown = new MarkdownIt({ html: true, linkify: false });
  const htmlOf = (text: string) => markdown.render(text).replaceAll(/<(hr|br|img)([^>]*[^/])?>/g, '<$1$2/>');
  const shapeOf = (text: string) => elementsOf(`<page>${htmlOf(text)}</page>`).map(({ name }) => name);

  test('reads as a page: verdict, answer, reason, tables', () => {
    const text = renderMarkdown(report());
    const elements = elementsOf(`<page>${htmlOf(text)}</page>`);
    expect(elements.find(({ name }) => name === 'h1')?.text).toBe('payment-worker-kill: aborted');
    expect(elements.find(({ name }) => name === 'strong')?.text).toContain('Not confirmed');
    expect(elements.filter(({ name }) => name === 'table')).toHaveLength(8);
    expect(elements[0]?.text).toContain('breach in canary #1: 43 ms until undone');
  });
  test.each(hostile)('text stays text, and all of it: %j', (text) => {
    expect(shapeOf(renderMarkdown(poisoned(text)))).toEqual(shapeOf(renderMarkdown(poisoned('plain'))));
    const cells = elementsOf(`<page>${htmlOf(renderMarkdown(poisoned(text)))}</page>`).filter(({ name }) => name === 'td');
    const oneLine = (shown: string) => shown.replace(/[\p{Cc}\p{Surrogate}\u202E\s]+/gu, ' ').trim();
    expect(cells.map((cell) => oneLine(cell.text))).toContain(oneLine(`${text}worker-2 (pid 4711)${text}`));
  });
  test('a run without anything says so', () => expect(renderMarkdown(empty())).toContain('No samples were recorded.'));
});

describe('JUnit', () => {
  const cases = (xml: string) => elementsOf(xml).filter(({ name }) => name === 'testcase');
  const withVerdict = (verdict: 'passed' | 'failed' | 'error' | 'inconclusive') =>
    cases(renderJunit([buildReport(run({ verdict }), events(), signals())]))
      .at(-1)
      ?.children.map(({ name }) => name);

  test('one case per iteration and one for the verdict', () => {
    const elements = elementsOf(renderJunit([report()]));
    expect(cases(renderJunit([report()])).map(({ attributes, children }) => [attributes.name, children[0]?.name])).toEqual([
      ['wave dry #1', undefined],
      ['wave canary #1', 'failure'],
      ['hypothesis: Killing one worker keeps the queue short', 'failure'],
    ]);
    expect(elements[0]?.attributes).toMatchObject({ tests: '3', failures: '2', errors: '0', time: '40.000' });
    expect(elements.find(({ name }) => name === 'testsuite')?.attributes).toMatchObject({
      tests: '3',
      timestamp: '2026-11-23T20:10:00.000Z',
    });
  });
  test('failed is a failure; what cannot be told, or failed at our side, is an error; only passed is a pass', () => {
    expect(withVerdict('passed')).toEqual([]);
    expect(withVerdict('failed')).toEqual(['failure']);
    expect(withVerdict('error')).toEqual(['error']);
    expect(withVerdict('inconclusive')).toEqual(['error']);
    expect(cases(renderJunit([empty()])).at(-1)?.children[0]?.name).toBe('error');
  });
  test.each(hostile)('stays well-formed: %j', (text) => expect(cases(renderJunit([poisoned(text)]))).toHaveLength(3));
});

test('JSON holds what the others show, and the raw data', async () => {
  const text = await textOf(jsonPieces(report(), pages(samples().slice(0, 9), [], samples().slice(9))));
  expect(JSON.parse(text)).toMatchObject({
    format: 'breakwater.dev/report/v1',
    stopLatencyMs: 43,
    answer: { verdict: 'aborted' },
    signals: [{ probe: 'queue-depth', unit: 'jobs', isFull: true }],
    events: events(),
    samples: samples(),
  });
  expect(await textOf(jsonPieces(report(), pages(samples().slice(0, 9), samples().slice(9))))).toBe(text);
  const thinned = buildReport(
    run(),
    events(),
    signals().map((signal) => ({ ...signal, isFull: false })),
  );
  expect(JSON.parse(await textOf(jsonPieces(thinned, pages())))).toMatchObject({
    samples: [],
    signals: [{ buckets: signals()[0]!.buckets }],
  });
});
