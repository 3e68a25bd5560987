"""`stackcast profile`: every part has its figure; how long anything takes is not tested."""

import json

import numpy as np
import pytest

from stackcast import load_scenario
from stackcast.engine.assembly import build
from stackcast.engine.driver import simulate
from stackcast.engine.intrinsics import JIT
from stackcast.engine.profile import PartByPart, Watch
from stackcast.engine.profile import profile as measure
from tests.cli.processes import BASELINE
from tests.engine import toy

pytestmark = pytest.mark.skipif(not JIT, reason="nothing is timed without the compiler")
KEYS = ["mechanism", "kind", "microseconds", "low", "high", "share"]


@pytest.fixture(scope="module")
def scenario():
    return load_scenario(BASELINE)


def test_every_mechanism_and_part_has_a_figure(here, scenario):
    done = here("profile", BASELINE, "--trajectories", "1024", "--seed", "3", "--json", "--quiet")
    assert (done.code, done.err) == (0, "")
    rows = json.loads(done.out)
    assert all(list(row) == KEYS for row in rows)
    assert all(row["microseconds"] > 0.0 for row in rows)
    assert all(row["low"] <= row["microseconds"] <= row["high"] for row in rows)
    assert [row["mechanism"] for row in rows if row["kind"] == "mechanism"] == [m.name for m in scenario.mechanisms]
    engine = {row["mechanism"] for row in rows if row["kind"] == "engine"}
    assert {"draws of parameters", "draws of shocks", "figures derived by year and quarter"} <= engine
    assert {f"aggregation: {what}" for what in ("bins", "moments", "counts")} <= engine
    assert [row["kind"] for row in rows[-2:]] == ["sum", "run"]
    assert sum(row["share"] for row in rows[:-2]) == pytest.approx(1.0)


def test_the_table_says_what_it_is_and_which_scenario(here, scenario):
    done = here("profile", BASELINE, "--trajectories", "256")
    assert done.code == 0
    assert scenario.hash() in done.out
    assert "sum of the parts" in done.out
    assert "need not equal the sum" in done.out
    assert done.err == "baseline: 15 rounds of 256 trajectories\n"


def test_what_is_timed_is_the_run(scenario):
    """Part by part gives the run's own counts, over more blocks than its buffer of bins holds."""
    program = build(scenario)
    parts = PartByPart(program, 33, 5)
    parts.round()
    result = simulate(program, 33 * 256, 5, sample=0)
    assert np.array_equal(parts.counts, result.aggregates.counts)


def test_any_program_has_a_profile_of_whole_blocks():
    found = measure(toy.program(), 300, 1, rounds=2)
    assert (found.trajectories, found.rounds) == (512, 2)
    names = [part.name for part in found.parts if part.kind == "mechanism"]
    assert names == [mechanism.name for mechanism in toy.MECHANISMS]


def test_idle_calls_are_taken_off():
    watch = Watch()
    watch.idle += [90, 100, 5_000_000]
    watch.nanoseconds["a"], watch.calls["a"] = 10_000, 10
    assert watch.microseconds("a") == pytest.approx(9.0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--trajectories", "0"], "--trajectories = 0: allowed: a whole number from 1 to 100000"),
        (["--seed", "x"], "--seed = x: allowed: a whole number"),
        (["--threads", "2"], "--threads: unknown option"),
    ],
)
def test_bad_options_are_one_line(here, options, said):
    done = here("profile", BASELINE, *options)
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1
