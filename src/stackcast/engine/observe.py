"""What may look at every trajectory of a run while it streams past."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Watch:
    """An observer of chosen rows at chosen quarters.

    ``columns`` are (row, quarter counted from 0) pairs; a row of a year ("year:...") is complete in the year's last
    quarter. ``look`` is called in a worker's thread with one array (columns, trajectories) per program and the number
    of the first trajectory; it must keep no part of them. ``fold`` gets what it returned, in the order of the
    trajectories, so that sums of blocks are added in one order whatever the threads and chunks. Where a run is made of
    randomisations, the trajectories come one randomisation after the other, and ``turn`` is called after each.
    """

    columns: tuple[tuple[str, int], ...]
    look: Callable[[Sequence[np.ndarray], int], Any]
    fold: Callable[[Any], None]
    turn: Callable[[], None] = lambda: None
