import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { signalsFromSamples } from '../../../src/records/downsample.ts';
import { buildReport, renderHtml } from '../../../src/report/index.ts';
import { renderRunsHtml } from '../../../src/report/runs/index.ts';
import { events, poison, run, samples } from '../examples.ts';
import { history, runsReport } from '../runs-examples.ts';
import { artifacts, describeInBrowser, launch, openWatched, overflowing } from './chromium.ts';
import { longRun } from './long-run.ts';

/** Texts that would act, or break the page, if they were anything but text. */
const HOSTILE = [
  `<script>document.title='owned';alert(1)</script>`,
  `"><img src=https://evil.example/x onerror=alert(1)>`,
  `</title></style><svg onload=alert(1)><a href=javascript:alert(1)>x</a>`,
  `' onmouseover='alert(1)' style='background:url(https://evil.example/y)`,
  'x'.repeat(300),
];
const [first, second, third, fourth, endless] = HOSTILE as [string, string, string, string, string];
const all = [first, second, third, fourth].join(' ');
const { result: _result, verdict: _verdict, reason: _reason, closedAtMs: _closed, ...live } = run();

const pages: Record<string, () => string> = {
  'long-run': () => renderHtml(longRun()),
  'short-run': () => renderHtml(buildReport(run(), events(), signalsFromSamples(samples()))),
  'left-something': () => renderHtml(longRun({ verdict: 'error', result: { leftovers: ['process-pause on worker-9: process:worker-9'] } })),
  'empty-run': () => renderHtml(buildReport({ ...live, experiment: {} }, [], [])),
  'hostile-run': () => renderHtml(buildReport(poison(run(), all), poison(events(), all), signalsFromSamples(poison(samples(), all)))),
  'endless-names': () =>
    renderHtml(buildReport(poison(run(), endless), poison(events(), endless), signalsFromSamples(poison(samples(), endless)))),
  'many-runs': () => renderRunsHtml(runsReport()),
  'no-runs': () => renderRunsHtml(runsReport([])),
  'hostile-runs': () => renderRunsHtml(runsReport(poison(history(), all), true)),
};
const SIZES = { phone: { width: 360, height: 740 }, desk: { width: 1_280, height: 900 } };
const views = Object.entries(SIZES).flatMap(([size, viewport]) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ size, viewport, colorScheme })),
);

describeInBrowser('a report in a real browser', () => {
  let browser: Browser;
  const urlOf = (name: string): string => pathToFileURL(join(artifacts, `${name}.html`)).href;

  beforeAll(async () => {
    await Promise.all(Object.entries(pages).map(([name, html]) => writeFile(join(artifacts, `${name}.html`), html())));
    browser = await launch();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await rm(join(artifacts, 'bad.html'), { force: true });
  });

  describe.each(Object.keys(pages))('%s', (name) => {
    test.each(views)('opens offline at $size in $colorScheme, quietly, and everything fits', async ({ size, viewport, colorScheme }) => {
      const { page, misdeeds, close } = await openWatched(browser, urlOf(name), { viewport, colorScheme });
      expect(await overflowing(page)).toEqual([]);
      expect(await page.title()).not.toBe('owned');
      const [ink, paper] = await page.evaluate<[string, string]>(
        `[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]`,
      );
      const bright = (colour: string): number => (colour.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
      expect(bright(ink) > bright(paper)).toBe(colorScheme === 'dark');
      expect(misdeeds).toEqual([]);
      await page.screenshot({ path: join(artifacts, `${name}-${size}-${colorScheme}.png`), fullPage: true });
      await close();
    });

    test('prints', async () => {
      const { page, misdeeds, close } = await openWatched(browser, urlOf(name), { viewport: SIZES.desk, colorScheme: 'dark' });
      const path = join(artifacts, `${name}.pdf`);
      await page.pdf({ path, format: 'A4' });
      expect((await stat(path)).size).toBeGreaterThan(5_000);
      await page.emulateMedia({ media: 'print' });
      await page.setViewportSize({ width: 690, height: 980 }); // A4 between its margins
      expect(await overflowing(page)).toEqual([]);
      expect(await page.evaluate(`getComputedStyle(document.body).backgroundColor`)).toBe('rgb(255, 255, 255)');
      expect(misdeeds).toEqual([]);
      await page.screenshot({ path: join(artifacts, `${name}-print.png`), fullPage: true });
      await close();
    });
  });

  test.each(['hostile-run', 'hostile-runs'])(
    '%s: what was text is still text, and all of it',
    async (name) => {
      const { page, misdeeds, close } = await openWatched(browser, urlOf(name), { viewport: SIZES.desk });
      expect(
        await page.evaluate(`document.querySelectorAll('script, img, a, iframe, link, object, [onload], [onerror], [onmouseover]').length`),
      ).toBe(0);
      expect(await page.evaluate(`document.body.innerText.replace(/\\s+/g, ' ')`)).toContain(all);
      for (const element of await page.locator('[title], .chart, td').all())
        await element.hover({ force: true, timeout: 1_000 }).catch(() => undefined);
      expect(misdeeds).toEqual([]);
      await close();
    },
    60_000,
  );

  test('the watch over a page sees misdeeds', async () => {
    const bad = join(artifacts, 'bad.html');
    await writeFile(
      bad,
      `<p style="width:2000px">wide</p><img src="https://evil.example/x"><script>console.error('loud'); alert(1)</script>`,
    );
    const { page, misdeeds, close } = await openWatched(browser, pathToFileURL(bad).href, { viewport: SIZES.phone });
    expect((await overflowing(page)).join()).toMatch(/the page scrolls: 20\d\d/);
    expect(misdeeds).toEqual(expect.arrayContaining(['request https://evil.example/x', 'console error: loud', 'dialog 1']));
    await close();
  });
});
