"""The bins of a histogram: linear near zero, then a fixed number an octave, both signs.

With a = |x|, threshold t, width w and S bins an octave, the position of x is
p = sign(x) (min(a, t) / w + S (e + m - 1)) where max(a / t, 1) = 2^e m with 1 <= m < 2; the bin is
floor(p), the outermost bins are open. Inside an octave bins are equally wide, so a bin is at most 1/S of its
value wide and no logarithm is needed to find it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scale:
    """Bins of one kind of figure; ``below`` bins lie under zero, ``above`` at and over it."""

    kind: str
    threshold: float
    width: float
    per_octave: float
    below: int
    above: int
    resolution: str

    @property
    def bins(self) -> int:
        """Number of bins, the two open ones included."""
        return self.below + self.above

    def edges(self) -> np.ndarray:
        """The bins + 1 edges in the figure's unit; the outermost are infinite."""
        positions = np.arange(-self.below, self.above + 1, dtype=float)
        a = np.abs(positions)
        linear = self.threshold / self.width
        octaves = np.maximum(a - linear, 0.0) / (self.per_octave or 1.0)
        whole = np.floor(octaves)
        beyond = self.threshold * np.ldexp(1.0 + octaves - whole, whole.astype(int))
        edges = np.copysign(np.where(a <= linear, a * self.width, beyond), positions)
        edges[0], edges[-1] = -math.inf, math.inf
        return edges

    def coefficients(self) -> tuple[float, ...]:
        """(threshold, 1/threshold, 1/width, bins an octave, below, bins) for the compiled core."""
        return (self.threshold, 1.0 / self.threshold, 1.0 / self.width, self.per_octave, self.below, self.bins)


def _count(threshold: float, width: float, per_octave: float, largest: float) -> int:
    return round(threshold / width) + math.ceil(per_octave * math.log2(largest / threshold))


def _signed(kind: str, threshold: float, width: float, per_octave: float, largest: float, resolution: str) -> Scale:
    count = _count(threshold, width, per_octave, largest)
    return Scale(kind, threshold, width, per_octave, count, count, resolution)


# per_octave = 0 marks a scale that is linear throughout.
SHARE = Scale("share", 1.0, 2.0**-11, 0.0, 1, 2049, "0.0005")
MONEY = _signed(
    "money", 2.0**-7, 2.0**-7 / 160, 200.0, 1e5, "0.5 % above 0.0078 USD_bn, 0.00005 USD_bn below"
)  # fmt: skip
RATIO = _signed("ratio", 2.0, 2.0**-10, 100.0, 1e6, "0.001 up to 2 in absolute value, 1 % beyond")
POSITIVE = Scale("positive", 2.0**-30, 2.0**-30, 100.0, 1, _count(2.0**-30, 2.0**-30, 100.0, 1e36), "1 % from 1e-9")
CATEGORY = Scale("category", 16.0, 1.0, 0.0, 1, 17, "exact")

SCALES = {scale.kind: scale for scale in (SHARE, MONEY, RATIO, POSITIVE, CATEGORY)}


def event_scale(quarters: int) -> Scale:
    """Bins of an event's date: one per quarter of the run and a last one for never."""
    return Scale("event", float(quarters + 1), 1.0, 0.0, 0, quarters + 1, "one quarter")
