"""On records drawn from the model itself the forecasts' intervals cover what they say, within the count's error."""

import datetime
from dataclasses import replace

import numpy as np
import pytest

import stackcast
from stackcast.calibrate.arrays import normals
from stackcast.calibrate.conditioning import Target
from stackcast.calibrate.observation import Equation
from stackcast.calibrate.sampling import sample
from stackcast.engine.assembly import build
from stackcast.engine.program import with_origins
from stackcast.history.observed import Observed, Points

LAST, END = 7, 12
DATASETS = 30
PARTICLES = 256
LINES = (
    Observed("sales", "chips", "leader_sales", "guide", 0.02, "synthetic", guide="chip_sales"),
    Observed("run rate", "labs", "lab_sales", "guide", 0.10, "synthetic", guide="lab_sales", scale=4.0),
    Observed("margin", "chips", "leader_margin", "level", 0.03, "synthetic", weigh=True),
    Observed("rival", "chips", "rival_sales", "growth", 0.0, "synthetic", noise=0.08, weigh=True),
)
DAY = datetime.date(2024, 12, 31)


def points(values):
    """One figure a quarter up to the last of conditioning."""
    count = LAST + 1
    return Points(np.arange(count, dtype=float), values[:count], (DAY,) * count, (DAY,) * count)


def conditioned(program, truths, number):
    """Particles that know the first quarters of the futures `truths` (line, quarter)."""
    equations = tuple(Equation(line, points(truth)) for line, truth in zip(LINES, truths, strict=True))
    target = Target(program, equations, LAST, END, number)
    return target, sample(target, PARTICLES, number)[0]


@pytest.fixture(scope="module")
def places():
    """Where the truth lies among the forecast draws: (data sets, lines, horizons)."""
    program = build(with_origins(stackcast.load_scenario("configs/baseline.toml")))
    blind = tuple(Equation(replace(line, guide=None, weigh=False), points(np.ones(END))) for line in LINES)
    free = Target(program, blind, LAST, END, 99)
    scores = normals(list(free.names), "synthetic", 99, DATASETS)
    kept = free.guided.run(
        free.guided.values(scores[: len(free.guided.streams)]), np.tile(1e6 + np.arange(DATASETS), (free.shocks, 1)), 99
    )
    noise = normals([line.series for line in LINES], "synthetic:error", 99, DATASETS * END)
    truths = np.array([_truth(free, kept, line, noise[k].reshape(END, DATASETS)) for k, line in enumerate(LINES)])
    return np.array([_places(*conditioned(program, truths[:, :, d], d), truths[:, :, d]) for d in range(DATASETS)])


def _truth(free, kept, line, noise):
    """A line's values (quarters, data sets): its figure with errors, or a series that grows as it does and drifts."""
    logs = free.path(kept, line.figure).logs
    if line.kind != "growth":
        return np.exp(logs + line.error * noise) * line.scale
    drifts = free.drifts(kept)
    level, drift = [logs[0]], 0.0
    for quarter in range(1, END):
        drift = drifts.persistence * drift
        news = line.noise * noise[quarter]
        level.append(level[-1] + logs[quarter] - logs[quarter - 1] + drift + news)
        drift = drift + drifts.gain * news
    return np.exp(level)


def _places(target, particles, truths):
    found = []
    for k, line in enumerate(LINES):
        score = normals([line.series], "synthetic:forecast", 5, PARTICLES)[0]
        path, own = target.path(particles.kept, line.figure), target.own(particles.scores)
        drifts = target.drifts(particles.kept)
        equation = target.equations[k]
        state = equation.state(path, own, drifts) if line.kind == "growth" else None
        logs = [equation.forecast(state, path, own, drifts, float(q), score) for q in range(LAST + 1, END)]
        found.append([(log < np.log(truths[k, LAST + 1 + h])).mean() for h, log in enumerate(logs)])
    return found


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_intervals_cover_what_they_say(places, level):
    """Three standard errors of one count a data set and line: horizons of one data set are not independent."""
    tail = (1.0 - level) / 2.0
    covered = ((places > tail) & (places < 1.0 - tail)).mean()
    error = np.sqrt(level * (1.0 - level) / (DATASETS * len(LINES)))
    assert abs(covered - level) < 3.0 * error


def test_intervals_too_narrow_by_half_are_seen(places):
    """The negative control: ranges of half the width."""
    from scipy.stats import norm

    halved = norm.cdf(2.0 * norm.ppf(np.clip(places, 1e-3, 1.0 - 1e-3)))
    covered = ((halved > 0.05) & (halved < 0.95)).mean()
    assert covered < 0.9 - 3.0 * np.sqrt(0.9 * 0.1 / (DATASETS * len(LINES)))


def test_a_likelihood_does_not_depend_on_those_before():
    """Working space and parameters are kept from one to the next: each is that of a target of its own."""
    program = build(with_origins(stackcast.load_scenario("configs/baseline.toml")))
    equations = tuple(Equation(line, points(np.linspace(1.0, 2.0, END))) for line in LINES)

    def made():
        return Target(program, equations, LAST, END, 7)

    target = made()
    scores = [normals(list(target.names), f"likelihood {k}", 7, n) for k, n in enumerate((64, 64, 300))]
    shocks = [np.tile(1e6 + k + np.arange(n), (target.shocks, 1)) for k, n in enumerate((64, 64, 300))]
    alone = {(k, j): made().likelihood(scores[k].copy(), shocks[j]) for k, j in ((0, 0), (0, 1), (1, 1), (2, 2))}
    assert not np.array_equal(alone[0, 1][0], alone[1, 1][0])
    for k, j in ((0, 0), (0, 1), (1, 1), (0, 1), (2, 2), (0, 0), (2, 2), (1, 1)):
        for found, expected in zip(target.likelihood(scores[k], shocks[j]), alone[k, j], strict=True):
            np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match="read-only"):
        scores[1] *= 0.5
    with pytest.raises(ValueError, match=r"3 rows of scores: allowed: \d+"):
        target.likelihood(scores[0][:3].copy(), shocks[0])
