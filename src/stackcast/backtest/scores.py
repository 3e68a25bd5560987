"""Scores of one case: proper scores on natural logs, and in dollars for money.

CRPS of draws is the fair estimate, unbiased in the number of draws (Ferro 2014, Quarterly Journal of the Royal
Meteorological Society 140); "pwm" is its form in n log n (Taillardat et al. 2016, Monthly Weather Review 144). The log
score is minus the log density of the outcome, of draws by the normal with their mean and standard deviation (a kernel's
tails would decide it). CRPS from the library scoringrules.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from stackcast.backtest.case import MONEY, Case
from stackcast.backtest.rivals import RIVALS, Normal, random_walk

INTERVALS = (0.5, 0.8, 0.9)
FAIR = "pwm"
PRIOR = "prior"


def scored(case: Case) -> dict[str, Any]:
    """All scores of a case by name: the model's, the pool's, the prior's, and every rival's CRPS."""
    import scoringrules

    observed, draws, pool = np.log(case.observed), np.log(case.draws), pooled(case)
    rivals = {name: rule(case) for name, rule in RIVALS.items()}
    row: dict[str, Any] = {
        **place(draws, observed),
        "crps": crps(draws, observed),
        "log_score": log_score(observed, draws.mean(), draws.std()),
        "crps_pooled": crps(pool, observed),
        f"crps_{PRIOR}": crps(np.log(case.prior), observed),
        **{f"crps_{name}": float(scoringrules.crps_normal(observed, r.mean, r.sd)) for name, r in rivals.items()},
        **{f"log_score_{name}": log_score(observed, r.mean, r.sd) for name, r in rivals.items()},
        **{f"in90_{name}": bool(abs(observed - r.mean) <= Z90 * r.sd) for name, r in rivals.items()},
    }
    if case.unit == MONEY:
        row["crps_value"] = crps(case.draws, case.observed)
        for name, r in rivals.items():
            row[f"crps_value_{name}"] = float(scoringrules.crps_lognormal(case.observed, r.mean, r.sd))
    return row


Z90 = 1.6448536269514722


def log_score(observed: float, mean: float, sd: float) -> float:
    """Minus the log density of a normal forecast; the library's underflows far out."""
    from scipy.stats import norm

    return float(-norm.logpdf(observed, mean, sd))


def crps(draws: np.ndarray, observed: float) -> float:
    """Fair CRPS of draws (n)."""
    import scoringrules

    return float(scoringrules.crps_ensemble(observed, np.asarray(draws), estimator=FAIR))


def place(logs: np.ndarray, observed: float) -> dict[str, Any]:
    """Quantiles in the series' unit, where the outcome lies among the draws, and which intervals hold it."""
    below = (np.count_nonzero(logs < observed) + 0.5) / (len(logs) + 1.0)
    held = {f"in{round(100 * level)}": bool(abs(below - 0.5) <= level / 2.0) for level in INTERVALS}
    p5, p50, p95 = np.exp(np.percentile(logs, (5, 50, 95)))
    return {"p5": float(p5), "p50": float(p50), "p95": float(p95), "pit": float(below), **held}


def pooled(case: Case) -> np.ndarray:
    """Logs of an equal mixture of the model's draws and the random walk, by as many quantiles of it."""
    walk = random_walk(case)
    return np.concatenate([np.log(case.draws), quantiles(walk, len(case.draws))])


def quantiles(forecast: Normal, count: int) -> np.ndarray:
    """Evenly spaced quantiles that stand for a normal forecast."""
    from scipy.stats import norm

    return forecast.mean + forecast.sd * norm.ppf((np.arange(count) + 0.5) / count)
