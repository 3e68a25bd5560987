"""Counting answers while a run streams: the result does not depend on threads, chunks or order.

Counts are integers. Sums are made over blocks of 256 trajectories by a fixed tree and added in the order of the blocks.
Quantiles come from a histogram whose bins are the first 12 bits after the point of the number itself, kept where
something fell into them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..engine.counting import LANES
from ..engine.declare import NEVER
from .evaluate import Frame
from .terms import Claim

BITS = 40
"""Bits of a number that its bin leaves out: 12 of the 52 after the point stay, so a bin is 0.025 % wide."""
RESOLUTION = "0.025 %"
_SIGN = np.int64(0x7FFFFFFFFFFFFFFF)


@dataclass(frozen=True)
class Part:
    """What one claim leaves of a chunk."""

    asked: int
    undefined: int
    hits: int
    sums: np.ndarray  # (blocks, 2)
    keys: np.ndarray
    counts: np.ndarray
    low: float
    high: float


def answer_chunk(claim: Claim, figures: np.ndarray, other: np.ndarray | None = None) -> Part:
    """Evaluate a claim on the observed figures (columns, trajectories) of a chunk, and on those of the other run."""
    value, asked, undefined = evaluate_claim(claim, figures, other)
    if claim.kind == "truth":
        hits = int(np.count_nonzero(value & asked))
        return Part(int(np.count_nonzero(asked)), undefined, hits, np.zeros((0, 2)), *_none())
    kept = value[asked]
    hits = int(np.count_nonzero(kept < NEVER)) if claim.kind == "date" else 0
    keys, counts = np.unique(kept if claim.kind == "date" else keys_of(kept), return_counts=True)
    sums = np.zeros((0, 2)) if claim.kind == "date" else block_sums(np.where(asked, value, 0.0))
    low, high = (float(kept.min()), float(kept.max())) if len(kept) else (np.inf, -np.inf)
    return Part(len(kept), undefined, hits, sums, keys, counts, low, high)


def evaluate_claim(
    claim: Claim, figures: np.ndarray, other: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, int]:
    """(value by trajectory, whether it counts, how many met the condition but have no value)."""
    count = figures.shape[1]
    frame = Frame(figures, np.zeros(count, dtype=bool), other)
    with np.errstate(all="ignore"):
        met = np.ones(count, dtype=bool)
        if claim.condition is not None:
            met = np.broadcast_to(claim.condition(frame), (count,)) & ~frame.undefined
            excluded = int(np.count_nonzero(frame.undefined))
            frame.undefined = np.zeros(count, dtype=bool)
        else:
            excluded = 0
        value = np.broadcast_to(claim.step(frame), (count,))
    lost = met & frame.undefined
    return value, met & ~frame.undefined, excluded + int(np.count_nonzero(lost))


def _none() -> tuple[np.ndarray, np.ndarray, float, float]:
    return np.zeros(0), np.zeros(0, dtype=np.int64), np.inf, -np.inf


def keys_of(values: np.ndarray) -> np.ndarray:
    """Bin of every number, in the order of the numbers."""
    bits = (values + 0.0).view(np.int64)  # + 0.0: one zero only
    return (bits ^ ((bits >> 63) & _SIGN)) >> BITS


def edges_of(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper edge of bins."""
    return _number(keys << BITS), _number((keys + 1) << BITS)


def _number(ordered: np.ndarray) -> np.ndarray:
    return (ordered ^ ((ordered >> 63) & _SIGN)).view(np.float64) + 0.0


def block_sums(values: np.ndarray) -> np.ndarray:
    """Sum and sum of squares of every 256 values, each by the same tree; missing ones add nothing."""
    blocks = -(-len(values) // LANES)
    padded = np.zeros(blocks * LANES)
    padded[: len(values)] = values
    lanes = padded.reshape(blocks, LANES)
    with np.errstate(over="ignore"):  # squares beyond 1e308 are told from the sums
        return np.stack([tree_sum(lanes), tree_sum(lanes * lanes)], axis=-1)


def tree_sum(lanes: np.ndarray) -> np.ndarray:
    """Sums along the last axis, of 256, by the core's tree: a mean has the same bits as that of the yearly output."""
    head = lanes.shape[:-1]
    strips = _sum_of_eight(lanes.reshape(*head, 8, LANES // 8))
    parts = _sum_of_eight(strips.reshape(*head, 8, LANES // 64))
    total = parts[..., 0]
    for k in range(1, LANES // 64):
        total = total + parts[..., k]
    return total


def _sum_of_eight(rows: np.ndarray) -> np.ndarray:
    """Sum over the last axis but one, of 8, in pairs."""
    pairs = rows[..., 0::2, :] + rows[..., 1::2, :]
    fours = pairs[..., 0::2, :] + pairs[..., 1::2, :]
    return fours[..., 0, :] + fours[..., 1, :]


@dataclass
class Tally:
    """What one claim has come to so far; parts are added in the order of the trajectories."""

    asked: int = 0
    undefined: int = 0
    hits: int = 0
    sums: np.ndarray = field(default_factory=lambda: np.zeros(2))
    low: float = np.inf
    high: float = -np.inf
    _keys: list[np.ndarray] = field(default_factory=list)
    _counts: list[np.ndarray] = field(default_factory=list)
    _pending: int = 0
    _merged: int = 0
    _turns: list[tuple[int, int, float]] = field(default_factory=list)

    def add(self, part: Part) -> None:
        self.asked += part.asked
        self.undefined += part.undefined
        self.hits += part.hits
        with np.errstate(over="ignore"):
            for block in part.sums:
                self.sums = self.sums + block
        self.low, self.high = min(self.low, part.low), max(self.high, part.high)
        self._keys.append(part.keys)
        self._counts.append(part.counts)
        self._pending += len(part.keys)
        if self._pending > max(self._merged, 2**16):
            self.histogram()

    def turn(self) -> None:
        """Note where a randomisation ends."""
        self._turns.append((self.asked, self.hits, float(self.sums[0])))

    def parts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Answers, hits and sums of every randomisation that has an answer."""
        ends = np.array(self._turns, dtype=float).reshape(len(self._turns), 3)
        asked, hits, sums = np.diff(ends, axis=0, prepend=0.0).T
        kept = asked > 0.0
        return asked[kept], hits[kept], sums[kept]

    def histogram(self) -> tuple[np.ndarray, np.ndarray]:
        """Bins that hold something, in order, and how many answers fell into each."""
        if not self._keys:
            return np.zeros(0), np.zeros(0, dtype=np.int64)
        keys, place = np.unique(np.concatenate(self._keys), return_inverse=True)
        counts = np.zeros(len(keys), dtype=np.int64)
        np.add.at(counts, place, np.concatenate(self._counts))
        self._keys, self._counts = [keys], [counts]
        self._pending, self._merged = 0, len(keys)
        return keys, counts
