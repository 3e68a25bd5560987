"""Questions put to a run while it streams: every trajectory is asked, none is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.assembly import build
from ..engine.counting import LANES
from ..engine.driver import DEFAULT_CHUNK, simulate_together
from ..engine.observe import Watch
from ..engine.program import Program, independent, unreported
from ..errors import StackcastError
from .answers import Answer, answer
from .catalogue import catalogue_of, needs_quarters
from .check import check
from .tally import Part, Tally, answer_chunk
from .terms import Claim, Columns

if TYPE_CHECKING:
    from ..scenario import Scenario

MOST_FIGURES = 20_000
_BUFFER = 2**23  # figures a worker holds: 64 MB
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Prepared:
    """Programs (the scenario's and those it is compared with), checked claims, and the other program of each."""

    programs: list[Program]
    claims: list[Claim]
    other_of: list[int | None]
    columns: Columns


def prepare(scenario: Scenario, expressions: Sequence[str], others: Sequence[Scenario | None]) -> Prepared:
    """Everything that can be refused is refused here, before anything is drawn."""
    beside = list(others) or [None] * len(expressions)
    apart = list({id(other): other for other in beside if other is not None}.values())
    program = build(scenario)
    catalogue, columns = catalogue_of(program), Columns()
    claims = [
        check(text, catalogue, columns, paired=other is not None)
        for text, other in zip(expressions, beside, strict=True)
    ]
    _check_size(len(columns.pairs) * (1 + len(apart)))
    asked = {row for row, _ in columns.pairs}
    derive = needs_quarters(asked)  # a program has those by quarter that its own scenario reports
    programs = [program if asked <= set(program.names) else build(scenario, derive_quarters=derive)]
    for one in apart:
        programs.append(build(one, derive_quarters=derive))
        if catalogue_of(programs[-1]) != catalogue_of(programs[0]):
            raise StackcastError(f"{one.path}: other series or dates than the run beside it: allowed: the same")
    place = {id(other): 1 + k for k, other in enumerate(apart)}
    return Prepared(programs, claims, [place.get(id(other)) for other in beside], columns)


def _check_size(figures: int) -> None:
    if figures > MOST_FIGURES:
        raise StackcastError(
            f"claims: {figures:,} figures of every trajectory: allowed: up to {MOST_FIGURES:,} at once "
            "(years instead of quarters, shorter ranges, fewer questions)"
        )


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
    others: Sequence[Scenario | None] = (),
) -> list[Answer]:
    """Answers of a run of ``trajectories`` to expressions, in their order.

    ``others`` names for each expression the scenario that ``other(...)`` in it speaks of; all run on the same draws,
    which are addressed by name and therefore independent then: a point of a sequence would be another one in a scenario
    with one prior more.
    """
    prepared = prepare(scenario, expressions, others)
    claims, columns = prepared.claims, prepared.columns
    tallies = [Tally() for _ in claims]

    def look(seen: Sequence[np.ndarray], first: int) -> list[Part]:
        return [
            answer_chunk(claim, seen[0], None if other is None else seen[other])
            for claim, other in zip(claims, prepared.other_of, strict=True)
        ]

    def fold(parts: list[Part]) -> None:
        for tally, part in zip(tallies, parts, strict=True):
            tally.add(part)

    def turn() -> None:
        for tally in tallies:
            tally.turn()

    watch = Watch(tuple(columns.pairs), look, fold, turn)
    size = chunk_for(len(columns.pairs) * len(prepared.programs)) if chunk is None else chunk
    bare = [unreported(program) for program in prepared.programs]
    if len(bare) > 1:
        bare = [independent(program) for program in bare]
    simulate_together(bare, trajectories, seed, watch, threads=threads, chunk=size, progress=progress)
    return [answer(claim, tally, trajectories) for claim, tally in zip(claims, tallies, strict=True)]


def ask_again(manifest: Any, expressions: Sequence[str], threads: int, allow_code: bool) -> list[Answer]:
    """The answers of the run that a manifest describes: its trajectories are computed again."""
    from ..scenario import Scenario

    scenario = Scenario.from_resolved(manifest["scenario"]["resolved"], allow_code=allow_code)
    return ask(scenario, expressions, int(manifest["trajectories"]), int(manifest["seed"]), threads)
