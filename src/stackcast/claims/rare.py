"""Rare events by importance sampling: pilots learn where a claim is met, a run counts it there, weighed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..engine.driver import simulate_together
from ..engine.observe import Watch
from ..engine.program import Program, unreported
from ..engine.tilt import scores_and_weights, tilted
from ..errors import StackcastError, shorten
from ..forecast.lookup import unknown
from .answers import Answer, Rare
from .asking import Progress, chunk_for, prepare
from .scores import margins_of, measured
from .tally import block_sums, evaluate_claim
from .terms import KINDS, Claim
from .tilting import PILOTS, Pilots, Tilts, learn, pilot_seed, strongest

if TYPE_CHECKING:
    from ..scenario import Scenario

TILTED = ("normal", "lognormal", "uniform", "triangular", "table", "steps")
"""Kinds of priors made from a normal score of their own."""
AUTO = "auto"
_LISTED = 8
_ALLOWED = "a condition without |, such as share[chips] > 0.9 @ 2030"


def ask_rare(
    scenario: Scenario,
    expressions: Sequence[str],
    trajectories: int,
    seed: int,
    rare: str | Sequence[str],
    threads: int = 1,
    progress: Progress | None = None,
    chunk: int | None = None,
    pilots: int = PILOTS,
) -> list[Answer]:
    """Probabilities of conditions, the priors named by ``rare`` drawn where the conditions are met.

    ``rare`` has names in a list, or between commas in one string; "auto" picks those that matter most, at most eight.
    Every expression has rounds of ``pilots`` and a run of ``trajectories`` of its own. Raises StackcastError for an
    expression that is no condition or has one after |, a prior that has no score of its own, and a claim that no
    pilot comes near to. All but the last is found before anything is drawn.
    """
    asked = [_Asked.of(scenario, text, trajectories, seed, threads, chunk) for text in expressions]
    given = [name for part in rare.split(",") if (name := part.strip())] if isinstance(rare, str) else rare
    names = [chosen(one.program, given) for one in asked]
    pick = list(given) == [AUTO]
    tilts = [one.learnt(priors, pilots, pick) for one, priors in zip(asked, names, strict=True)]
    answers = []
    for k, (one, learnt) in enumerate(zip(asked, tilts, strict=True)):
        told = None if progress is None else _of_all(progress, k, len(asked))
        answers.append(one.answer(learnt, told))
    return answers


def chosen(program: Program, names: Sequence[str]) -> tuple[str, ...]:
    """The priors named, or one line that says which cannot be tilted."""
    known = {prior.name: prior for prior in program.plan.priors}
    allowed = _allowed(program)
    if list(names) == [AUTO]:
        return allowed
    if not any(names):
        raise StackcastError("rare: no priors: allowed: names of priors, such as hardware_life")
    for k, name in enumerate(names):
        if name not in known:
            raise StackcastError(unknown(name, (*allowed, AUTO), "rare"))
        if name in names[:k]:
            raise StackcastError(f"rare = {name}: named twice: allowed: each prior once")
        if name not in allowed:
            listed = ", ".join(allowed[:_LISTED]) + (" ..." if len(allowed) > _LISTED else "")
            why = "fixed" if known[name].quantile.kind == "constant" else "not drawn on its own"
            raise StackcastError(f"rare = {name}: {why}: allowed: priors drawn each on its own ({listed or 'none'})")
    return tuple(names)


def _allowed(program: Program) -> tuple[str, ...]:
    """Priors made from a normal score that is theirs alone."""
    shared = Counter(prior.stream for prior in program.plan.priors)
    return tuple(p.name for p in program.plan.priors if p.quantile.kind in TILTED and shared[p.stream] == 1)


def _no_way(claim: Claim, pilots: int, picked: bool) -> str:
    if any(margin.graded for margin in margins_of(claim.score)):
        if picked:
            return f"no prior stands out in {pilots:,} pilots: allowed: names of priors"
        return f"all of {pilots:,} pilots are equally far from it: allowed: claims that come nearer as figures change"
    return f"met by none of {pilots:,} pilots, and == says not how near one is: allowed: a claim with < <= > >="


def _of_all(progress: Progress, k: int, count: int) -> Progress:
    return lambda done, total: progress(done + k * total, count * total)


@dataclass(frozen=True)
class _Part:
    """What a chunk leaves: trajectories that meet the claim, those without a value, sums of weights of the former."""

    hits: int
    undefined: int
    sums: np.ndarray  # (blocks, 2): of weights, of their squares
    largest: float


@dataclass(frozen=True)
class _Asked:
    """One checked claim and how its runs are made."""

    program: Program
    claim: Claim
    columns: tuple[tuple[str, int], ...]
    trajectories: int
    seed: int
    threads: int
    chunk: int

    @classmethod
    def of(cls, scenario: Scenario, text: str, trajectories: int, seed: int, threads: int, chunk: int | None) -> _Asked:
        prepared = prepare(scenario, [text], ())
        (claim,), (program,) = prepared.claims, prepared.programs
        if claim.kind != "truth":
            raise StackcastError(f"rare: {shorten(text)}: {KINDS[claim.kind]}: allowed: {_ALLOWED}")
        if claim.condition is not None:
            raise StackcastError(f"rare: {shorten(text)}: has a condition after |: allowed: {_ALLOWED}")
        columns = tuple(prepared.columns.pairs)
        size = chunk_for(len(columns)) if chunk is None else chunk
        return cls(unreported(program), claim, columns, trajectories, seed, threads, size)

    def learnt(self, priors: tuple[str, ...], count: int, pick: bool) -> Tilts:
        """The tilt of the priors, or of those of them that matter most."""

        def run(tilts: Tilts, number: int) -> Pilots:
            return self.pilots(tilts, number, count)

        if pick:
            priors = strongest(run, priors, self.claim.score)
        tilts = learn(run, priors, self.claim.score) if priors else None
        if tilts is None:
            raise StackcastError(f"rare: {shorten(self.claim.text)}: {_no_way(self.claim, count, pick)}")
        return tilts

    def pilots(self, tilts: Tilts, number: int, count: int) -> Pilots:
        """A round of pilots of the tilt so far."""
        program, seed = tilted(self.program, tilts), pilot_seed(self.seed, number)
        parts: list[tuple[np.ndarray, ...]] = []

        def look(seen: Sequence[np.ndarray], first: int) -> tuple[np.ndarray, ...]:
            drawn = scores_and_weights(program, seed, first, seen[0].shape[1], count)
            return (*drawn, measured(self.claim.score, seen[0]), self._hits(seen[0])[0])

        watch = Watch(self.columns, look, parts.append)
        simulate_together([program], count, seed, watch, threads=self.threads, chunk=self.chunk)
        return Pilots(*(np.concatenate(arrays, axis=-1) for arrays in zip(*parts, strict=True)))

    def answer(self, tilts: Tilts, progress: Progress | None) -> Answer:
        """The run that counts, and what it says."""
        program = tilted(self.program, tilts)
        total = _Weighed()

        def look(seen: Sequence[np.ndarray], first: int) -> _Part:
            hits, undefined = self._hits(seen[0])
            _, weights = scores_and_weights(program, self.seed, first, len(hits), self.trajectories)
            weights = np.where(hits, weights, 0.0)
            return _Part(int(np.count_nonzero(hits)), undefined, block_sums(weights), float(weights.max()))

        watch = Watch(self.columns, look, total.add)
        simulate_together(
            [program], self.trajectories, self.seed, watch, threads=self.threads, chunk=self.chunk, progress=progress
        )
        return total.answer(self.claim, tilts, self.trajectories)

    def _hits(self, figures: np.ndarray) -> tuple[np.ndarray, int]:
        """Which trajectories meet the claim, and how many have no value; those do not meet it."""
        value, asked, undefined = evaluate_claim(self.claim, figures)
        return value & asked, undefined


class _Weighed:
    """Weights of the trajectories that meet a claim, added block by block in their order."""

    def __init__(self) -> None:
        self.hits = self.undefined = 0
        self.sums = np.zeros(2)
        self.largest = 0.0

    def add(self, part: _Part) -> None:
        self.hits += part.hits
        self.undefined += part.undefined
        for block in part.sums:
            self.sums = self.sums + block
        self.largest = max(self.largest, part.largest)

    def answer(self, claim: Claim, tilts: Tilts, n: int) -> Answer:
        """Weighted probability; its error from the second moment of the weights."""
        plain = Answer(claim.text, "probability", None, None, n, n, self.undefined)
        whole, squares = float(self.sums[0]), float(self.sums[1])
        used = {tilt.name: (tilt.shift, tilt.scale) for tilt in tilts}
        if not squares > 0.0:
            note = f"met by {self.hits:,} of {n:,} trajectories, none of any weight: other priors, or more trajectories"
            return replace(plain, note=note, rare=Rare(self.hits, 0.0, 0.0, used))
        value = whole / n
        error = math.sqrt(max(squares / n - value * value, 0.0) / n)
        found = Rare(self.hits, whole * whole / squares, self.largest / whole, used)
        return replace(plain, value=value, mcse=error, rare=found)
