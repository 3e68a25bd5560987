"""What an expression does with the figures of many trajectories: NumPy arithmetic, element by element.

Nothing here sums over trajectories, and sums over periods are made in their order, so that a trajectory's value has
the same bits whatever stands beside it. A figure of one date is an array over trajectories; a figure that runs over
the dates of ``first``, ``max``, ... has a row for each date.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne

import numpy as np

from ..engine.declare import NEVER

Value = np.ndarray | float | bool
Step = Callable[["Frame"], Value]

COMPARISONS: dict[str, Callable] = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq, "!=": ne}
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@dataclass
class Frame:
    """The observed figures (columns, trajectories) of the run and, in a comparison, of the other one; and the
    trajectories on which something was not a number."""

    figures: np.ndarray
    undefined: np.ndarray
    other: np.ndarray | None = None

    def finite(self, value: Value) -> Value:
        """Note where a division by zero, or a number too large, has left no number."""
        bad = ~np.isfinite(value)
        if np.any(bad):
            self.undefined |= bad if bad.ndim < 2 else bad.any(axis=0)
        return value


def constant(value: float) -> Step:
    return lambda frame: value


def figure(columns: slice, running: bool, other: bool = False) -> Step:
    """Columns of the frame: all of them for a running figure, else the first; ``other``: of the other run."""
    chosen = columns if running else columns.start
    if other:
        return lambda frame: frame.other[chosen]
    return lambda frame: frame.figures[chosen]


def add(terms: Sequence[Step], signs: Sequence[str]) -> Step:
    """Terms from left to right; ``signs`` has one entry less."""

    def run(frame: Frame) -> Value:
        total = terms[0](frame)
        for sign, term in zip(signs, terms[1:], strict=True):
            total = total + term(frame) if sign == "+" else total - term(frame)
        return frame.finite(total)

    return run


def multiply(factors: Sequence[Step], signs: Sequence[str]) -> Step:
    """Factors and divisors from left to right."""

    def run(frame: Frame) -> Value:
        total = factors[0](frame)
        for sign, factor in zip(signs, factors[1:], strict=True):
            total = np.multiply(total, factor(frame)) if sign == "*" else np.divide(total, factor(frame))
        return frame.finite(total)

    return run


def ratio_where_positive(above: Step, below: Step) -> Step:
    """A margin: 0 where there is no revenue, as in the yearly output."""

    def run(frame: Frame) -> Value:
        whole = below(frame)
        return np.where(whole > 0.0, np.divide(above(frame), np.where(whole > 0.0, whole, 1.0)), 0.0)

    return run


def negative(step: Step) -> Step:
    return lambda frame: -step(frame)


def opposite(step: Step) -> Step:
    return lambda frame: np.logical_not(step(frame))


def every(steps: Sequence[Step]) -> Step:
    return lambda frame: _fold(np.logical_and, [step(frame) for step in steps])


def some(steps: Sequence[Step]) -> Step:
    return lambda frame: _fold(np.logical_or, [step(frame) for step in steps])


def compare(operator: str, left: Step, right: Step) -> Step:
    apply = COMPARISONS[operator]
    return lambda frame: apply(left(frame), right(frame))


def compare_year(operator: str, date: Step, year: float) -> Step:
    """A date with a year by its year; never is later than any."""
    apply = COMPARISONS[operator]
    return lambda frame: apply(np.floor(date(frame)), year)


def compare_dates(operator: str, left: Step, right: Step) -> Step:
    """Two dates. A left date that is never is not before anything, nor at the same time or before."""
    before = {"<": lt, "<=": le, ">": le, ">=": lt}.get(operator)
    if before is None:
        return compare(operator, left, right)

    def run(frame: Frame) -> Value:
        date = left(frame)
        holds = np.logical_and(date < NEVER, before(date, right(frame)))
        return holds if operator in ("<", "<=") else np.logical_not(holds)

    return run


def later(date: Step, years: float) -> Step:
    """A date some years later (or earlier); never stays never."""

    def run(frame: Frame) -> Value:
        when = date(frame)
        return np.where(when >= NEVER, NEVER, when + years)

    return run


def first(step: Step, dates: Sequence[float]) -> Step:
    """The first of the dates on which something holds, or never."""
    starts = np.array(dates)

    def run(frame: Frame) -> Value:
        holds = step(frame)
        return np.where(holds.any(axis=0), starts[np.argmax(holds, axis=0)], NEVER)

    return run


def of_list(name: str, steps: Sequence[Step]) -> Step:
    """The largest (``max``), smallest (``min``) or, of dates, earliest (``first``) of several values."""
    combine = np.maximum if name == "max" else np.minimum
    return lambda frame: _fold(combine, [step(frame) for step in steps])


def leading(shares: Sequence[Step]) -> Step:
    """Which of several figures is the largest, counted from 0; of equal ones the first."""
    return lambda frame: np.argmax(np.stack([share(frame) for share in shares]), axis=0).astype(float)


def largest(step: Step) -> Step:
    return lambda frame: _fold(np.maximum, step(frame))


def smallest(step: Step) -> Step:
    return lambda frame: _fold(np.minimum, step(frame))


def total(step: Step) -> Step:
    """Sum over the dates in their order; of conditions, how often they hold."""
    return lambda frame: frame.finite(_fold(np.add, np.asarray(step(frame), dtype=float)))


def average(step: Step, count: int) -> Step:
    summed = total(step)
    return lambda frame: summed(frame) / count


def _fold(combine: Callable, rows: Sequence) -> Value:
    result = rows[0]
    for row in rows[1:]:
        result = combine(result, row)
    return result
