"""A value that is not finite ends the run with the mechanism, row, quarter and first trajectory at fault."""

import numpy as np
import pytest

from stackcast.aggregate import derived
from stackcast.engine.declare import NEVER
from stackcast.engine.driver import simulate
from stackcast.errors import NumericalError
from tests.engine import toy
from tests.engine.faults import first_struck, logarithm_at_the_start, overflow, planted, with_dice

SEED, TRAJECTORIES = 9, 3000
FIRST = first_struck(toy.plan(), SEED, TRAJECTORIES)
PLAN = with_dice(toy.plan())


def complaint(program, trajectories=TRAJECTORIES, **settings):
    with pytest.raises(NumericalError) as caught:
        simulate(program, trajectories, SEED, **settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_dice_strike_in_the_middle_of_a_later_block():
    assert FIRST % 256 > 0  # else the tests below could not tell a block from a trajectory


@pytest.mark.parametrize("position", range(len(toy.MECHANISMS)))
def test_log_of_minus_one_is_traced_to_each_mechanism_in_turn(position):
    mechanisms, row = planted(toy.MECHANISMS, position)
    text = complaint(toy.program(mechanisms, PLAN))
    name = toy.MECHANISMS[position].name
    assert text == (
        f"mechanism '{name}': logarithm_of_minus_one wrote '{row}' = nan in 2026Q2 of trajectory {FIRST}: "
        "rows must be finite"
    )


@pytest.mark.parametrize("position", [0, 3])
def test_a_fault_at_the_start_is_traced(position):
    mechanisms, row = planted(toy.MECHANISMS, position, logarithm_at_the_start)
    text = complaint(toy.program(mechanisms, PLAN))
    assert f"'{toy.MECHANISMS[position].name}': logarithm_at_the_start wrote '{row}' = nan" in text
    assert f"in 2023Q1 of trajectory {FIRST}" in text


def test_an_infinity_is_caught_like_a_nan():
    mechanisms, row = planted(toy.MECHANISMS, 2, overflow)
    assert f"wrote '{row}' = inf in 2026Q2 of trajectory {FIRST}" in complaint(toy.program(mechanisms, PLAN))


def test_a_fault_in_a_yearly_figure_is_traced(monkeypatch):
    from stackcast.engine.vecmath import log

    monkeypatch.setattr(derived, "_margin", lambda profit, revenue: (log(-1.0 - revenue * revenue) + profit,))
    text = complaint(toy.program())
    assert text.startswith("mechanism 'yearly figures': <lambda> wrote 'year:gross_margin_foundry' = nan in 2023Q4")


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_the_same_trajectory_is_named_for_any_threads(threads):
    mechanisms, _ = planted(toy.MECHANISMS, 1)
    program = toy.program(mechanisms, PLAN)
    assert f"trajectory {FIRST}:" in complaint(program, 20_000, threads=threads, chunk=256)


def test_a_fault_beyond_the_last_trajectory_does_not_end_the_run():
    # The last block is computed whole; lanes that were not asked for must not matter.
    mechanisms, _ = planted(toy.MECHANISMS, 1)
    program = toy.program(mechanisms, PLAN)
    assert simulate(program, FIRST, SEED).aggregates.n == FIRST
    assert f"trajectory {FIRST}:" in complaint(program, FIRST + 1)


def test_a_run_that_ends_within_a_year_is_checked_at_its_end():
    mechanisms, _ = planted(toy.MECHANISMS, 1)
    program = toy.program(mechanisms, PLAN, quarters=14)  # the fault begins in the last quarter
    assert f"in 2026Q2 of trajectory {FIRST}" in complaint(program)
    assert simulate(toy.program(mechanisms, PLAN, quarters=13), TRAJECTORIES, SEED).aggregates.n == TRAJECTORIES


def test_a_fault_in_a_row_that_nothing_reports_is_caught():
    mechanisms, row = planted(toy.MECHANISMS, 0, logarithm_at_the_start)
    assert row == "volatility"
    assert toy.MECHANISMS[0].writes[row].report is None
    complaint(toy.program(mechanisms, PLAN))


def test_never_is_finite():
    assert np.isfinite(NEVER)
    assert simulate(toy.standard(), TRAJECTORIES, SEED).aggregates.n == TRAJECTORIES


def test_a_failed_run_leaves_no_thread_behind():
    import threading

    before = set(threading.enumerate())
    mechanisms, _ = planted(toy.MECHANISMS, 1)
    complaint(toy.program(mechanisms, PLAN), 50_000, threads=3, chunk=256)
    assert set(threading.enumerate()) == before
