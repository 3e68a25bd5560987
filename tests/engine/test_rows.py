"""What a loop gets under each name: this quarter, last quarter, the start, a mechanism that is off."""

import numpy as np
import pytest

from stackcast.engine.assembly import assemble
from stackcast.engine.declare import NEVER, Loop, Mechanism, Row
from stackcast.engine.draws import DrawPlan, PriorDraw, Quantile, draw_values
from stackcast.engine.replay import replay
from tests.engine import reference, toy

PLAN = DrawPlan((PriorDraw("rate", "prior:rate", Quantile("uniform", 0.0, 1.0)),))
ROW = Row("1", "stock", "", "ratio")


def rows_of(*mechanisms, trajectory=0, seed=1, quarters=6, **settings):
    return replay(assemble(mechanisms, PLAN, quarters=quarters, **settings), trajectory, seed)


def count_up(last_x):
    return (last_x + 1.0,)


def copy(x):
    return (x,)


def both(x, last_x):
    return x, last_x


COUNTER = toy.single(count_up, name="counter", carries={"x": 10.0})


def test_a_row_updated_in_place_holds_last_quarter_before_its_loop():
    assert rows_of(COUNTER)["x"].tolist() == [11, 12, 13, 14, 15, 16]


def test_last_quarter_of_a_row_already_written_this_quarter():
    follower = Mechanism(
        "follower", "", (Loop(both, ("now", "then")),), {"now": ROW, "then": ROW}, reads=("x",), carries={"x": None}
    )
    rows = rows_of(COUNTER, follower)
    assert rows["now"].tolist() == [11, 12, 13, 14, 15, 16]
    assert rows["then"].tolist() == [10, 11, 12, 13, 14, 15]


def test_last_quarter_of_a_row_written_later_this_quarter():
    early = toy.single(lambda last_x: (last_x,), name="early", writes="then", carries={"x": None})
    assert rows_of(early, COUNTER)["then"].tolist() == [10, 11, 12, 13, 14, 15]


def test_last_quarter_within_the_mechanism_that_writes_the_row():
    loops = (Loop(count_up, ("x",)), Loop(both, ("now", "then")))
    rows = rows_of(Mechanism("own", "", loops, {"x": ROW, "now": ROW, "then": ROW}, carries={"x": 10.0}))
    assert (rows["now"] - rows["then"]).tolist() == [1.0] * 6


def test_a_second_writer_sees_the_end_of_last_quarter_not_the_first_writer():
    halve = toy.single(lambda last_x: (0.5 * last_x,), name="halve", writes="x", carries={"x": 10.0})
    # 10 -> 11 by the first writer, then 0.5 * 10 by the second; next quarter both start from 5.
    rows = rows_of(COUNTER, halve)
    assert rows["x"].tolist() == [5.0, 2.5, 1.25, 0.625, 0.3125, 0.15625]


def test_a_second_writer_that_reads_the_row_continues_the_first():
    halve = toy.single(lambda x: (0.5 * x,), name="halve", writes="x", reads=("x",))
    assert rows_of(COUNTER, halve)["x"].tolist() == [5.5, 3.25, 2.125, 1.5625, 1.28125, 1.140625]


def test_a_reader_between_two_writers_sees_the_first():
    halve = toy.single(lambda x: (0.5 * x,), name="halve", writes="x", reads=("x",))
    between = toy.single(copy, name="between", writes="seen", reads=("x",))
    after = toy.single(copy, name="after", writes="final", reads=("x",))
    rows = rows_of(COUNTER, between, halve, after)
    assert rows["seen"].tolist() == [11.0, 6.5, 4.25, 3.125, 2.5625, 2.28125]
    assert rows["final"].tolist() == (rows["seen"] / 2.0).tolist()


def test_a_row_starts_from_its_prior():
    grow = toy.single(count_up, name="grow", carries={"x": "rate"}, priors={"rate": "1"})
    for trajectory in (0, 1, 300):
        rate = draw_values(PLAN, 1, trajectory, 1)["rate"][0]
        np.testing.assert_allclose(rows_of(grow, trajectory=trajectory)["x"], rate + np.arange(1, 7), rtol=1e-15)


