"""Collects what each randomisation of a run says by itself, while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from stackcast.aggregate.outputs import Cell
from stackcast.aggregate.replicates import LEVELS, Replicates
from stackcast.engine.counting import bin_of
from stackcast.engine.jit import compiled

_EVERY_BIN = ("event", "category")


@compiled("void(float64[:, ::1], float64[::1], float64[::1], int64[::1], boolean[::1], int64[:, ::1])")
def find_occupied(scales, minimum, maximum, offsets, every, occupied):
    """First and last bin of every cell that may hold draws, from the extremes: most of a cell's bins never do.

    Of events and categories (``every``) all bins are looked at: they have few, and events no extremes.
    """
    for cell in range(minimum.shape[0]):
        bins = offsets[cell + 1] - offsets[cell]
        if every[cell]:
            occupied[cell, 0], occupied[cell, 1] = np.int64(0), bins - np.int64(1)
        else:
            occupied[cell, 0] = bin_of(minimum[cell], scales[cell])
            occupied[cell, 1] = bin_of(maximum[cell], scales[cell])


@compiled("void(int64[::1], int64[::1], int64[:, ::1], int64[::1], int64[::1], int64[::1])")
def count_upto(counts, offsets, occupied, first, places, upto):
    """Add the counts of every cell's bins up to each of its places (in rising order) to ``upto``."""
    for cell in range(offsets.shape[0] - 1):
        table = counts[offsets[cell] : offsets[cell + 1]]
        running = np.int64(0)
        bin_ = occupied[cell, 0]
        for k in range(first[cell], first[cell + 1]):
            last = min(places[k], occupied[cell, 1])
            part = np.int64(0)  # a sum of its own: only so is the loop vectorised
            for place in range(bin_, last + 1):
                part += table[place]
            running += part
            bin_ = max(bin_, last + 1)
            upto[k] += running


class Counted(NamedTuple):
    """What one worker has counted so far: counts of all bins, smallest and largest draw of every cell."""

    counts: np.ndarray
    minimum: np.ndarray
    maximum: np.ndarray


class Parts:
    """Collects replicates while a run goes from one randomisation to the next."""

    def __init__(self, cells: Sequence[Cell], scales: np.ndarray, offsets: np.ndarray, sections: int) -> None:
        self.every = np.array([cell.scale.kind in _EVERY_BIN for cell in cells], dtype=bool)
        sizes = [cell.scale.bins if cell.scale.kind in _EVERY_BIN else len(LEVELS) for cell in cells]
        self.scales, self.offsets = scales, offsets
        self.first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.places = np.concatenate([np.arange(size) for size in sizes] or [np.zeros(0)]).astype(np.int64)
        self.n = np.zeros(sections, dtype=np.int64)
        self.total = np.zeros((sections, len(cells)))
        self.upto = np.zeros((sections, int(self.first[-1])), dtype=np.int64)
        self.done = 0

    def add(self, sums: np.ndarray) -> None:
        """Add a block's sums by cell to the randomisation in progress."""
        self.total[self.done] += sums

    def close(self, workers: Sequence[Counted], trajectories: int) -> None:
        """End a randomisation; ``workers`` say what each has counted of the whole run so far."""
        occupied = [self._occupied(counted) for counted in workers]
        if self.done == 0:
            self._find_places(workers, occupied)
        for counted, bins in zip(workers, occupied, strict=True):
            count_upto(counted.counts, self.offsets, bins, self.first, self.places, self.upto[self.done])
        self.n[self.done] = trajectories
        self.done += 1

    def _occupied(self, counted: Counted) -> np.ndarray:
        bins = np.zeros((len(counted.minimum), 2), dtype=np.int64)
        find_occupied(self.scales, counted.minimum, counted.maximum, self.offsets, self.every, bins)
        return bins

    def _find_places(self, workers: Sequence[Counted], occupied: Sequence[np.ndarray]) -> None:
        """Bins in which the cumulative counts reach the levels, of cells whose places are not all bins."""
        begin = np.min([bins[:, 0] for bins in occupied], axis=0)
        end = np.max([bins[:, 1] for bins in occupied], axis=0) + 1
        for cell in np.flatnonzero(~self.every):
            part = slice(self.offsets[cell] + begin[cell], self.offsets[cell] + end[cell])
            upto = np.cumsum(sum(counted.counts[part] for counted in workers))
            found = np.minimum(np.searchsorted(upto, LEVELS * upto[-1]), len(upto) - 1)
            self.places[self.first[cell] : self.first[cell + 1]] = begin[cell] + found

    def replicates(self) -> Replicates:
        """All randomisations that have trajectories."""
        kept = int(np.count_nonzero(self.n))
        upto = np.diff(self.upto[:kept], axis=0, prepend=0)
        return Replicates(self.n[:kept], self.total[:kept], self.first, self.places, upto)
