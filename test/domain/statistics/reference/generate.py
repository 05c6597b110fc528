"""Writes reference values beside itself: scipy.json. Run once, with SciPy, statsmodels and arch from PyPI:

    python3 -m venv venv && venv/bin/pip install scipy statsmodels arch && venv/bin/python generate.py

The tests only read the JSON. NaN and infinities are written as texts.
"""

import itertools
import json
import math
import pathlib

import numpy as np
import scipy
from arch.bootstrap import optimal_block_length
from scipy import stats
from scipy.special import betainc, gammaln
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(20261124)
nan = float("nan")


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else ("NaN" if math.isnan(value) else str(float(value)))
    return int(value) if isinstance(value, np.integer) else value


series = {
    "one": [3.0],
    "two": [2.0, 1.0],
    "constant": [5.0] * 7,
    "ties": [1.0, 2.0, 2.0, 2.0, 3.0, 3.0, 9.0],
    "small": [0.3, -1.2, 2.7, 0.1],
    "heavy": list(np.round(stats.pareto.rvs(1.5, size=40, random_state=rng), 6)),
    "counts": list(map(float, stats.poisson.rvs(0.7, size=30, random_state=rng))),
    "empty": [],
    "broken": [1.0, nan, 3.0],
}
quantiles = [
    {"name": name, "values": values, "p": p, "expected": np.quantile(values, p) if values else nan}
    for name, values in series.items()
    for p in (0.0, 0.1, 0.5, 0.95, 1.0)
]
mads = [
    {"name": name, "values": values, "expected": stats.median_abs_deviation(values) if values else nan}
    for name, values in series.items()
]

pairs = {
    "apart": ([1.1, 2.2, 3.3, 4.4], [5.5, 6.6, 7.7]),
    "interleaved": ([1.0, 4.0, 6.0, 9.0, 12.0], [2.0, 3.0, 7.0, 11.0, 13.0, 14.0]),
    "ties": ([1.0, 2.0, 2.0, 3.0, 5.0], [2.0, 3.0, 3.0, 4.0]),
    "constant": ([4.0] * 5, [4.0] * 6),
    "one each": ([1.0], [2.0]),
    "counts": (list(map(float, stats.poisson.rvs(0.6, size=12, random_state=rng))), list(map(float, stats.poisson.rvs(2.0, size=11, random_state=rng)))),
    "heavy": (list(stats.pareto.rvs(1.2, size=50, random_state=rng)), list(stats.pareto.rvs(1.2, size=45, random_state=rng) * 1.4)),
    "long": (list(np.round(stats.norm.rvs(size=120, random_state=rng), 1)), list(np.round(stats.norm.rvs(0.3, size=150, random_state=rng), 1))),
    "empty reference": ([], [1.0, 2.0]),
    "empty treated": ([1.0, 2.0], []),
    "broken": ([1.0, nan], [2.0, 3.0]),
}


def enumerated(x, y):
    """Both tails of U over all choices: what `exact` means when there are ties, which SciPy's own exact method leaves out."""
    ranks = stats.rankdata(x + y)
    m = len(y)
    if not x or not y or math.comb(len(ranks), m) > 1_400_000:
        return {}
    seen = ranks[len(x):].sum()
    sums = np.fromiter((sum(choice) for choice in itertools.combinations(ranks, m)), float)
    return {"exactGreater": float((sums >= seen - 1e-9).mean()), "exactLess": float((sums <= seen + 1e-9).mean())}


def mann_whitney(name, x, y):
    if not x or not y or any(map(math.isnan, x + y)):
        return {"name": name, "reference": x, "treated": y, "u": nan}
    call = lambda side: stats.mannwhitneyu(y, x, alternative=side, method="asymptotic", use_continuity=True)
    case = {"name": name, "reference": x, "treated": y, "u": call("greater").statistic, "greater": call("greater").pvalue, "less": call("less").pvalue}
    differences = np.subtract.outer(np.array(y), np.array(x)).ravel()
    case["hodgesLehmann"] = np.median(differences)
    case["cliffsDelta"] = float(np.sign(differences).mean())
    return case | enumerated(x, y)


intervals = [
    {"ok": ok, "n": n, "confidence": confidence, "method": method,
     "low": (ci := stats.binomtest(ok, n).proportion_ci(confidence, method=spelling)).low, "high": ci.high}
    for ok, n in [(0, 1), (1, 1), (0, 10), (10, 10), (3, 10), (1, 40), (39, 40), (500, 1000), (2, 100_000)]
    for confidence in (0.8, 0.95, 0.99)
    for method, spelling in (("wilson", "wilson"), ("clopperPearson", "exact"))
]


def ar1(phi, n):
    noise = rng.standard_normal(n)
    out = [noise[0]]
    for step in noise[1:]:
        out.append(phi * out[-1] + step)
    return out


walks = [ar1(phi, n) for phi in (0.0, 0.5, 0.9) for n in (30, 200)]
blocks = [{"values": walk, "expected": max(1.0, float(optimal_block_length(np.array(walk))["stationary"].iloc[0]))} for walk in walks]

document = {
    "versions": {"scipy": scipy.__version__, "numpy": np.__version__},
    "quantile": quantiles,
    "mad": mads,
    "normalCdf": [{"x": x, "expected": stats.norm.cdf(x)} for x in (-30.0, -8.0, -5.1, -4.9, -3.0, -2.4, -1.0, 0.0, 0.5, 2.0, 4.9, 5.1, 9.0)],
    "normalQuantile": [{"p": p, "expected": stats.norm.ppf(p)} for p in (1e-200, 1e-10, 1e-4, 0.01, 0.025, 0.3, 0.5, 0.8, 0.975, 0.9999, 0.0, 1.0)],
    "logGamma": [{"x": x, "expected": gammaln(x)} for x in (0.1, 0.5, 1.0, 2.0, 3.7, 10.0, 171.5, 1e5)],
    "betaCdf": [{"x": x, "a": a, "b": b, "expected": betainc(a, b, x)} for a, b in ((0.5, 0.5), (1, 1), (3, 8), (200, 5), (1000, 2000)) for x in (0.0, 1e-3, 0.3, 0.5, 0.97, 1.0)],
    "betaQuantile": [{"p": p, "a": a, "b": b, "expected": stats.beta.ppf(p, a, b)} for a, b in ((0.5, 0.5), (1, 1000), (3, 8), (200, 5)) for p in (0.001, 0.025, 0.5, 0.975)],
    "mannWhitney": [mann_whitney(name, x, y) for name, (x, y) in pairs.items()],
    "interval": intervals,
    "holm": [
        {"p": p, "expected": list(multipletests(p, method="holm")[1]) if p else []}
        for p in ([0.01, 0.04, 0.03], [0.5], [], [0.2, 0.2, 0.9, 0.001])
    ],
    "blockLength": blocks,
}
path = pathlib.Path(__file__).with_name("scipy.json")
path.write_text(json.dumps(plain(document), indent=1) + "\n")
