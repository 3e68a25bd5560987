"""What each randomisation of a run says by itself: the spread of these estimates is the error of the whole.

Of every cell the sum by randomisation is kept, and how many of its draws lie in the bins up to some places: near the
reported quantiles of the first randomisation for figures that are numbers, at every bin for events and categories.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVELS = np.array([0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99])


@dataclass(frozen=True)
class Replicates:
    """Sums and cumulative counts by randomisation.

    ``n`` (randomisations) trajectories, ``total`` (randomisations, cells). The places of cell i are
    ``places[first[i]:first[i + 1]]``, numbers of its bins; ``upto`` (randomisations, places) counts the draws in bins
    up to and including a place.
    """

    n: np.ndarray
    total: np.ndarray
    first: np.ndarray
    places: np.ndarray
    upto: np.ndarray
