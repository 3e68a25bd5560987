"""Sequential Monte Carlo over parameters: tempered weights, systematic resampling, moves that keep the prior.

A particle is a vector of standard normal scores of the parameters and, for every shock, the number of the trajectory
that it has the shock of. Its likelihood is the weight of that guided run of the core; with parameters and shocks drawn
together, the particles' parameters have the posterior of that weight's mean over shocks (pseudo-marginal: Andrieu and
Roberts 2009, Annals of Statistics 37(2)). A sweep of moves takes the scores block by block, at random, with the shocks
held: preconditioned Crank-Nicolson steps (Cotter et al. 2013, Statistical Science 28(3)), z' = sqrt(1 - b^2) z + b e,
leave the prior unchanged whatever the number of parameters. Then it proposes shock after shock anew with all else held.
Temperatures follow Del Moral, Doucet, Jasra 2006 (JRSS B 68(3)): each stage keeps the effective sample size at half of
the particles.

Every draw is addressed by (seed, particle, purpose): the same particles come from any number of threads, and from a
calibration that was stopped and taken up again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from stackcast.calibrate.arrays import exp, normals, uniforms
from stackcast.errors import StackcastError

Likelihood = Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]
"""Scores (dimensions, n), trajectories whose shocks to use (shocks, n) -> log weights (n), what is kept of runs."""

KEPT_FRACTION = 0.5
BLOCKS = 8
SWEEPS = 2
LAST_SWEEPS = 6
"""Sweeps of a stage, and of the last: what the record says nothing about must be as varied as in the prior again."""
FIRST_STEP = 1.0
WANTED_ACCEPTANCE = 0.4
SMALLEST_STEP, LARGEST_STEP = 0.02, 1.0
BISECTIONS = 60
MOST_STAGES = 60


@dataclass(frozen=True)
class Stage:
    """What a stage did: temperature reached, effective sample size of its weights, parts of the steps and of the fresh
    shocks that were accepted, size of the last step.
    """

    temperature: float
    effective: float
    steps: float
    fresh: float
    step: float


@dataclass(frozen=True)
class Particles:
    """Equally weighted particles at a temperature: scores (dimensions, n), trajectories their shocks are of
    (shocks, n), log weights, kept columns (columns, n), the stages so far.
    """

    scores: np.ndarray
    origins: np.ndarray
    log_weight: np.ndarray
    kept: np.ndarray
    temperature: float = 0.0
    step: float = FIRST_STEP
    stages: tuple[Stage, ...] = field(default=())

    @property
    def count(self) -> int:
        """Number of particles."""
        return self.scores.shape[1]


def trajectories(number: int, count: int) -> np.ndarray:
    """Numbers of the trajectories whose shocks the ``number``-th refreshing proposes: none twice."""
    return float(number) * count + np.arange(count, dtype=float)


def start(names: list[str], likelihood: Likelihood, count: int, seed: int, shocks: int = 1) -> Particles:
    """Particles of the prior."""
    scores = normals(names, "calibrate:start", seed, count)
    origins = np.tile(trajectories(0, count), (shocks, 1))
    log_weight, kept = likelihood(scores, origins)
    if not np.isfinite(log_weight).any():
        raise StackcastError("calibrate: the record rules out every trajectory of the prior: allowed: a wider prior")
    return Particles(scores, origins, log_weight, kept)


def advance(particles: Particles, names: list[str], likelihood: Likelihood, seed: int, end: float = 1.0) -> Particles:
    """One stage nearer to the temperature ``end``: reweigh, resample, move."""
    number = len(particles.stages)
    if number >= MOST_STAGES:
        raise StackcastError(f"calibrate: {MOST_STAGES} stages did not reach temperature {end}: allowed: a smaller one")
    temperature, weights, effective = _next_temperature(particles, end)
    chosen = resample(weights, float(uniforms(f"calibrate:resample:{number}", seed, 1)[0]))
    moved = replace(
        particles, scores=particles.scores[:, chosen], origins=particles.origins[:, chosen], temperature=temperature,
        log_weight=particles.log_weight[chosen], kept=particles.kept[:, chosen],
    )  # fmt: skip
    stepped, refreshed = [], []
    for sweep in range(LAST_SWEEPS if temperature >= end else SWEEPS):
        purpose = f"calibrate:{number}:{sweep}"
        for k, block in enumerate(_blocks(len(names), purpose, seed)):
            moved, rate = _step(moved, names, block, likelihood, seed, f"{purpose}:step:{k}")
            stepped.append(rate)
        fresh = trajectories(1 + number * LAST_SWEEPS + sweep, particles.count)
        for shock in range(particles.origins.shape[0]):
            moved, rate = _refresh(moved, shock, fresh, likelihood, seed, f"{purpose}:fresh:{shock}")
            refreshed.append(rate)
    stage = Stage(temperature, effective, float(np.mean(stepped)), float(np.mean(refreshed)), moved.step)
    return replace(moved, stages=(*particles.stages, stage))


def _blocks(dimensions: int, purpose: str, seed: int) -> list[np.ndarray]:
    """A random partition of the dimensions, the same for all particles."""
    order = np.argsort(uniforms(f"{purpose}:blocks", seed, dimensions), kind="stable")
    return np.array_split(order, min(BLOCKS, dimensions))


def _weights(log_weight: np.ndarray) -> np.ndarray:
    finite = np.where(np.isfinite(log_weight), log_weight, -np.inf)
    weights = exp(finite - finite.max())
    return weights / math.fsum(weights)


def effective_size(weights: np.ndarray) -> float:
    """Kish's effective sample size of weights that sum to one."""
    return 1.0 / math.fsum(weights * weights)


