"""Answers to questions: a probability, the distribution of a number, or that of a date."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..engine.declare import NEVER
from ..forecast.histogram import Histogram, pooled_error, probability_error, quantiles, standard_deviation
from .tally import Tally, edges_of
from .terms import Claim

FEWEST = 100
"""A condition met by fewer trajectories gets no figure."""
TINY = 1e-307
PERCENTS = (5, 25, 50, 75, 95)
_KINDS = {"truth": "probability", "number": "number", "date": "date"}


LEAST_EFFECTIVE = 100
LARGEST_SHARE = 0.05
"""An importance-sampled figure of a smaller effective sample, or of which one weight makes up more, gets a warning."""


@dataclass(frozen=True)
class Rare:
    """How a probability was found by importance sampling.

    ``hits`` counts the trajectories that meet the claim; ``effective`` is their effective sample size, (sum w)^2 / sum
    w^2, ``largest`` the largest weight's share of the sum. ``tilts`` has for each prior the mean and standard deviation
    that its normal score was drawn with, instead of 0 and 1.
    """

    hits: int
    effective: float
    largest: float
    tilts: dict[str, tuple[float, float]]

    @property
    def warning(self) -> str:
        """Why value and error cannot be relied on, in words; empty where they are."""
        found = []
        if self.effective < LEAST_EFFECTIVE:
            found.append(f"an effective sample of {self.effective:.3g}, below {LEAST_EFFECTIVE}")
        if self.largest > LARGEST_SHARE:
            found.append(f"one trajectory carries {100 * self.largest:.0f} % of the probability")
        return " and ".join(found) + ": value and error are likely too small" if found else ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        tilts = {name: {"shift": shift, "scale": scale} for name, (shift, scale) in self.tilts.items()}
        return {
            "hits": self.hits, "effective": self.effective, "largest": self.largest, "tilts": tilts,
            "warning": self.warning,
        }  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What a run says to one expression.

    ``kind`` is "probability", "number" or "date". ``value`` is the probability, the mean, or the probability that the
    date falls within the run, and ``mcse`` its Monte Carlo standard error; both are None where ``note`` says why.
    ``n`` counts the trajectories of the run, ``n_condition`` those that the figure rests on, ``n_undefined`` those
    left out because something was divided by zero or grew too large. ``quantiles`` (p5 to p95) are inf for never.
    ``degrees`` is how many degrees of freedom the error has; None where it comes from independent trajectories.
    ``rare`` says how an importance-sampled probability was found; all ``n`` trajectories count then, those without a
    value as misses.
    """

    expression: str
    kind: str
    value: float | None
    mcse: float | None
    n: int
    n_condition: int
    n_undefined: int = 0
    sd: float | None = None
    quantiles: dict[str, float] | None = None
    note: str = ""
    rare: Rare | None = None
    degrees: int | None = None

    def __float__(self) -> float:
        return math.nan if self.value is None else self.value

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON: no infinity (never is null)."""
        spread = None
        if self.quantiles is not None:
            spread = {name: _finite(value) for name, value in self.quantiles.items()}
        return {
            "expression": self.expression, "kind": self.kind, "value": _finite(self.value), "mcse": _finite(self.mcse),
            "n": self.n, "n_condition": self.n_condition, "n_undefined": self.n_undefined, "sd": _finite(self.sd),
            "quantiles": spread, "note": self.note, **({} if self.degrees is None else {"degrees": self.degrees}),
            **({} if self.rare is None else {"rare": self.rare.as_dict()}),
        }  # fmt: skip


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def answer(claim: Claim, tally: Tally, n: int) -> Answer:
    """The answer that a finished tally gives."""
    kind = _KINDS[claim.kind]
    randomisations = len(tally.parts()[0])
    plain = Answer(claim.text, kind, None, None, n, tally.asked, tally.undefined, note=_note(claim, tally, n))
    if randomisations > 1:
        plain = replace(plain, degrees=randomisations - 1)
    if plain.note:
        return plain
    if claim.kind == "truth":
        return _with(plain, *_probability(tally))
    return _dates(plain, tally) if claim.kind == "date" else _numbers(plain, tally)


def _note(claim: Claim, tally: Tally, n: int) -> str:
    """Why there is no figure: the condition is too rare, or the expression hardly ever has a value."""
    if tally.asked == 0 or (tally.asked < FEWEST and tally.asked < n):
        why = "condition met" if claim.condition is not None else "has a value"
        if tally.undefined and claim.condition is not None:
            why += " and a value found"
        return f"{why} in {tally.asked:,} of {n:,} trajectories: fewer than {FEWEST}, too few for a figure"
    return ""


def _with(plain: Answer, value: float, mcse: float, **more: Any) -> Answer:
    return replace(plain, value=value, mcse=mcse, **more)


def _probability(tally: Tally) -> tuple[float, float]:
    """The share of hits among the answers, and its error."""
    p = tally.hits / tally.asked
    asked, hits, _ = tally.parts()
    if len(asked) > 1 and 0.0 < p < 1.0:
        return p, max(float(pooled_error(asked, hits)), 0.5 / tally.asked)
    return p, float(probability_error(p, tally.asked))


def _numbers(plain: Answer, tally: Tally) -> Answer:
    n = tally.asked
    keys, counts = tally.histogram()
    low, high = (np.clip(_unless_tiny(edge), tally.low, tally.high) for edge in edges_of(keys))
    spread = quantiles(Histogram(n, counts.astype(float), low, high, tally.low, tally.high), _levels())
    if not np.isfinite(tally.sums).all():
        return replace(plain, quantiles=_named(spread), note="numbers too large to be squared: no mean and no error")
    sd = standard_deviation(n, float(tally.sums[0]), float(tally.sums[1]), tally.low, tally.high)
    mean = float(np.clip(tally.sums[0] / n, tally.low, tally.high))
    asked, _, sums = tally.parts()
    error = float(pooled_error(asked, sums)) if len(asked) > 1 else sd / math.sqrt(n)
    return _with(plain, mean, error, sd=sd, quantiles=_named(spread))


def _unless_tiny(edges: np.ndarray) -> np.ndarray:
    """Zero shares its bin with numbers below 1e-307, which nobody means."""
    return np.where(np.abs(edges) < TINY, 0.0, edges)


def _dates(plain: Answer, tally: Tally) -> Answer:
    dates, counts = tally.histogram()
    upto = np.cumsum(counts)
    spread = dates[np.searchsorted(upto, _levels() * tally.asked, side="left")]
    spread = np.where(spread < NEVER, spread, np.inf)
    return _with(plain, *_probability(tally), quantiles=_named(spread))


def _levels() -> np.ndarray:
    return np.array(PERCENTS) / 100.0


def _named(values: np.ndarray) -> dict[str, float]:
    return dict(zip((f"p{percent}" for percent in PERCENTS), values.tolist(), strict=True))
