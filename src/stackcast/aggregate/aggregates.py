"""What a run leaves behind: exact counts and fixed-order sums, and the digest that names them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from stackcast.aggregate.outputs import Cell
from stackcast.aggregate.pairs import Pairs
from stackcast.aggregate.replicates import Replicates


@dataclass(frozen=True)
class Aggregates:
    """Histogram counts and moments of every cell over ``n`` trajectories.

    ``counts[offsets[i]:offsets[i + 1]]`` are cell i's bins; ``total``, ``total_sq``, ``minimum`` and
    ``maximum`` have one entry per cell. For event cells only the counts mean anything. ``replicates`` are the parts of
    a run whose trajectories are not all independent, ``pairs`` its antithetic pairs where these are, else None.
    """

    n: int
    cells: tuple[Cell, ...]
    offsets: np.ndarray
    counts: np.ndarray
    total: np.ndarray
    total_sq: np.ndarray
    minimum: np.ndarray
    maximum: np.ndarray
    replicates: Replicates | None = None
    pairs: Pairs | None = None

    def digest(self) -> str:
        """SHA-256 over canonical bytes: the same on every machine, for any threads, chunks and order."""
        digest = hashlib.sha256(f"stackcast aggregates 1 n={self.n}\n".encode())
        for cell in self.cells:
            digest.update(f"{cell.metric}|{cell.layer}|{cell.period}|{cell.unit}|{cell.scale.kind}\n".encode())
        filled = np.flatnonzero(self.counts)
        digest.update(filled.astype("<i8").tobytes())
        digest.update(self.counts[filled].astype("<i8").tobytes())
        for values in (self.total, self.total_sq, self.minimum, self.maximum):
            digest.update(canonical(values).tobytes())
        if self.replicates is not None:
            for numbers in (self.replicates.n, self.replicates.places, self.replicates.upto):
                digest.update(numbers.astype("<i8").tobytes())
            digest.update(canonical(self.replicates.total).tobytes())
        if self.pairs is not None:
            digest.update(canonical(self.pairs.total).tobytes())
            digest.update(canonical(self.pairs.total_sq).tobytes())
        return digest.hexdigest()


def canonical(values: np.ndarray) -> np.ndarray:
    """Little-endian floats with one NaN and no negative zero."""
    clean = np.where(np.isnan(values), np.nan, values) + 0.0
    return clean.astype("<f8")
