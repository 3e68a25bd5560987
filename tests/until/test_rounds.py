"""Sizes of rounds and when they end, on made-up errors: no trajectory is drawn here."""

import json
import math
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackcast.until import Goal, at_least, at_most, carry_on, distance, missed, next_size, read, recorded
from stackcast.until.sizes import DOUBLING, LEAST, STEP

TARGET = read("se(size @ 2030) <= 0.01")
OTHER = read("rse(mood @ 2030) <= 1%")


def drawing(error, flag=False, value=2.0):
    """A draw whose figures have this error at a size; it keeps the sizes that it was asked for."""

    def draw(n):
        draw.sizes.append(n)
        statistic = SimpleNamespace(name="mean", value=value, mcse=error(n), tail_flag=flag)
        return SimpleNamespace(n=n, cells=SimpleNamespace(statistics=lambda number: [statistic]))

    draw.sizes = []
    return draw


def root(deviation):
    return lambda n: deviation / math.sqrt(n)


def test_first_round_ends_the_run_when_it_is_good_enough():
    draw = drawing(root(1.0))
    drawn, course = carry_on(Goal((TARGET,), 65_536, 10**8), draw)
    assert draw.sizes == [65_536]
    assert (drawn.n, course.met, course.repeated) == (65_536, True, 0.0)


def test_second_round_has_the_size_that_the_first_predicts_and_ends_the_run():
    draw = drawing(root(5.0))  # needs 250,000
    _, course = carry_on(Goal((TARGET,), 65_536, 10**8), draw)
    assert draw.sizes == [65_536, at_least(1.1 * 250_000)]
    assert course.met
    assert course.repeated == pytest.approx(65_536 / 278_528)


def test_all_targets_must_hold():
    draw = drawing(root(5.0), value=1e-3)  # the relative one is the harder
    _, course = carry_on(Goal((TARGET, OTHER), 65_536, 10**7), draw)
    assert draw.sizes[-1] == at_most(10**7)
    assert not course.met
    assert [found.met for found in course.rounds[-1].looks] == [True, False]
    assert len(missed(course)) == 1


def test_small_rounds_never_end_a_run_however_small_their_error():
    draw = drawing(lambda n: 0.0)
    _, course = carry_on(Goal((TARGET,), 4096, 10**8), draw)
    assert draw.sizes == [4096, LEAST]
    assert course.met


def test_small_run_is_not_met():
    _, course = carry_on(Goal((TARGET,), 4096, 8192), drawing(lambda n: 0.0))
    assert [one.n for one in course.rounds] == [4096, 8192]
    assert not course.met


@pytest.mark.parametrize("error", [lambda n: 0.02, lambda n: math.inf, lambda n: math.nan])
def test_error_that_does_not_fall_ends_at_the_largest_size(error):
    draw = drawing(error)
    _, course = carry_on(Goal((TARGET,), 16_384, 1_000_000), draw)
    assert draw.sizes[-1] == at_most(1_000_000) == 999_424
    assert not course.met
    assert "not reached with 999,424 trajectories, the most allowed" in missed(course)[0]


def test_error_that_is_not_believed_goes_on_and_is_said():
    draw = drawing(root(0.001), flag=True)
    goal = Goal((TARGET,), 16_384, 100_000)
    lines = []
    _, course = carry_on(goal, draw, lambda done: lines.append(distance(goal, done)))
    assert draw.sizes == [16_384, at_least(4.4 * 16_384), at_most(100_000)]
    assert not course.met
    assert all(
        "the target, and not to be believed (heavy tail; a median's is)" in line for line in [*lines, *missed(course)]
    )


def test_line_after_a_round_says_how_far_the_worst_target_is():
    goal = Goal((TARGET, OTHER), 65_536, 10**8)
    lines = []
    carry_on(goal, drawing(root(5.0)), lambda done: lines.append(distance(goal, done)))
    assert lines == [
        "65,536 trajectories: 1 of 2 targets hold; error 0.0195 in se(size @ 2030) <= 0.01: 1.95 times the target; "
        "next 278,528",
        "278,528 trajectories: 2 of 2 targets hold; error 0.00947 in se(size @ 2030) <= 0.01: 0.947 times the target",
    ]
    alone = Goal((TARGET,), 65_536, 10**8)
    carry_on(alone, drawing(root(1.0)), lambda done: lines.append(distance(alone, done)))
    assert lines[-1].startswith("65,536 trajectories: the target holds; error 0.00391 in")
    carry_on(alone, drawing(root(5.0)), lambda done: lines.append(distance(alone, done)))
    assert lines[-2].startswith("65,536 trajectories: the target does not hold; error 0.0195 in")


def test_record_is_json_and_has_the_errors_of_every_round():
    _, course = carry_on(Goal((TARGET, OTHER), 65_536, 10**8), drawing(root(5.0)))
    record = json.loads(json.dumps(recorded(course), allow_nan=False))
    assert record["met"] is True
    assert (record["min_trajectories"], record["max_trajectories"]) == (65_536, 10**8)
    assert [one["trajectories"] for one in record["rounds"]] == [65_536, 278_528]
    assert record["rounds"][0]["errors"] == [5.0 / 256, 5.0 / 512]
    assert [entry["target"] for entry in record["targets"]] == [TARGET.text, OTHER.text]
    assert record["targets"][1]["error"] == record["rounds"][1]["errors"][1]
    never = recorded(carry_on(Goal((TARGET,), 4096, 4096), drawing(lambda n: math.inf, value=math.inf))[1])
    assert json.loads(json.dumps(never, allow_nan=False))["targets"][0]["value"] is None


@given(st.integers(1, 25_000), st.floats(0.0, 1e3) | st.just(math.inf) | st.just(math.nan))
def test_next_size_is_on_the_ladder_and_grows_within_bounds(batches, ratio):
    n = batches * STEP
    following = next_size(n, ratio)
    assert following % STEP == 0
    assert 1.25 * n <= following < 16.0 * n + STEP
    assert following >= min(n * ratio * ratio, 16 * n) or math.isnan(ratio)


@given(st.integers(12, 40), st.floats(0.0, 1e3))
def test_quasi_random_sizes_are_powers_of_two(power, ratio):
    following = next_size(1 << power, ratio, DOUBLING)
    assert following.bit_count() == 1
    assert (2 << power) <= following <= (16 << power)


def test_ends_of_the_ladder():
    assert [at_least(n) for n in (1, 4096, 4097)] == [4096, 4096, 8192]
    assert [at_most(n) for n in (4095, 4096, 8191, 10**8)] == [0, 4096, 4096, 99_999_744]
    assert [at_least(n, DOUBLING) for n in (1, 4096, 65_536, 65_537)] == [4096, 4096, 65_536, 131_072]
    assert [at_most(n, DOUBLING) for n in (4095, 65_535, 65_536, 10**8)] == [0, 32_768, 65_536, 67_108_864]


def test_work_that_is_repeated_is_bounded():
    """Rounds grow by a quarter at least, so that earlier ones together are less than four times the last."""
    draw = drawing(lambda n: 0.01 * (1.001 if n < 5_000_000 else 1.0))
    _, course = carry_on(Goal((TARGET,), 16_384, 10**7), draw)
    assert course.met
    assert len(draw.sizes) > 20
    assert course.repeated < 4.0
