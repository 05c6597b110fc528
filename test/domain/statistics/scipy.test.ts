import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { betaCdf, betaQuantile, logGamma } from '../../../src/domain/statistics/beta.ts';
import { blockLength } from '../../../src/domain/statistics/block-length.ts';
import { holm } from '../../../src/domain/statistics/holm.ts';
import { normalCdf, normalQuantile } from '../../../src/domain/statistics/normal.ts';
import { clopperPearson, wilson } from '../../../src/domain/statistics/proportion.ts';
import { quantile } from '../../../src/domain/statistics/quantile.ts';
import { cliffsDelta, rankSum } from '../../../src/domain/statistics/rank-sum.ts';
import { robustSummary } from '../../../src/domain/statistics/robust-summary.ts';
import { hodgesLehmann } from '../../../src/domain/statistics/shift.ts';

type Case = Record<string, number> & {
  name: string;
  values: number[];
  reference: number[];
  treated: number[];
  p: number[];
  method: string;
};

/** Values of SciPy, statsmodels and arch: reference/generate.py says how they came to be. */
const reference = JSON.parse(readFileSync(join(import.meta.dirname, 'reference/scipy.json'), 'utf8'), (_, value: unknown) =>
  typeof value === 'string' && ['NaN', 'inf', '-inf'].includes(value) ? Number(value.replace('inf', 'Infinity')) : value,
) as Record<string, Case[]>;
const casesOf = (name: string): Case[] => reference[name]!;

/** Same to `digits` significant digits; no result (undefined) is SciPy's NaN. */
function expectClose(actual: number | undefined, expected: number, digits = 11): void {
  if (Number.isNaN(expected)) expect(actual).toBeUndefined();
  else if (!Number.isFinite(expected) || expected === 0) expect(actual).toBeCloseTo(expected, 14);
  else expect(Math.abs(actual! / expected - 1)).toBeLessThan(10 ** -digits);
}

test('quantiles and the median absolute deviation', () => {
  for (const { values, p, expected } of casesOf('quantile')) expectClose(quantile(values, Number(p)), expected!);
  for (const { values, expected } of casesOf('mad')) expectClose(robustSummary(values)?.mad, expected!);
  expect(casesOf('quantile').length).toBeGreaterThan(40);
});

test('normal distribution', () => {
  for (const { x, expected } of casesOf('normalCdf')) expectClose(normalCdf(x!), expected!);
  for (const { p, expected } of casesOf('normalQuantile')) {
    if (Number.isFinite(expected)) expectClose(normalQuantile(Number(p)), expected!, 10);
    else expect(normalQuantile(Number(p))).toBe(expected);
  }
});

test('beta distribution and gamma function', () => {
  for (const { x, expected } of casesOf('logGamma')) expect(logGamma(x!)).toBeCloseTo(expected!, 9);
  for (const { x, a, b, expected } of casesOf('betaCdf')) expectClose(betaCdf(x!, a!, b!), expected!, 10);
  for (const { p, a, b, expected } of casesOf('betaQuantile')) expectClose(betaQuantile(Number(p), a!, b!), expected!, 10);
});

test.each(casesOf('mannWhitney').map((each): [string, Case] => [each.name, each]))('Mann–Whitney, %s', (_name, each) => {
  const strata = [{ reference: each.reference, treated: each.treated }];
  const normal = rankSum(strata, 'normal');
  expectClose(normal?.u, each.u!);
  const shift = hodgesLehmann(strata, 0.95);
  if (Number.isNaN(each.u)) {
    expect([normal, shift]).toEqual([undefined, undefined]);
    return;
  }
  // SciPy clips at 1 what a continuity correction beyond the middle makes of a p-value, and says NaN where nothing varies.
  for (const [ours, theirs] of [
    [normal!.greater, each.greater!],
    [normal!.less, each.less!],
  ] as const)
    if (Number.isNaN(theirs)) expect(ours).toBe(1);
    else expectClose(ours, theirs, 10);
  expectClose(shift!.estimate, each.hodgesLehmann!);
  expect(cliffsDelta(normal!)).toBeCloseTo(each.cliffsDelta!, 12);
  if (each.exactGreater === undefined) return;
  const exact = rankSum(strata, 'exact')!;
  expect([exact.greater, exact.less]).toEqual([expect.closeTo(each.exactGreater, 12), expect.closeTo(each.exactLess!, 12)]);
});

test('intervals of a proportion', () => {
  for (const { ok, n, confidence, method, low, high } of casesOf('interval')) {
    const found = (method === 'wilson' ? wilson : clopperPearson)(ok!, n!, confidence!)!;
    expect([ok, n, found.low, found.high]).toEqual([ok, n, expect.closeTo(low!, 11), expect.closeTo(high!, 11)]);
  }
});

test('Holm', () => {
  for (const { p, expected } of casesOf('holm'))
    expect(holm(p)).toEqual((expected as unknown as number[]).map((value) => expect.closeTo(value, 12) as number));
});

test('automatic block length', () => {
  for (const { values, expected } of casesOf('blockLength')) expectClose(blockLength(values), expected!, 9);
});
