"""Histograms, sums, squares, extremes: what a run keeps of every figure, in plain NumPy at its fastest.

A bin's position is computed, never searched: linear up to a threshold t, then S bins an octave read off the bits of
the number, both signs. Minimum and maximum, which are kept anyway, tell which shortcuts a block allows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from tests.independent.aggregates import BY_LAYER, MARKET, VALUES, names_of
from tests.independent.arrays import NEVER
from tests.independent.model import QUARTERS, START


@dataclass(frozen=True)
class Bins:
    """``below`` bins under zero, ``above`` over it; linear of ``width`` to ``threshold``, then ``per_octave``."""

    threshold: float
    width: float
    per_octave: float
    below: int
    above: int

    @property
    def count(self) -> int:
        """Number of bins."""
        return self.below + self.above

    def position(self, x: float) -> float:
        """Where a number falls, zero being 0."""
        a = abs(x)
        place = min(a, self.threshold) / self.width
        if self.per_octave and a > self.threshold:
            mantissa, exponent = math.frexp(a / self.threshold)
            place += self.per_octave * (exponent - 2.0 + 2.0 * mantissa)
        return math.copysign(place, x)

    def inside(self, low: float, high: float) -> bool:
        """Whether no number between these falls beyond the outermost bins."""
        return self.position(low) >= -self.below and self.position(high) < self.above


def _octaves(threshold: float, width: float, per_octave: float, largest: float) -> int:
    return round(threshold / width) + math.ceil(per_octave * math.log2(largest / threshold))


_MONEY = _octaves(2.0**-7, 2.0**-7 / 160, 200.0, 1e5)
_RATIO = _octaves(2.0, 2.0**-10, 100.0, 1e6)
BINS = {
    "money": Bins(2.0**-7, 2.0**-7 / 160, 200.0, _MONEY, _MONEY),
    "ratio": Bins(2.0, 2.0**-10, 100.0, _RATIO, _RATIO),
    "positive": Bins(2.0**-30, 2.0**-30, 100.0, 1, _octaves(2.0**-30, 2.0**-30, 100.0, 1e36)),
    "share": Bins(1.0, 2.0**-11, 0.0, 1, 2049),
    "category": Bins(16.0, 1.0, 0.0, 1, 17),
    "event": Bins(QUARTERS + 1.0, 1.0, 0.0, 0, QUARTERS + 1),
}


def blocks() -> dict[tuple[str, str], str]:
    """Every block of figures that is kept, (block, period) -> kind of bins."""
    years = range(int(START), int(START) + QUARTERS // 4)
    yearly = BY_LAYER | {block: block.removeprefix("market ") for block in MARKET}
    kept = {(block, str(year)): kind for year in years for block, kind in yearly.items()}
    kept |= {("share", f"{year}Q{quarter}"): "share" for year in years for quarter in (1, 2, 3, 4)}
    return kept | {(metric, f"{years[0]}-{years[-1]}"): "money" for metric in VALUES} | {("event", "event"): "event"}


class Kept:
    """What is kept of a block of figures: a row each."""

    def __init__(self, block: str, bins: Bins) -> None:
        self.names, self.bins, self.dates = names_of(block), bins, block == "event"
        rows = len(self.names)
        self.counts = np.zeros((rows, bins.count), dtype=np.int64)
        self.total, self.total_sq = np.zeros(rows), np.zeros(rows)
        self.minimum, self.maximum = np.full(rows, np.inf), np.full(rows, -np.inf)
        self.first_bin = np.arange(0.0, rows * bins.count, bins.count)[:, None]


@dataclass
class Record:
    """All that a run keeps; ``add`` takes a batch of values of one block."""

    trajectories: int = 0
    kept: dict[tuple[str, str], Kept] = field(
        default_factory=lambda: {key: Kept(key[0], BINS[kind]) for key, kind in blocks().items()}
    )
    spare: dict[tuple[int, int], tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=dict)

    def add(self, block: str, period: str, x: np.ndarray) -> None:
        """Add one value a row and trajectory."""
        kept = self.kept[block, period]
        if x.shape not in self.spare:
            self.spare[x.shape] = np.empty(x.shape), np.empty(x.shape), np.empty(x.shape, dtype=np.int64)
        place, bits, index = self.spare[x.shape]
        low, high = np.minimum.reduce(x, axis=1), np.maximum.reduce(x, axis=1)
        np.minimum(kept.minimum, low, out=kept.minimum)
        np.maximum(kept.maximum, high, out=kept.maximum)
        kept.total += np.add.reduce(x, axis=1)
        kept.total_sq += np.einsum("ij,ij->i", x, x)
        if kept.dates:
            _place_dates(x, place)
        else:
            _place_values(kept.bins, x, float(low.min()), float(high.max()), place, bits)
        place += kept.first_bin
        index[:] = place
        np.add.at(kept.counts.ravel(), index.ravel(), 1)


def _place_dates(x, place) -> None:
    np.subtract(x, START, out=place)
    place *= 4.0
    place[x == NEVER] = QUARTERS


def _place_values(bins: Bins, x, low: float, high: float, place, bits) -> None:
    """Positions from the first bin of the row on."""
    if not bins.per_octave:
        np.multiply(x, 1.0 / bins.width, out=place)
        if low < 0.0:
            np.floor(place, out=place)
        place += bins.below
    elif low >= bins.threshold:
        np.multiply(x, 1.0 / bins.threshold, out=bits)
        np.multiply(bits.view(np.int64), bins.per_octave * 2.0**-52, out=place)
        place += bins.threshold / bins.width - 1023.0 * bins.per_octave + bins.below
    else:
        _place_all(bins, x, low, place, bits)
    if not bins.inside(low, high):
        np.clip(place, 0, bins.count - 1, out=place)


def _place_all(bins: Bins, x, low: float, place, bits) -> None:
    size = np.abs(x, out=place) if low < 0.0 else x
    np.multiply(size, 1.0 / bins.threshold, out=bits)
    np.clip(bits, 1.0, np.inf, out=bits)
    np.multiply(bits.view(np.int64), bins.per_octave * 2.0**-52, out=bits)
    bits -= 1023.0 * bins.per_octave
    np.clip(size, 0.0, bins.threshold, out=place)
    place *= 1.0 / bins.width
    place += bits
    if low < 0.0:
        np.copysign(place, x, out=place)
    place += bins.below
