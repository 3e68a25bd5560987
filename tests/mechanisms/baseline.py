"""The baseline as arrays: rows of many trajectories, with priors held where a test wants them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from stackcast.engine.assembly import build
from stackcast.engine.draws import PriorDraw, Quantile
from stackcast.engine.program import Program
from stackcast.engine.replay import replay_block
from stackcast.scenario import load_scenario

BASELINE = Path(__file__).parents[2] / "configs" / "baseline.toml"
LANES = 256


@functools.cache
def scenario():
    """The shipped baseline."""
    return load_scenario(BASELINE)


@functools.cache
def program() -> Program:
    """The baseline's program."""
    return build(scenario())


def holding(values: Mapping[str, float], base: Program | None = None) -> Program:
    """The program with some priors held at one value; every other draw stays as it is."""
    base = base or program()
    unknown = set(values) - {prior.name for prior in base.plan.priors}
    assert not unknown, unknown

    def held(prior: PriorDraw) -> PriorDraw:
        if prior.name not in values:
            return prior
        value = float(values[prior.name])
        return PriorDraw(prior.name, prior.stream, Quantile("uniform", value, value))

    plan = dataclasses.replace(base.plan, priors=tuple(held(prior) for prior in base.plan.priors))
    return dataclasses.replace(base, plan=plan)


def rows(base: Program, names: Iterable[str], n: int = 512, seed: int = 11) -> dict[str, np.ndarray]:
    """Rows of ``n`` trajectories, as arrays of quarters by trajectories."""
    names = tuple(names)
    found = {name: np.empty((base.quarters, n)) for name in names}
    for first in range(0, n, LANES):
        for step, table in replay_block(base, seed, first):
            for name in names:
                found[name][step, first : first + LANES] = table[base.names[name]]
    return found


def significant(difference: np.ndarray, errors: float = 5.0) -> bool:
    """Do paired differences have one sign, that many standard errors from none?

    Signs, because a few large trajectories would drown a mean in money.
    """
    signs = np.sign(difference)
    error = signs.std(ddof=1) / np.sqrt(signs.size)
    return bool(signs.any()) and bool(abs(signs.mean()) > errors * error)
