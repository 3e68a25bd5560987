"""The cross-entropy method: learning from pilot runs where an event is likelier.

Rubinstein and Kroese 2004, The Cross-Entropy Method, chapter 3. Each round runs the pilots with the tilt so far and
sets mean and standard deviation of every tilted score to those of the elite, the pilots nearest to the claim, each with
its weight: of all products of normal densities that one is closest, in Kullback and Leibler's sense, to the density of
the priors given that the elite's level is reached. A round whose level is no higher than the last has learned what the
priors can give to a tenth; the elite is then the hundredth. The last rounds take those that meet the claim.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..engine.draws import Tilt
from .scores import Score, joined, typical
from .tally import block_sums

PILOTS = 20_000
"""Trajectories of a round."""
ELITE, NARROW = 0.1, 0.01
"""The part of the pilots that are the elite, and the part where a tenth leads no further."""
LEAST = 20
"""An elite of fewer teaches nothing."""
ROUNDS = 12
SMOOTH = 0.8
"""Weight of what a round says beside the tilt it was run with."""
WIDEST = 3.0
"""Standard deviations stay between 1 and this. Narrower than the prior would be nearer to the elite along the way to
the claim, but too narrow across it: where two scores may stand in for each other, a few weights would be huge."""
DIGITS = 2
"""Decimals of a tilt: what is shown is what was used."""

MOST = 8
CLEAR = 4.0
"""Priors that are picked rather than named: how many at most, and how many errors their elite's mean is away from 0."""

Tilts = tuple[Tilt, ...]


@dataclass(frozen=True)
class Pilots:
    """What a round saw: scores of the tilted priors (priors, n), weights (n), margins (comparisons, n), hits (n)."""

    scores: np.ndarray
    weights: np.ndarray
    margins: np.ndarray
    hits: np.ndarray


def pilot_seed(seed: int, number: int) -> int:
    """The seed of a round: a hash, so that no pilot is a trajectory of the run."""
    return int.from_bytes(hashlib.blake2s(f"rare:{seed}:{number}".encode(), digest_size=8).digest(), "little")


def learn(run: Callable[[Tilts, int], Pilots], names: tuple[str, ...], score: Score) -> Tilts | None:
    """The tilt of the named priors that a claim of this score asks for; None where the pilots show no way to it.

    ``run`` gives the pilots of a tilt and a round, counted from 0. A claim that a tenth of the untilted pilots meet
    keeps the standard normal, one that no tilt makes likelier the last tilt that was a step.
    """
    tilts: Tilts = tuple(Tilt(name) for name in names)
    scales: list[float] = []
    part, best, reached = ELITE, (-math.inf, 0), False
    for number in range(ROUNDS):
        pilots = run(tilts, number)
        scales = scales or typical(pilots.margins)
        hits, few = int(np.count_nonzero(pilots.hits)), part * len(pilots.hits)
        if number == 0 and hits >= few:
            return tilts
        level = joined(score, pilots.margins, scales)
        elite = pilots.hits if hits >= few else elite_of(level, part)
        if np.count_nonzero(elite) < LEAST:
            return tilts if number or hits else None
        stuck = hits < few and not _further(best, (float(level[elite].min()), hits))
        if stuck and part == ELITE:
            part = NARROW
            continue
        tilts = updated(tilts, pilots, pilots.hits if stuck and hits >= LEAST else elite)
        if stuck or reached:
            break
        reached = hits >= few
        best = max(best, (float(level[elite].min()), hits))
    return tilts


def strongest(run: Callable[[Tilts, int], Pilots], names: tuple[str, ...], score: Score) -> tuple[str, ...]:
    """The priors whose scores differ most between all pilots and the elite of the first round; none where none do."""
    pilots = run(tuple(Tilt(name) for name in names), 0)
    elite = elite_of(joined(score, pilots.margins, typical(pilots.margins)), ELITE)
    count = np.count_nonzero(elite)
    if count < LEAST:
        return ()
    means = [abs(_sum(np.where(elite, row, 0.0))) / count for row in pilots.scores]
    order = sorted(range(len(names)), key=lambda k: -means[k])[:MOST]
    return tuple(names[k] for k in order if means[k] * math.sqrt(count) > CLEAR)


def _further(best: tuple[float, int], now: tuple[float, int]) -> bool:
    """Whether a round has come nearer: a higher level, or half as many hits again."""
    return now[0] > best[0] or now[1] > max(1.5 * best[1], LEAST)


def elite_of(level: np.ndarray, part: float) -> np.ndarray:
    """Which pilots are among the nearest ``part``; where most are equally near, those that are nearer than they."""
    place = len(level) - max(int(part * len(level)), 1)
    edge = np.partition(level, place)[place]
    elite = level >= edge
    return elite if 2 * np.count_nonzero(elite) <= len(level) else level > edge


def updated(tilts: Tilts, pilots: Pilots, elite: np.ndarray) -> Tilts:
    """The tilt whose mean and standard deviation are those of the elite, smoothed, bounded and rounded."""
    weights = np.where(elite, pilots.weights, 0.0)
    whole = _sum(weights)
    if not whole > 0.0:
        return tilts
    made = []
    for tilt, score in zip(tilts, pilots.scores, strict=True):
        mean = _sum(weights * score) / whole
        spread = math.sqrt(_sum(weights * (score - mean) ** 2) / whole)
        shift = SMOOTH * mean + (1.0 - SMOOTH) * tilt.shift
        scale = min(max(SMOOTH * spread + (1.0 - SMOOTH) * tilt.scale, 1.0), WIDEST)
        made.append(Tilt(tilt.name, round(shift, DIGITS) + 0.0, round(scale, DIGITS)))
    return tuple(made)


def _sum(values: np.ndarray) -> float:
    """A sum in the order of the core's sums: the same bits on every processor."""
    total = 0.0
    for block in block_sums(values)[:, 0]:
        total += float(block)
    return total
