"""Histograms, sums, squares, extremes: what a run keeps of every figure, in plain NumPy at its fastest.

A bin's position is computed, never searched: linear up to a threshold t, then S bins an octave read off the bits of
the number, both signs. Minimum and maximum, which are kept anyway, tell which shortcuts a block allows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from tests.independent.aggregates import BY_LAYER, MARKET, QUARTERLY, VALUES, names_of
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
    quarters = [f"{year}Q{quarter}" for year in years for quarter in (1, 2, 3, 4)]
    kept |= {(block, quarter): kind for quarter in quarters for block, kind in QUARTERLY.items()}
    return kept | {(metric, f"{years[0]}-{years[-1]}"): "money" for metric in VALUES} | {("event", "event"): "event"}


class Kept:
    """What is kept of a block of figures: a row each."""

    def __init__(self, block: str, bins: Bins) -> None:
        self.names, self.bins, self.dates = names_of(block), bins, block == "event"
        rows = len(self.names)
        self.counts = np.zeros((rows, bins.count), dtype=np.int64)
        self.total, self.total_sq = np.zeros(rows), np.zeros(rows)
        self.minimum, self.maximum = np.full(rows, np.inf), np.full(rows, -np.inf)
        self.zero_bin = np.arange(bins.below, rows * bins.count, bins.count)[:, None]

    def add(self, x: np.ndarray, spare: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
        """Add one value a row and trajectory; ``spare`` is working space of the block's shape."""
        low, high = np.minimum.reduce(x, axis=1), np.maximum.reduce(x, axis=1)
        np.minimum(self.minimum, low, out=self.minimum)
        np.maximum(self.maximum, high, out=self.maximum)
        self.total += np.einsum("ij->i", x)
        self.total_sq += np.einsum("ij,ij->i", x, x)
        place, bits, index = spare
        self._place(x, float(low.min()), float(high.max()), place, bits, index)
        np.add.at(self.counts.ravel(), index.ravel(), 1)

    def _place(self, x, low: float, high: float, place, bits, index) -> None:
        """Bins of a block as indices into all its bins."""
        bins = self.bins
        inside = self.dates or bins.inside(low, high)
        if bins.per_octave and bins.threshold < 1.0:
            _by_bits(bins, x, low, bits.view(np.int64), index)
        else:
            if self.dates:
                np.subtract(x, START, out=place)
                place *= 4.0
                place[x == NEVER] = QUARTERS
            elif bins.per_octave and max(-low, high) >= bins.threshold:
                _signed(bins, x, low, place, bits)
            else:
                np.multiply(x, 1.0 / bins.width, out=place)
            if low < 0.0:
                np.floor(place, out=place)
            index[:] = place
        if not inside:
            np.clip(index, -bins.below, bins.above - 1, out=index)
        index += self.zero_bin


_MAGNITUDE, _SIGN = 2**63 - 1, -(2**63)


def _by_bits(bins: Bins, x, low: float, spare, index) -> None:
    """Positions of figures that mostly lie above the threshold, a power of two, in integers.

    The bits of a float are its exponent and mantissa as a fixed-point number: S times that is the position among
    octaves. The few figures below the threshold are put right one by one.
    """
    numbers, linear = x.view(np.int64), round(bins.threshold / bins.width)
    if low < 0.0:
        numbers = np.bitwise_and(numbers, _MAGNITUDE, out=index)
    np.right_shift(numbers, 20, out=index)
    index *= round(bins.per_octave)
    index >>= 32
    octave = math.frexp(bins.threshold)[1] - 1
    index -= (1023 + octave) * round(bins.per_octave) - linear
    small = np.flatnonzero(index.ravel() < linear)
    if small.size:
        index.ravel()[small] = np.abs(x.ravel()[small]) / bins.width
    if low < 0.0:
        # An exclusive or with the sign (0 or -1) turns p into -p - 1, the floor of a negative position.
        index ^= np.right_shift(x.view(np.int64), 63, out=spare)


def _signed(bins: Bins, x, low: float, place, bits) -> None:
    """Positions from zero, where figures lie on both sides of the threshold."""
    size = np.abs(x, out=place) if low < 0.0 else x
    np.multiply(size, 1.0 / bins.threshold, out=bits)
    np.clip(bits, 1.0, np.inf, out=bits)
    np.multiply(bits.view(np.int64), bins.per_octave * 2.0**-52, out=bits)
    bits -= 1023.0 * bins.per_octave
    np.clip(size, 0.0, bins.threshold, out=place)
    place *= 1.0 / bins.width
    place += bits
    if low < 0.0:
        # Twice as fast as copysign.
        sign = np.bitwise_and(x.view(np.int64), _SIGN, out=bits.view(np.int64))
        np.bitwise_or(place.view(np.int64), sign, out=place.view(np.int64))


@dataclass
class Record:
    """All that a run keeps."""

    trajectories: int = 0
    kept: dict[tuple[str, str], Kept] = field(
        default_factory=lambda: {key: Kept(key[0], BINS[kind]) for key, kind in blocks().items()}
    )
    spare: dict[tuple[int, ...], tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=dict)

    def add(self, block: str, period: str, x: np.ndarray) -> None:
        """Add a batch of values of one block, (rows, trajectories)."""
        if x.shape not in self.spare:
            self.spare[x.shape] = np.empty(x.shape), np.empty(x.shape), np.empty(x.shape, dtype=np.int64)
        self.kept[block, period].add(x, self.spare[x.shape])
