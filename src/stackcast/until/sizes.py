"""Sizes of the rounds: few, coarse, and fixed by the round before.

A rule that looks after every draw and stops at the first small estimate stops when the estimate happens to be too
small. So sizes come from a ladder: a round is whole batches of 4,096 trajectories, and at least a quarter larger than
the one before.
"""

from __future__ import annotations

import math
from typing import Any

STEP = 4096
"""Trajectories of a batch: 16 blocks of 256. Every size of a round is a whole number of batches."""

DOUBLING = 0
"""Instead of a batch: sizes are powers of two, which the points of quasi-random sequences need to be balanced."""

FIRST = 65_536
LEAST = 16_384
"""Fewer trajectories never end a run, whatever error they show: it is known to 1 % only from here on (normal tails)."""

MOST = 10**8
_SAFETY = 1.1
_SMALLEST_GROWTH, _LARGEST_GROWTH = 1.25, 16.0


def step_of(scenario: Any) -> int:
    """The ladder that a scenario's sampling needs: STEP, or DOUBLING for quasi-random points."""
    return DOUBLING if scenario.sampling.even else STEP


def at_least(n: float, step: int = STEP) -> int:
    """The smallest size of the ladder that is not below n (n > 0)."""
    if step == DOUBLING:
        return max(1 << math.ceil(math.log2(n)), STEP)
    return max(math.ceil(n / step), 1) * step


def at_most(n: int, step: int = STEP) -> int:
    """The largest size of the ladder that is not above n; 0 where there is none (n < 4,096)."""
    if n < STEP:
        return 0
    return 1 << (n.bit_length() - 1) if step == DOUBLING else n // step * step


def next_size(n: int, ratio: float, step: int = STEP) -> int:
    """Size of the round after one of n trajectories whose worst error was `ratio` times its target.

    Errors fall as n^(-1/2), so n ratio^2 would do if the estimate were exact; a tenth is added because it is not.
    At least 1.25 n and at most 16 n (also for a ratio that is infinite or not a number), rounded up to the ladder.
    """
    wanted = _SAFETY * ratio * ratio
    growth = min(max(wanted, _SMALLEST_GROWTH), _LARGEST_GROWTH) if math.isfinite(wanted) else _LARGEST_GROWTH
    return at_least(n * growth, step)
