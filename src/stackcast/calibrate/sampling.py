"""Stage after stage to the posterior, with a checkpoint after each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stackcast.calibrate import checkpoint, smc
from stackcast.calibrate.conditioning import Target
from stackcast.errors import StackcastError

FEWEST_PARTICLES = 64

Progress = Callable[[int, int], None]


def sample(
    target: Target,
    count: int,
    seed: int,
    temperature: float = 1.0,
    progress: Progress | None = None,
    resume: Path | None = None,
    key: str = "",
) -> tuple[smc.Particles, smc.Particles]:
    """Particles of the posterior and of the prior (guided, unweighted)."""
    if count < FEWEST_PARTICLES:
        raise StackcastError(f"-n = {count}: allowed: {FEWEST_PARTICLES} or more particles")
    names = list(target.names)
    prior = smc.start(names, target.likelihood, count, seed, target.shocks)
    found = (checkpoint.load(resume, key) if resume is not None else None) or prior
    while found.temperature < temperature:
        found = smc.advance(found, names, target.likelihood, seed, temperature)
        if resume is not None:
            checkpoint.save(resume, key, found)
        if progress is not None:
            progress(round(100 * found.temperature), round(100 * temperature))
    return found, prior
