"""A NaN planted in any mechanism of the baseline is found and named, with its row, quarter and first trajectory."""

from __future__ import annotations

import pytest

from stackcast.engine.driver import simulate
from stackcast.engine.program import assemble
from stackcast.errors import NumericalError
from tests.engine.faults import first_struck, planted, with_dice
from tests.mechanisms.baseline import scenario

SEED, TRAJECTORIES = 9, 1500


@pytest.mark.parametrize("position", range(len(scenario().mechanisms)))
def test_log_of_minus_one_is_traced_to_each_mechanism_in_turn(position):
    chosen = scenario()
    mechanisms, row = planted(chosen.mechanisms, position)
    program = assemble(mechanisms, with_dice(chosen.plan), start=chosen.start, quarters=chosen.quarters)
    first = first_struck(chosen.plan, SEED, TRAJECTORIES)
    with pytest.raises(NumericalError) as caught:
        simulate(program, TRAJECTORIES, SEED)
    text = str(caught.value)
    assert f"mechanism {chosen.mechanisms[position].name!r}: logarithm_of_minus_one wrote {row!r} = nan" in text
    assert f"of trajectory {first}:" in text
