"""No dead parameters: every prior of the baseline moves at least one reported figure."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from stackcast.engine.driver import simulate
from tests.mechanisms.baseline import program

SEED, TRAJECTORIES = 3, 512
SHIFT = 0.5  # of the distribution's range of probabilities: every draw moves, none leaves its support


def shifted(base, name: str):
    """The program with one prior's draws pushed towards its upper half; all other draws as they are."""

    def shift(prior):
        if prior.name != name:
            return prior
        q = prior.quantile
        if q.kind in ("steps", "member"):
            knots = q.knots[:, -1:] if q.kind == "steps" else q.knots[-1:]
            return dataclasses.replace(prior, quantile=dataclasses.replace(q, knots=np.ascontiguousarray(knots)))
        low = q.u_low + SHIFT * (q.u_high - q.u_low)
        return dataclasses.replace(prior, quantile=dataclasses.replace(q, u_low=low))

    plan = dataclasses.replace(base.plan, priors=tuple(shift(prior) for prior in base.plan.priors))
    return dataclasses.replace(base, plan=plan)


@pytest.fixture(scope="module")
def sums():
    return _sums(program())


def _sums(base):
    """Sum of every reported figure."""
    return simulate(base, TRAJECTORIES, SEED, threads=1, sample=0).aggregates.total


DRAWN = [prior.name for prior in program().plan.priors if prior.quantile.kind != "constant"]


@pytest.mark.parametrize("name", DRAWN)
def test_every_prior_moves_a_reported_figure(sums, name):
    moved = _sums(shifted(program(), name))
    assert (np.abs(moved - sums) > 1e-9 * np.abs(sums)).any(), f"{name} moves nothing that is reported"
