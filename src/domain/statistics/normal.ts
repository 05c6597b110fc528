const density = (x: number): number => Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI);

/** Φ(x) − ½ by its Taylor series, good for |x| < 5. @see Marsaglia 2004, Journal of Statistical Software 11(4) */
function centralPart(x: number): number {
  let [term, total] = [x, x];
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(total) && odd < 400; odd += 2) {
    term *= (x * x) / odd;
    total += term;
  }
  return total * density(x);
}

/** 1 − Φ(x) for x ≥ 5 by the continued fraction of Mills' ratio, evaluated backwards. @see Abramowitz and Stegun 26.2.14 */
function upperTail(x: number): number {
  let fraction = x;
  for (let k = 60; k >= 1; k--) fraction = x + k / fraction;
  return density(x) / fraction;
}

/** Distribution function of the standard normal; relative error below 1e-12 where the result is above 1e-300. */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x > 5) return 1 - upperTail(x);
  if (x < -2.5) return x < -5 ? upperTail(-x) : lowerMiddle(x);
  return 0.5 + centralPart(x);
}

/** Between −5 and −2.5 the series would cancel: the continued fraction is still good there with more terms. */
function lowerMiddle(x: number): number {
  let fraction = -x;
  for (let k = 400; k >= 1; k--) fraction = -x + k / fraction;
  return density(x) / fraction;
}

/** First guess for p ≤ ½, absolute error below 4.5e-4. @see Abramowitz and Stegun 26.2.23 */
function roughQuantile(p: number): number {
  const t = Math.sqrt(-2 * Math.log(p));
  return (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t ** 3) - t;
}

/**
 * Quantile of the standard normal: a rough start, refined by Halley's method to machine precision.
 * @param p probability, 0–1; the ends give ∓Infinity, anything outside NaN
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return NaN;
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  if (p > 0.5) return -normalQuantile(1 - p);
  let x = roughQuantile(p);
  for (let step = 0; step < 3; step++) {
    const error = (normalCdf(x) - p) / density(x);
    x -= error / (1 + (x * error) / 2);
  }
  return x;
}
