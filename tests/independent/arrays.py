"""Small help for equations written on whole arrays."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

NEVER = 9999.0
LN2 = 0.6931471805599453
LN6 = 1.791759469228055
LN10 = 2.302585092994046


@lru_cache(maxsize=256)
def constant(value: float, size: int) -> np.ndarray:
    """An array of one value: NumPy's minimum and maximum are four times faster on arrays than on a number."""
    array = np.full(size, value)
    array.flags.writeable = False
    return array


def at_least(x: np.ndarray, floor: float, out: np.ndarray | None = None) -> np.ndarray:
    """The larger of x and a number."""
    return np.maximum(x, constant(floor, x.size), out=out)


def at_most(x: np.ndarray, ceiling: float, out: np.ndarray | None = None) -> np.ndarray:
    """The smaller of x and a number."""
    return np.minimum(x, constant(ceiling, x.size), out=out)


def clip(x: np.ndarray, low: float, high: float, out: np.ndarray | None = None) -> np.ndarray:
    """x held between two numbers (one pass, unlike a minimum of a maximum)."""
    return np.clip(x, low, high, out=out)


def negative_part(x: np.ndarray) -> np.ndarray:
    """max(-x, 0)."""
    less = np.negative(x)
    return at_least(less, 0.0, out=less)


def first_date(before: np.ndarray, happens: np.ndarray, year: float) -> np.ndarray:
    """Dates of an event that may happen this quarter, where it has not yet; overwrites ``happens``."""
    happens &= before == NEVER
    return np.where(happens, year, before) if happens.any() else before


def toward(before: np.ndarray, pace: np.ndarray | float, target: np.ndarray) -> np.ndarray:
    """The part ``pace`` of the way from before to target; overwrites ``target``."""
    target -= before
    target *= pace
    target += before
    return target


def strikes(draw: np.ndarray, hazard: np.ndarray) -> np.ndarray:
    """Whether a uniform draw lies below 1 - exp(-hazard), which is below the hazard: few need the exponential."""
    hit = draw < hazard
    near = np.flatnonzero(hit)
    hit[near] = draw[near] < -np.expm1(-hazard[near])
    return hit