def test_a_loop_at_the_start_runs_once_and_may_start_a_row():
    loops = (Loop(lambda rate: (100.0 * rate,), ("base",), when="start"), Loop(count_up, ("x",)))
    grow = Mechanism("grow", "", loops, {"base": ROW, "x": ROW}, {"rate": "1"}, carries={"x": "base"})
    rows = rows_of(grow)
    rate = draw_values(PLAN, 1, 0, 1)["rate"][0]
    assert (rows["base"] == 100.0 * rate).all()
    np.testing.assert_allclose(rows["x"], 100.0 * rate + np.arange(1, 7), rtol=1e-15)


@pytest.mark.parametrize("neutral", [{"x": 3.5}, {"x": "rate"}])
def test_a_mechanism_that_is_off_is_held_at_its_neutral_value(neutral):
    off = toy.single(count_up, name="off", carries={"x": 10.0}, neutral=neutral)
    use = Mechanism("use", "", (Loop(both, ("now", "then")),), {"now": ROW, "then": ROW}, reads=("x",),
                    carries={"x": None})  # fmt: skip
    rows = rows_of(use, switched_off=[off])
    value = 3.5 if neutral["x"] == 3.5 else draw_values(PLAN, 1, 0, 1)["rate"][0]
    assert (rows["now"] == value).all()
    assert (rows["then"] == value).all()


def test_without_a_neutral_value_the_start_is_held():
    use = toy.single(copy, name="use", writes="seen", reads=("x",))
    assert (rows_of(use, switched_off=[COUNTER])["seen"] == 10.0).all()


def test_a_row_of_a_mechanism_that_is_off_can_have_another_writer():
    off = toy.single(lambda x: (x,), name="off", writes="x", reads=("x",), neutral={"x": -1.0})
    use = toy.single(copy, name="use", writes="seen", reads=("x",))
    assert rows_of(COUNTER, use, switched_off=[off])["seen"].tolist() == [11, 12, 13, 14, 15, 16]


def test_the_clock_shows_the_start_of_the_quarter():
    rows = rows_of(toy.single(lambda year: (year,), name="clock"), start=2024.25, quarters=3)
    assert rows["x"].tolist() == [2024.25, 2024.5, 2024.75]


def test_an_event_keeps_its_first_date():
    happen = toy.single(
        lambda year, last_x: (min(last_x, year if year > 2023.6 else NEVER),), name="event", kind="event",
        report="event", carries={"x": NEVER},
    )  # fmt: skip
    assert rows_of(happen)["x"].tolist() == [NEVER, NEVER, NEVER, 2023.75, 2023.75, 2023.75]


def test_each_quarter_has_its_own_shock_and_each_reader_the_same():
    a, b = (toy.single(lambda news: (news,), name=name, writes=name, shocks={"news": "normal"}) for name in ("a", "b"))
    rows = rows_of(a, b, quarters=7)
    np.testing.assert_array_equal(rows["a"], rows["news"])
    np.testing.assert_array_equal(rows["b"], rows["news"])
    assert len(set(rows["a"])) == 7


@pytest.mark.parametrize("trajectory", [0, 255, 256, 1000])
def test_the_toy_agrees_with_its_numpy_twin(trajectory):
    rows = replay(toy.standard(), trajectory, 17)
    twin = reference.simulate(17, 1, first=trajectory)
    for name, values in twin.items():
        np.testing.assert_allclose(rows[name], values[:, 0], rtol=1e-9, atol=1e-11, err_msg=name)


def test_an_unused_prior_changes_no_row():
    more = toy.program(draws=toy.plan(unused=Quantile("normal", 0.0, 1.0)))
    plain, other = replay(toy.standard(), 5, 17), replay(more, 5, 17)
    for name in plain:
        np.testing.assert_array_equal(plain[name], other[name])


def test_an_extra_mechanism_with_its_own_shock_changes_no_other_row():
    extra = toy.single(lambda gust: (gust,), name="extra", writes="gust_seen", shocks={"gust": "normal"})
    plain, other = replay(toy.standard(), 5, 17), replay(toy.program((*toy.MECHANISMS, extra)), 5, 17)
    for name in plain:
        np.testing.assert_array_equal(plain[name], other[name])
