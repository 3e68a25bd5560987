"""What a calibration learned: effective sizes, parameters that moved, pairs it cannot tell apart, fit, surprises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stackcast.calibrate.arrays import normals
from stackcast.calibrate.calibration import Calibration
from stackcast.calibrate.observation import Equation
from stackcast.engine.program import quarter_name

LEVELS = (5, 50, 95)
TIED = 0.3
FAR = 1.6448536269514722
"""A posterior mean beyond the prior's 5 % or 95 % point is a disagreement."""
OUTSIDE = 0.25
"""So large a part of a series' points outside of their 90 % ranges is one as well; a tenth is expected."""


@dataclass(frozen=True)
class Summary:
    """Tables of a calibration.

    ``stages``: temperature, effective size, acceptance. ``distinct``: how many particles differ. ``parameters``: prior
    and posterior quantiles, shrinkage (one less the posterior's standard deviation over the prior's, in normal scores)
    and shift (in prior deviations).
    ``pairs``: correlations that the record made. ``fit``: every point against its range before the record's say (prior)
    and after (posterior), one step ahead for series of growth. ``warnings``: lines of text.
    """

    stages: pd.DataFrame
    distinct: int
    parameters: pd.DataFrame
    pairs: pd.DataFrame
    fit: pd.DataFrame
    warnings: tuple[str, ...]


def summarise(calibration: Calibration) -> Summary:
    """All tables of a calibration."""
    parameters, pairs, fit = _parameters(calibration), _pairs(calibration), _fit(calibration)
    stages = pd.DataFrame([vars(stage) for stage in calibration.particles.stages])
    stages.insert(0, "stage", range(1, len(stages) + 1))
    distinct = np.unique(calibration.particles.scores, axis=1).shape[1]
    warnings = (*_warnings(parameters, fit), *_beyond(calibration, fit))
    return Summary(stages, distinct, parameters, pairs, fit, warnings)


def _parameters(calibration: Calibration) -> pd.DataFrame:
    guided, scores = calibration.target.guided, calibration.particles.scores
    prior, posterior = calibration.values(calibration.prior), calibration.values()
    rows = []
    for prior_draw in guided.priors:
        score = scores[guided.streams.index(prior_draw.stream)]
        name = prior_draw.name
        if np.ptp(prior[name]) == 0.0:
            continue
        quantiles = [*np.percentile(prior[name], LEVELS), *np.percentile(posterior[name], LEVELS)]
        rows.append((name, *quantiles, 1.0 - score.std(), score.mean()))
    columns = ["parameter", *(f"{when}_p{p}" for when in ("prior", "posterior") for p in LEVELS), "shrinkage", "shift"]
    frame = pd.DataFrame(rows, columns=columns)
    moved = frame["shrinkage"].clip(lower=0.0) + frame["shift"].abs()
    return frame.iloc[np.argsort(-moved.to_numpy(), kind="stable")].reset_index(drop=True)


def _pairs(calibration: Calibration) -> pd.DataFrame:
    """Scores are independent before the record: what correlates is known together better than apart."""
    names = [name.removeprefix("prior:") for name in calibration.target.names]
    found = np.corrcoef(calibration.particles.scores)
    first, second = np.triu_indices(len(names), 1)
    strength = found[first, second]
    order = np.argsort(-np.abs(strength), kind="stable")
    kept = [k for k in order if abs(strength[k]) >= TIED]
    return pd.DataFrame(
        [(names[first[k]], names[second[k]], strength[k]) for k in kept], columns=["first", "second", "correlation"]
    )


def _fit(calibration: Calibration) -> pd.DataFrame:
    target = calibration.target
    rows = []
    for equation in target.equations:
        if not (equation.line.weigh or equation.line.guide):
            continue
        before = _predictions(calibration, equation, calibration.prior)
        after = _predictions(calibration, equation, calibration.particles)
        for position, observed in zip(equation.points.position, equation.points.value, strict=True):
            if position in after:
                when = equation.points.date[list(equation.points.position).index(position)]
                line = equation.line
                rows.append(
                    (line.series, line.entity, line.unit, when, position, observed, *before[position], *after[position])
                )
    columns = ["series", "entity", "unit", "date", "position", "observed"]
    return pd.DataFrame(rows, columns=[*columns, *(f"{w}_p{p}" for w in ("prior", "posterior") for p in LEVELS)])


def _predictions(calibration: Calibration, equation: Equation, particles) -> dict[float, np.ndarray]:
    """Quantiles of what was predicted of every point, with the spread around it, in the series' unit."""
    target = calibration.target
    own, drifts = target.own(particles.scores), target.drifts(particles.kept)
    path = target.path(particles.kept, equation.line.figure)
    spread = normals(["fit"], "calibrate", calibration.seed, particles.count)[0]
    return {
        step.position: np.exp(np.percentile(step.predicted + step.spread * spread, LEVELS))
        for step in equation.steps(path, own, drifts)
        if step.predicted is not None
    }


def _warnings(parameters: pd.DataFrame, fit: pd.DataFrame) -> tuple[str, ...]:
    found = [
        f"{row.parameter}: the record pulls its mean {row.shift:+.1f} prior standard deviations away"
        for row in parameters.itertuples()
        if abs(row.shift) > FAR
    ]
    for (series, entity), rows in fit.groupby(["series", "entity"], sort=False):
        outside = (rows["observed"] < rows["posterior_p5"]) | (rows["observed"] > rows["posterior_p95"])
        if len(rows) >= 4 and outside.mean() > OUTSIDE:
            found.append(f"{series} of {entity}: {outside.sum()} of {len(rows)} points outside of their 90 % ranges")
    return tuple(found)


def _beyond(calibration: Calibration, fit: pd.DataFrame) -> Iterator[str]:
    """Quarters before the forecast of which the record says nothing: free, and no longer to be had again."""
    ends = int(np.floor(fit["position"].max() + 0.5)) if len(fit) else -1
    if ends < calibration.target.last - 1:  # the figures of a quarter that has just ended are never public
        ended = quarter_name(calibration.scenario.start, ends) if ends >= 0 else "before the run"
        yield f"the record used ends {ended}: the quarters from there to {calibration.last} are free runs of the model"
