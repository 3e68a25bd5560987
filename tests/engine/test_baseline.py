"""What the engine promises, on the real baseline."""

import functools

import pytest

from stackcast.engine.assembly import assemble
from stackcast.engine.driver import simulate
from stackcast.engine.program import Program
from stackcast.errors import NumericalError
from stackcast.mechanisms import MECHANISMS
from stackcast.scenario import Scenario, load_scenario
from tests.engine.digests import assert_one_digest
from tests.engine.faults import first_struck, planted, with_dice
from tests.engine.run_case import ROOT, program_of

TRAJECTORIES, SEED = 9000, 5  # two chunks of at most the default size, the last block a partial one


@functools.cache
def scenario() -> Scenario:
    return load_scenario(ROOT / "configs" / "baseline.toml")


@functools.cache
def program() -> Program:
    return program_of("baseline")


def test_one_digest_for_all_threads_chunks_and_orders():
    digest = assert_one_digest(program(), TRAJECTORIES, SEED)
    assert simulate(program(), TRAJECTORIES - 256, SEED).aggregates.digest() != digest
    assert simulate(program(), TRAJECTORIES, SEED + 1).aggregates.digest() != digest


def test_the_first_trajectories_stay_when_the_number_grows():
    small, large = (simulate(program(), n, SEED, sample=n).sample for n in (500, 1000))
    assert small.tobytes() == large[:500].tobytes()


@pytest.mark.parametrize("position", range(len(MECHANISMS)))
def test_log_of_minus_one_is_traced_to_each_mechanism_in_turn(position):
    mechanisms = scenario().mechanisms
    if position >= len(mechanisms):
        pytest.skip("the baseline runs fewer mechanisms than there are")
    plan = scenario().plan
    first = first_struck(plan, SEED, 3000)
    broken, row = planted(mechanisms, position)
    faulty = assemble(broken, with_dice(plan), start=scenario().start, quarters=scenario().quarters)
    with pytest.raises(NumericalError) as caught:
        simulate(faulty, first + 1, SEED)
    assert str(caught.value).startswith(
        f"mechanism '{mechanisms[position].name}': logarithm_of_minus_one wrote '{row}' = nan in 2026Q2 "
        f"of trajectory {first}:"
    )
