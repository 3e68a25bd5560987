"""Loops merged into passes give what they give one by one, and every row is still there."""

from __future__ import annotations

import numpy as np
import pytest

from stackcast.engine.intrinsics import JIT
from stackcast.engine.lanes import PASS_INPUTS, PASS_OUTPUTS, BoundLoop, compile_pass, merge, wire

LANES = 64


def double(x):
    return (2.0 * x,)


def mix(x, y):
    return x + y, x * y


def less(x, y):
    return (x - y,)


def starred(x, *others):
    return x - others[0] * others[1], others[1]


def leaning(x, y, weight=0.25):
    return (x + weight * y,)


def same(*rows):
    return tuple((row, row) for row in rows)


def bound(body, reads, written, cached=True):
    return BoundLoop("test", body.__name__, body, reads, written, cached)


def run(passes, table, parity=0):
    for one in passes:
        one.function(table, np.array(one.rows[parity], dtype=np.int64), parity)
    return table


def both_ways(loops, rows=12, parity=0):
    """The table after merged passes, and after every loop alone."""
    start = np.random.default_rng(4).uniform(1.0, 2.0, (rows, LANES))
    merged = run([compile_pass(loops)] if JIT else merge(loops)[0], start.copy(), parity)
    return merged, run([compile_pass([loop]) for loop in loops], start.copy(), parity)


def test_a_value_written_is_the_value_read_by_the_next_loop():
    merged, alone = both_ways(
        [bound(double, same(0), (1,)), bound(mix, same(1, 2), (3, 4)), bound(less, same(4, 1), (5,))]
    )
    assert np.array_equal(merged, alone)
    assert np.array_equal(merged[5], merged[1] * merged[2] - merged[1])


def test_a_row_updated_in_place_is_read_before_and_after():
    # Row 0 holds last quarter's value for the first loop and this quarter's for the third.
    loops = [bound(double, same(0), (1,)), bound(mix, same(0, 2), (0, 3)), bound(less, same(0, 1), (4,))]
    merged, alone = both_ways(loops)
    assert np.array_equal(merged, alone)


def test_a_row_written_twice_keeps_the_last_value():
    merged, alone = both_ways(
        [bound(double, same(0), (1,)), bound(less, same(1, 0), (1,)), bound(double, same(1), (2,))]
    )
    assert np.array_equal(merged, alone)


def test_one_row_may_be_read_twice_by_one_loop():
    merged, alone = both_ways([bound(mix, same(0, 0), (0, 1)), bound(less, same(0, 0), (2,))])
    assert np.array_equal(merged, alone)


def test_shocks_alternate_between_their_rows():
    loops = [bound(mix, ((0, 7), (1, 1)), (2, 3)), bound(less, ((0, 7), (2, 2)), (4,))]
    for parity in (0, 1):
        merged, alone = both_ways(loops, parity=parity)
        assert np.array_equal(merged, alone)
    even, odd = both_ways(loops, parity=0)[0], both_ways(loops, parity=1)[0]
    assert not np.array_equal(even[2], odd[2])


def test_limits_and_code_that_is_not_kept_break_passes():
    many = [bound(double, same(k), (100 + k,)) for k in range(3 * PASS_OUTPUTS)]
    (passes,) = merge(many)
    assert sum(len(one.loops) for one in passes) == len(many)
    if JIT:
        assert len(passes) == 3
        assert all(len(wire(one.loops).inputs) <= PASS_INPUTS for one in passes)
        (mine,) = merge([bound(double, same(0), (1,)), bound(double, same(1), (2,), cached=False)])
        assert len(mine) == 2


@pytest.mark.skipif(not JIT, reason="nothing is merged")
def test_code_of_a_user_splits_one_pass_and_moves_no_other():
    many = [bound(double, same(k), (100 + k,)) for k in range(3 * PASS_OUTPUTS)]
    mine = [bound(double, same(k), (1000 + k,), cached=False) for k in range(2)]
    at = PASS_OUTPUTS + 4
    (passes,) = merge([*many[:at], *mine, *many[at:]])
    assert [len(one.loops) for one in passes] == [PASS_OUTPUTS, 4, 2, PASS_OUTPUTS - 4, PASS_OUTPUTS]
    assert [loop for one in passes for loop in one.loops] == [*many[:at], *mine, *many[at:]]


def talking(x):
    if x > 1.9:
        print("large")
    return (x,)


def test_a_body_may_print(capfd):
    run([compile_pass([bound(talking, same(0), (1,), cached=False)])], np.full((2, 1), 1.95))
    assert "large" in capfd.readouterr().out


def listing(x, y):
    return (max([x, y]) + np.array([x, y]).sum(),)


def test_a_body_may_make_a_list_and_an_array():
    table = np.stack([np.full(2, 1.0), np.full(2, 3.0), np.zeros(2)])
    run([compile_pass([bound(listing, same(0, 1), (2,), cached=False)])], table)
    assert table[2].tolist() == [7.0, 7.0]


def test_a_body_may_have_a_starred_parameter_and_defaults():
    loops = [bound(starred, same(0, 1, 2), (3, 4)), bound(leaning, same(3, 4), (5,))]
    merged, alone = both_ways(loops)
    x, y, z = merged[:3]
    assert np.array_equal(merged, alone)
    assert np.array_equal(merged[3:6], [x - y * z, z, (x - y * z) + 0.25 * z])
