"""What antithetic pairs say of the error of a mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pairs:
    """Pairs of trajectories that are independent of all other pairs.

    ``n`` pairs; of the sums of the two, ``total`` (cells) is the sum over the pairs and ``total_sq`` that of their
    squares.
    """

    n: int
    total: np.ndarray
    total_sq: np.ndarray
