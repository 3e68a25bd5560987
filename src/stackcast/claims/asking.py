"""Questions put to a run while it streams: every trajectory is asked, none is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.block import LANES
from ..engine.driver import DEFAULT_CHUNK, simulate
from ..engine.observe import Watch
from ..engine.program import Program, build, unreported
from ..errors import StackcastError
from .answers import Answer, answer
from .catalogue import catalogue_of, needs_quarters
from .check import Claim, Columns, check
from .tally import Part, Tally, answer_chunk

if TYPE_CHECKING:
    from ..scenario import Scenario

MOST_FIGURES = 20_000
_BUFFER = 2**23  # figures a worker holds: 64 MB
Progress = Callable[[int, int], None]


def prepare(scenario: Scenario, expressions: Sequence[str]) -> tuple[Program, list[Claim], Columns]:
    """The program of a scenario and the checked expressions, before anything is drawn."""
    program = build(scenario)
    catalogue, columns = catalogue_of(program), Columns()
    claims = [check(text, catalogue, columns) for text in expressions]
    if len(columns.pairs) > MOST_FIGURES:
        raise StackcastError(
            f"claims: {len(columns.pairs):,} figures of every trajectory: allowed: up to {MOST_FIGURES:,} at once "
            "(years instead of quarters, shorter ranges, fewer questions)"
        )
    missing = {row for row, _ in columns.pairs} - set(program.names)
    if needs_quarters(missing):
        program = build(scenario, derive_quarters=True)
    return program, claims, columns


def chunk_for(figures: int) -> int:
    """Trajectories of a chunk, so that what is observed fits; never changes a number."""
    return max(min(DEFAULT_CHUNK, _BUFFER // max(figures, 1)) // LANES, 1) * LANES


def ask(
    scenario: Scenario,
    expressions: Sequence[str],
    trajectories: int,
    seed: int,
    threads: int = 1,
    progress: Progress | None = None,
    chunk: int | None = None,
) -> list[Answer]:
    """Answers of a run of ``trajectories`` to checked or unchecked expressions, in their order."""
    program, claims, columns = prepare(scenario, expressions)
    tallies = [Tally() for _ in claims]

    def look(seen: Sequence[np.ndarray], first: int) -> list[Part]:
        return [answer_chunk(claim, seen[0]) for claim in claims]

    def fold(parts: list[Part]) -> None:
        for tally, part in zip(tallies, parts, strict=True):
            tally.add(part)

    watch = Watch(tuple(columns.pairs), look, fold)
    size = chunk_for(len(columns.pairs)) if chunk is None else chunk
    simulate(
        unreported(program), trajectories, seed, threads=threads, chunk=size, sample=0, progress=progress, observe=watch
    )
    return [answer(claim, tally, trajectories) for claim, tally in zip(claims, tallies, strict=True)]


def ask_again(manifest: Any, expressions: Sequence[str], threads: int, allow_code: bool) -> list[Answer]:
    """The answers of the run that a manifest describes: its trajectories are computed again."""
    from ..scenario import Scenario

    scenario = Scenario.from_resolved(manifest["scenario"]["resolved"], allow_code=allow_code)
    return ask(scenario, expressions, int(manifest["trajectories"]), int(manifest["seed"]), threads)
