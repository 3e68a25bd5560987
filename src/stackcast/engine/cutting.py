"""How a run is cut: into sections that are estimates of their own, and these into chunks that a thread takes."""

from __future__ import annotations

from dataclasses import dataclass

from stackcast.engine.counting import LANES

_LEAST = 4
"""Blocks of the smallest chunk but the last: one of four takes 13 and 16 % more a block (medians of two trials)."""


@dataclass(frozen=True)
class Section:
    """Every ``stride``-th block from ``first`` on: a randomisation, or all of a run."""

    first: int
    stride: int
    blocks: int
    trajectories: int


def sections(trajectories: int, count: int) -> list[Section]:
    """The parts of a run that are estimates of their own, those left out that have no trajectory."""
    total = -(-trajectories // LANES)
    missing = total * LANES - trajectories
    found = []
    for first in range(min(count, total)):
        blocks = -(-(total - first) // count)
        ends_run = first + (blocks - 1) * count == total - 1
        found.append(Section(first, count, blocks, blocks * LANES - (missing if ends_run else 0)))
    return found


@dataclass(frozen=True)
class Chunks:
    """Where the chunks of a section lie: full ones, then smaller and smaller, so that all threads end together.

    A chunk is a share of what is left, half of it over the threads (guided self-scheduling: Polychronopoulos and Kuck,
    IEEE Transactions on Computers C-36, 1987).
    """

    size: int
    full: int
    ends: tuple[int, ...]

    @classmethod
    def of(cls, blocks: int, size: int, threads: int) -> Chunks:
        """Cut ``blocks`` blocks into chunks of at most ``size``; one thread has nobody to wait for, and full ones."""
        if threads == 1:
            full = blocks // size
            return cls(size, full, (blocks,) if blocks % size else ())
        full = max(0, blocks - 2 * threads * size) // size
        place, ends = full * size, []
        while place < blocks:
            share = -(-(blocks - place) // (2 * threads))
            place += min(size, max(share, _LEAST), blocks - place)
            ends.append(place)
        return cls(size, full, tuple(ends))

    def __len__(self) -> int:
        return self.full + len(self.ends)

    def bounds(self, chunk: int) -> tuple[int, int]:
        """First block of a chunk in its section, and the one after its last."""
        if chunk < self.full:
            return chunk * self.size, (chunk + 1) * self.size
        last = chunk - self.full
        return self.ends[last - 1] if last else self.full * self.size, self.ends[last]
