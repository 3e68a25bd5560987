"""Recurrences against their closed forms, fixed points and limits; probabilities against waiting times."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from stackcast.laws.dynamics import (
    concentration,
    event_probability,
    leader_share,
    moat,
    rising_event_probability,
    saturation,
)

deterministic = settings(derandomize=True, deadline=None, database=None, max_examples=100)
share = st.floats(0.0, 1.0)


def after(periods, law, level, *constants):
    """The level after so many periods of a recurrence."""
    for _ in range(periods):
        level = law(level, *constants)
    return level


@deterministic
@given(start=share, pace=share, periods=st.integers(0, 60))
def test_saturation_closes_a_constant_part_of_the_way(start, pace, periods):
    left = (1.0 - start) * (1.0 - pace) ** periods
    assert 1.0 - after(periods, saturation, start, pace) == pytest.approx(left, abs=1e-14)


def test_limits_of_saturation():
    assert saturation(0.3, 0.0) == 0.3
    assert saturation(0.3, 1.0) == 1.0
    assert saturation(1.0, 0.4) == 1.0
    assert after(2000, saturation, 0.0, 0.05) == pytest.approx(1.0)


@deterministic
@given(start=share, build=share, driver=share, decay=share, periods=st.integers(0, 60))
def test_moat_goes_to_its_level_at_rest(start, build, driver, decay, periods):
    rate = build * driver + decay
    rest = build * driver / rate if rate > 0.0 else start
    expected = rest + (start - rest) * (1.0 - rate) ** periods
    assert after(periods, moat, start, build, driver, decay) == pytest.approx(expected, abs=1e-12)


@deterministic
@given(level=share, build=share, driver=share, decay=share)
def test_moat_stays_a_share(level, build, driver, decay):
    assert -1e-15 <= moat(level, build, driver, decay) <= 1.0 + 1e-15


def test_limits_of_a_moat():
    assert moat(0.6, 0.5, 0.0, 0.0) == 0.6
    assert moat(0.6, 0.0, 1.0, 1.0) == 0.0
    assert after(40, moat, 0.6, 0.2, 0.0, 0.1) == pytest.approx(0.6 * 0.9**40)
    # Without decay it saturates.
    assert moat(0.6, 0.2, 0.5, 0.0) == saturation(0.6, 0.1)


@pytest.mark.parametrize(
    ("preference", "diffusion", "even"), [(0.05, 0.08, 0.125), (0.4, 0.1, 0.2), (0.2, 0.1, 0.0), (1.0, 0.9, 0.01)]
)
def test_concentration_settles_where_attachment_meets_diffusion(preference, diffusion, even):
    """p h (1 - h) = d (h - e), solved by bisection."""
    level = brentq(lambda h: preference * h * (1.0 - h) - diffusion * (h - even), max(even, 1e-3), 1.0, xtol=1e-14)
    assert after(4000, concentration, 0.4, preference, diffusion, even) == pytest.approx(level, abs=1e-11)


def test_limits_of_concentration():
    assert after(4000, concentration, 0.4, 0.05, 0.0, 0.1) == pytest.approx(1.0)
    assert after(4000, concentration, 0.4, 0.0, 0.05, 0.1) == pytest.approx(0.1)
    # Diffusion faster than attachment leaves nothing where nothing is the even level.
    assert after(4000, concentration, 0.4, 0.05, 0.06, 0.0) == pytest.approx(0.0, abs=1e-12)
    assert concentration(0.25, 0.0, 0.7, 0.25) == 0.25
    assert concentration(0.3, 0.2, 0.1, 0.1) == pytest.approx(0.3 + 0.2 * 0.3 * 0.7 - 0.1 * 0.2, rel=1e-15)


def test_attachment_without_diffusion_is_the_logistic_for_small_steps():
    """dh/dt = p h (1 - h) over 50 units of time, in steps of 0.01."""
    found = after(5000, concentration, 0.1, 0.1 * 0.01, 0.0, 0.0)
    assert found == pytest.approx(1.0 / (1.0 + 9.0 * math.exp(-0.1 * 50.0)), rel=2e-3)


@deterministic
@given(firms=st.integers(2, 200), place=share)
def test_leader_share_gives_the_index_back(firms, place):
    leader = 1.0 / firms + place * (1.0 - 1.0 / firms)
    rest = np.full(firms - 1, (1.0 - leader) / (firms - 1))
    index = min(leader**2 + float(rest @ rest), 1.0)
    # The root is flat at the even market: 1e-16 in the index is 1e-8 in the share.
    assert leader_share(index, firms) == pytest.approx(leader, abs=2e-7)
    assert leader_share(index, firms) >= 1.0 / firms


def test_limits_of_the_leaders_share():
    assert leader_share(1.0, 1.0) == 1.0
    assert leader_share(1.0, 8.0) == 1.0
    assert leader_share(0.125, 8.0) == 0.125
    assert leader_share(0.01, 8.0) == 0.125
    assert leader_share(0.5, 2.0) == 0.5
    assert leader_share(0.28, 4.0) == pytest.approx(0.4)  # one of 0.4, three of 0.2


def test_event_probability_is_that_of_an_exponential_waiting_time():
    assert event_probability(0.0) == 0.0
    assert event_probability(math.log(2.0)) == pytest.approx(0.5, rel=1e-15)
    assert event_probability(1e3) == 1.0
    for hazard in (1e-18, 1e-9, 1e-3, 0.1, 3.0):
        assert event_probability(hazard) == pytest.approx(-math.expm1(-hazard), rel=0.0, abs=2e-16)


@deterministic
@given(hazard=st.floats(0.0, 5.0), periods=st.integers(1, 20))
def test_surviving_many_periods_is_surviving_one_long_one(hazard, periods):
    assert (1.0 - event_probability(hazard)) ** periods == pytest.approx(math.exp(-hazard * periods), rel=1e-11)


def test_hazard_is_constant_below_the_threshold_and_rises_to_its_cap():
    def chance(x, base=0.01, pull=2.0):
        return rising_event_probability(base, pull, x, threshold=27.0, cap=3.0)

    assert chance(-1e9) == chance(26.0) == chance(27.0) == event_probability(0.01)
    assert chance(27.5) == pytest.approx(-math.expm1(-0.01 * math.e), rel=1e-13)
    assert chance(28.5) == chance(1e9) == pytest.approx(-math.expm1(-0.01 * math.exp(3.0)), rel=1e-13)
    assert chance(1e9, base=0.0) == 0.0
    assert chance(1e9, pull=0.0) == event_probability(0.01)


@deterministic
@given(base=st.floats(0.0, 2.0), pull=st.floats(0.0, 10.0), x=st.floats(-5.0, 5.0), more=st.floats(0.0, 5.0))
def test_risk_never_falls_beyond_the_threshold(base, pull, x, more):
    low, high = (rising_event_probability(base, pull, value, 0.0, 4.0) for value in (x, x + more))
    assert 0.0 <= low <= high <= 1.0


@pytest.mark.parametrize(
    ("law", "arguments", "message"),
    [
        (saturation, (1.2, 0.1), "level = 1.2: must be a finite number >= 0 and <= 1"),
        (saturation, (0.2, -0.1), "pace = -0.1: must be a finite number >= 0 and <= 1"),
        (moat, (0.5, 0.1, 1.5, 0.1), "driver = 1.5: must be a finite number >= 0 and <= 1"),
        (concentration, (0.5, -0.1, 0.1, 0.1), "preference = -0.1: must be a finite number >= 0"),
        (concentration, (0.5, 0.1, 0.1, 1.0), "even = 1.0: must be a finite number >= 0 and < 1"),
        (leader_share, (0.5, 0.5), "firms = 0.5: must be a finite number >= 1"),
        (event_probability, (math.nan,), "hazard = nan: must be a finite number >= 0"),
        (rising_event_probability, (0.1, 1.0, 2.0, 1.0, 0.0), "cap = 0.0: must be a finite number > 0"),
    ],
)
def test_an_argument_out_of_range_is_named(law, arguments, message):
    with pytest.raises(ValueError, match="must be") as caught:
        law(*arguments)
    assert str(caught.value) == message