def _next_temperature(particles: Particles, end: float) -> tuple[float, np.ndarray, float]:
    """The temperature at which half of the particles are left in effect, ``end`` at most."""
    wanted = KEPT_FRACTION * particles.count

    def at(temperature: float) -> tuple[np.ndarray, float]:
        weights = _weights((temperature - particles.temperature) * particles.log_weight)
        return weights, effective_size(weights)

    weights, effective = at(end)
    if effective >= wanted:
        return end, weights, effective
    low, high = particles.temperature, end
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if at(middle)[1] >= wanted else (low, middle)
    return low, *at(low)


def resample(weights: np.ndarray, u: float, count: int | None = None) -> np.ndarray:
    """Indices drawn systematically (Carpenter, Clifford, Fearnhead 1999): each weight's share of ``count``, to one."""
    count = len(weights) if count is None else count
    edges = np.cumsum(weights)
    return np.minimum(np.searchsorted(edges / edges[-1], (np.arange(count) + u) / count), len(weights) - 1)


def _step(
    particles: Particles, names: list[str], block: np.ndarray, likelihood: Likelihood, seed: int, purpose: str
) -> tuple[Particles, float]:
    """Propose other scores of a block; the size of the next step follows the acceptance."""
    step = particles.step
    proposed = particles.scores.copy()
    fresh = normals([names[k] for k in block], purpose, seed, particles.count)
    proposed[block] = math.sqrt(1.0 - step * step) * proposed[block] + step * fresh
    moved, rate = _accept(particles, proposed, particles.origins, likelihood, seed, purpose)
    wider = min(max(step * (1.0 + 0.5 * (rate - WANTED_ACCEPTANCE)), SMALLEST_STEP), LARGEST_STEP)
    return replace(moved, step=wider), rate


def _refresh(
    particles: Particles, shock: int, fresh: np.ndarray, likelihood: Likelihood, seed: int, purpose: str
) -> tuple[Particles, float]:
    """Propose another trajectory's draws of one shock."""
    origins = particles.origins.copy()
    origins[shock] = fresh
    return _accept(particles, particles.scores, origins, likelihood, seed, purpose)


def _accept(
    particles: Particles, scores: np.ndarray, origins: np.ndarray, likelihood: Likelihood, seed: int, purpose: str
) -> tuple[Particles, float]:
    log_weight, kept = likelihood(scores, origins)
    ratio = particles.temperature * (log_weight - particles.log_weight)
    chance = exp(np.minimum(np.where(np.isfinite(ratio), ratio, -np.inf), 0.0))
    accept = uniforms(f"{purpose}:accept", seed, particles.count) < chance
    same = scores is particles.scores  # and stays so: the likelihood knows the array's parameters
    moved = replace(
        particles, scores=scores if same else np.where(accept, scores, particles.scores),
        origins=np.where(accept, origins, particles.origins),
        log_weight=np.where(accept, log_weight, particles.log_weight), kept=np.where(accept, kept, particles.kept),
    )  # fmt: skip
    return moved, float(np.count_nonzero(accept)) / particles.count
