"""One digest, however the work is cut: a check for any program."""

from __future__ import annotations

import itertools

import numpy as np

from stackcast.engine.driver import simulate
from stackcast.engine.program import Program

THREADS = (1, 2, 3, 8)
CHUNKS = (1024, 31 * 256, None)  # the second is wider than the buffer of bins


def shuffled(chunks: list[int]) -> list[int]:
    """A fixed rearrangement of the chunks."""
    return [int(chunk) for chunk in np.random.default_rng(8).permutation(chunks)]


def backwards(chunks: list[int]) -> list[int]:
    """Last chunk first: everything waits for the fold."""
    return chunks[::-1]


ORDERS = (None, shuffled)


def sample_bytes(sample: np.ndarray) -> bytes:
    """Canonical bytes of a sample."""
    return (np.where(np.isnan(sample), np.nan, sample) + 0.0).astype("<f8").tobytes()


def all_digests(program: Program, trajectories: int, seed: int, sample: int = 300, orders=ORDERS) -> dict:
    """Digest and sample of every combination of threads, chunk size and order: combination -> (digest, sample)."""
    found = {}
    for threads, chunk, order in itertools.product(THREADS, CHUNKS, orders):
        result = simulate(program, trajectories, seed, threads=threads, chunk=chunk, sample=sample, order=order)
        name = f"threads {threads}, chunk {chunk}, {getattr(order, '__name__', 'in order')}"
        found[name] = (result.aggregates.digest(), sample_bytes(result.sample))
    return found


def assert_one_digest(program: Program, trajectories: int, seed: int, orders=ORDERS) -> str:
    """Assert that threads, chunks and order change nothing; return the digest.

    The last block should be a partial one, and the trajectories should make several chunks.
    """
    found = all_digests(program, trajectories, seed, orders=orders)
    first, *others = found.items()
    for name, result in others:
        assert result == first[1], f"{name} differs from {first[0]}"
    return first[1][0]
