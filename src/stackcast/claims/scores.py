"""How far a trajectory is from meeting a claim: what importance sampling steers by.

Every comparison has a margin, the difference of its sides, positive where it holds; `and` is as near as its furthest
part, `or` as its nearest. Margins of different units are divided by what they typically are before they meet. A
comparison without a difference (``==``) has the margin 1 where it holds and -1 where not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from . import evaluate
from .evaluate import Frame, Step


@dataclass(frozen=True)
class Margin:
    """One comparison: ``step`` gives its margin; ``sign`` -1 under a `not`."""

    step: Step
    sign: float = 1.0
    graded: bool = True


@dataclass(frozen=True)
class Joined:
    """Parts that must all hold (``every``), or of which one must."""

    parts: tuple[Score, ...]
    every: bool


Score = Margin | Joined


def of_numbers(operator: str, left: Step, right: Step) -> Margin:
    """The margin of a comparison of numbers."""
    if operator in ("==", "!="):
        return of_truth(evaluate.compare(operator, left, right))
    sides = [left, right] if operator in (">", ">=") else [right, left]
    return Margin(evaluate.add(sides, ["-"]))


def of_dates(operator: str, left: Step, right: Step, last: float) -> Margin:
    """The margin of a comparison of dates in years; never, and what else lies beyond the run, counts as ``last``."""
    return of_numbers(operator, *(_until(date, last) for date in (left, right)))


def of_year(operator: str, date: Step, year: float, last: float) -> Margin:
    """The margin of a date compared with a year, by the date's own year."""
    return of_numbers(operator, _until(lambda frame: np.floor(date(frame)), max(last, year + 1.0)), lambda frame: year)


def _until(date: Step, last: float) -> Step:
    return lambda frame: np.minimum(date(frame), last)


def of_truth(holds: Step) -> Margin:
    """1 where something holds, -1 where not."""
    return Margin(lambda frame: np.where(holds(frame), 1.0, -1.0), graded=False)


def opposite(score: Score) -> Score:
    """The score of the negation."""
    if isinstance(score, Margin):
        return Margin(score.step, -score.sign, score.graded)
    return Joined(tuple(opposite(part) for part in score.parts), not score.every)


def margins_of(score: Score) -> list[Margin]:
    """All comparisons, from left to right."""
    if isinstance(score, Margin):
        return [score]
    return [margin for part in score.parts for margin in margins_of(part)]


def measured(score: Score, figures: np.ndarray) -> np.ndarray:
    """Margins (comparisons, trajectories) of observed figures; what is not a number is -inf."""
    count = figures.shape[1]
    frame = Frame(figures, np.zeros(count, dtype=bool))
    with np.errstate(all="ignore"):
        rows = [margin.sign * np.broadcast_to(margin.step(frame), (count,)) for margin in margins_of(score)]
    return np.array([np.where(np.isnan(row), -np.inf, row) for row in rows])


def joined(score: Score, margins: np.ndarray, scales: Sequence[float]) -> np.ndarray:
    """Scores of trajectories from the margins (comparisons, trajectories), each divided by its scale."""
    return _join(score, iter(margins / np.asarray(scales)[:, None]))


def _join(score: Score, rows: Iterator[np.ndarray]) -> np.ndarray:
    if isinstance(score, Margin):
        return next(rows)
    parts = [_join(part, rows) for part in score.parts]
    return (np.minimum if score.every else np.maximum).reduce(parts)


def typical(margins: np.ndarray) -> list[float]:
    """The median size of every margin, 1 where that is none."""
    sizes = np.median(np.abs(margins), axis=1)
    return [float(size) if 0.0 < size < np.inf else 1.0 for size in sizes]
