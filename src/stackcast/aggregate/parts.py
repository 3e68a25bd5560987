"""Collects what each randomisation of a run says by itself, while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from stackcast.aggregate.outputs import Cell
from stackcast.aggregate.replicates import LEVELS, Replicates
from stackcast.engine.jit import compiled

_EVERY_BIN = ("event", "category")


@compiled("void(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1])")
def count_upto(counts, offsets, first, places, upto):
    """Add the counts of every cell's bins up to each of its places (in rising order) to ``upto``."""
    for cell in range(offsets.shape[0] - 1):
        table = counts[offsets[cell] : offsets[cell + 1]]
        running = np.int64(0)
        bin_ = np.int64(0)
        for k in range(first[cell], first[cell + 1]):
            part = np.int64(0)  # a sum of its own: only so is the loop vectorised
            for place in range(bin_, places[k] + 1):
                part += table[place]
            running += part
            bin_ = max(bin_, places[k] + 1)
            upto[k] += running


def find_places(counts: np.ndarray, offsets: np.ndarray, first: np.ndarray, places: np.ndarray) -> None:
    """Bins in which a cell's cumulative counts reach the levels, for cells that have as many places as levels."""
    for cell in np.flatnonzero(np.diff(first) == len(LEVELS)):
        upto = np.cumsum(counts[offsets[cell] : offsets[cell + 1]])
        found = np.searchsorted(upto, LEVELS * upto[-1])
        places[first[cell] : first[cell + 1]] = np.minimum(found, len(upto) - 1)


class Parts:
    """Collects replicates while a run goes from one randomisation to the next."""

    def __init__(self, cells: Sequence[Cell], offsets: np.ndarray, sections: int) -> None:
        sizes = [cell.scale.bins if cell.scale.kind in _EVERY_BIN else len(LEVELS) for cell in cells]
        self.offsets = offsets
        self.first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.places = np.concatenate([np.arange(size) for size in sizes] or [np.zeros(0)]).astype(np.int64)
        self.n = np.zeros(sections, dtype=np.int64)
        self.total = np.zeros((sections, len(cells)))
        self.upto = np.zeros((sections, int(self.first[-1])), dtype=np.int64)
        self.done = 0

    def add(self, sums: np.ndarray) -> None:
        """Add a block's sums by cell to the randomisation in progress."""
        self.total[self.done] += sums

    def close(self, counts: Sequence[np.ndarray], trajectories: int) -> None:
        """End a randomisation; ``counts`` are those of the whole run so far, spread over the workers."""
        if self.done == 0:
            find_places(reduce(np.add, counts), self.offsets, self.first, self.places)
        for one in counts:
            count_upto(one, self.offsets, self.first, self.places, self.upto[self.done])
        self.n[self.done] = trajectories
        self.done += 1

    def replicates(self) -> Replicates:
        """All randomisations that have trajectories."""
        kept = int(np.count_nonzero(self.n))
        upto = np.diff(self.upto[:kept], axis=0, prepend=0)
        return Replicates(self.n[:kept], self.total[:kept], self.first, self.places, upto)
