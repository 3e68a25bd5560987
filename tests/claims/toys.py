"""The toy model as a scenario that can be asked, and its figures by another way: block by block, from replays."""

import functools
from types import SimpleNamespace

import numpy as np

from stackcast.claims.catalogue import catalogue_of
from stackcast.claims.check import check
from stackcast.claims.tally import evaluate_claim
from stackcast.claims.terms import Columns
from stackcast.engine.assembly import build
from stackcast.engine.driver import simulate
from stackcast.engine.replay import replay_block
from tests.engine import toy

SEED = 11
N = 1500


def scenario(quarters=52, start=2023.0, quarterly=()):
    """The toy, if not told otherwise with nothing reported by quarter: asking by quarter then needs rows of its own."""
    return SimpleNamespace(
        mechanisms=toy.MECHANISMS, plan=toy.plan(), start=start, quarters=quarters, switched_off=(),
        outputs=SimpleNamespace(quarterly=quarterly), discount_rate=0.1,
    )  # fmt: skip


@functools.cache
def catalogue():
    return catalogue_of(build(scenario()))


@functools.cache
def sample():
    """Column name -> values of all N trajectories, as a run keeps them."""
    run = simulate(build(scenario()), N, SEED, sample=N)
    return dict(zip(run.sample_columns, run.sample.T, strict=True))


@functools.cache
def history():
    """(row name, quarter) -> values of the first N trajectories, from replays."""
    program = build(scenario(), derive_quarters=True)
    found = np.empty((program.quarters, program.rows, N))
    for first in range(0, N, 256):
        lanes = min(256, N - first)
        for step, table in replay_block(program, SEED, first):
            found[step, :, first : first + lanes] = table[:, :lanes]
    return {name: found[:, row] for name, row in program.names.items()}


def values(text, count=N):
    """(kind, value by trajectory, whether it counts) of a claim, evaluated on the replays of the first trajectories."""
    columns = Columns()
    claim = check(text, catalogue(), columns)
    figures = np.array([history()[row][step][:count] for row, step in columns.pairs]).reshape(len(columns.pairs), count)
    value, counts, _ = evaluate_claim(claim, figures)
    return claim.kind, value, counts


def step(date):
    """Quarter counted from the start of 2023 of 2030.75 or "2030Q4"."""
    if isinstance(date, str):
        date = int(date[:4]) + (int(date[5]) - 1) / 4
    return round((date - 2023) * 4)
