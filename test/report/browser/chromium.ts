import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

/** What a browser needs in a container, and what keeps it from speaking to anybody by itself. */
const ARGUMENTS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  ...['--disable-dev-shm-usage', '--no-first-run'],
];

/** The program: named by whoever runs the tests, or `chromium` on PATH. */
function findChromium(): string | undefined {
  const named = process.env['BREAKWATER_TEST_CHROMIUM'];
  const found = named ?? spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim();
  return found && spawnSync(found, ['--version'], { timeout: 30_000 }).status === 0 ? found : undefined;
}

const executablePath = findChromium();

/** `describe` where there is a Chromium; elsewhere skipped, and said so. BREAKWATER_REQUIRE_SERVERS=1 forbids the skip. */
export const describeInBrowser: jest.Describe = (() => {
  if (executablePath !== undefined) return describe;
  const missing = "there is no 'chromium' on PATH: testbed/install-chromium.sh installs it, or name one in BREAKWATER_TEST_CHROMIUM";
  if (process.env['BREAKWATER_REQUIRE_SERVERS'] === '1') throw new Error(missing);
  console.warn(`SKIPPED: ${missing}`);
  return describe.skip;
})();

export const launch = (): Promise<Browser> => chromium.launch({ ...(executablePath && { executablePath }), args: ARGUMENTS });

/** Kept by CI; git knows nothing of them. */
export const artifacts = join(process.cwd(), 'artifacts', 'reports');
mkdirSync(artifacts, { recursive: true });

/** A page without network, and everything that it wanted to do besides being read. */
export interface Watched {
  page: Page;
  /** Requests other than for the file itself, console messages, errors, dialogs, other windows. */
  misdeeds: string[];
  close(): Promise<void>;
}

export async function openWatched(browser: Browser, url: string, options: BrowserContextOptions): Promise<Watched> {
  const context = await browser.newContext({ ...options, offline: true });
  const page = await context.newPage();
  const misdeeds: string[] = [];
  await context.route(
    (asked) => asked.href !== url,
    (route) => route.abort(),
  );
  page.on('request', (request) => request.url() !== url && misdeeds.push(`request ${request.url()}`));
  page.on('console', (message) => misdeeds.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => misdeeds.push(`error ${error.message}`));
  page.on('dialog', (dialog) => {
    misdeeds.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on('page', (other) => misdeeds.push(`window ${other.url()}`));
  await page.goto(url);
  return { page, misdeeds, close: () => context.close() };
}

/** Elements that reach over the right edge of the page, or whose text does not fit into them, as far as a reader would notice. */
export const overflowing = (page: Page): Promise<string[]> =>
  page.evaluate(`(() => {
    const width = document.documentElement.clientWidth;
    const name = (element) => element.tagName.toLowerCase() + '.' + element.getAttribute('class') + ': ' + (element.textContent || '').slice(0, 40);
    const wrong = document.documentElement.scrollWidth > width ? ['the page scrolls: ' + document.documentElement.scrollWidth] : [];
    for (const element of document.body.querySelectorAll('*')) {
      const style = getComputedStyle(element);
      if (style.clipPath === 'inset(50%)' || element.closest('thead') && getComputedStyle(element.closest('thead')).clipPath === 'inset(50%)') continue;
      if (element.closest('svg') && element.tagName !== 'svg') continue; // what is drawn is cut at the edge of its drawing
      const box = element.getBoundingClientRect();
      if (box.width === 0) continue;
      if (box.right > width + 0.5 || box.left < -0.5) wrong.push('over the edge: ' + name(element));
      const isMeant = style.textOverflow === 'ellipsis';
      if (!isMeant && element.scrollWidth > element.clientWidth + 1 && style.display !== 'inline') wrong.push('does not fit: ' + name(element));
    }
    return wrong;
  })()`);
