"""Units are read by a small grammar and converted through exact fractions."""

from __future__ import annotations

import math

import pytest

from stackcast.scenario.problem import Problem
from stackcast.scenario.units import Conversion, conversion, known_units, parse_unit


def convert(given: str, wanted: str) -> Conversion:
    return conversion(parse_unit(given), parse_unit(wanted), "mechanism 'm'")


@pytest.mark.parametrize(
    ("given", "wanted", "factor"),
    [
        ("USD_bn", "USD", 1e9),
        ("USD_bn_per_GW", "USD_per_MW", 1e6),
        ("months", "quarters", 1 / 3),
        ("pct_per_year", "per_quarter", 0.0025),
        ("million H100e", "H100e", 1e6),
        ("USD_per_Mtok", "USD_per_million_tokens", 1.0),
        ("trillion_tokens", "tokens", 1e12),
        ("kWh", "kW*hours", 1.0),
        ("TWh_per_year", "GW", 1e12 / 8766 / 1e9),
        ("oom_per_year", "log_per_quarter", math.log(10) / 4),
        ("doublings_per_year", "log_per_year", math.log(2)),
        ("FLOP/H100e/quarter", "FLOP_per_H100e_per_year", 4.0),
        ("1", "share", 1.0),
        ("pct", "ratio", 0.01),
        ("people", "users", 1.0),
    ],
)
def test_conversion_factors(given, wanted, factor):
    found = convert(given, wanted)
    assert found.factor == pytest.approx(factor, rel=1e-15)
    assert not found.logarithm


def test_every_unit_converts_to_itself_by_exactly_one():
    for name in known_units():
        assert convert(name, name) == Conversion(1.0)


def test_a_growth_factor_becomes_a_rate_of_growth_of_its_logarithm():
    assert convert("x_per_year", "log_per_quarter") == Conversion(0.25, logarithm=True)


@pytest.mark.parametrize(
    ("given", "wanted", "said"),
    [
        ("USD_bn", "months", "money cannot become time"),
        ("log_per_year", "per_year", "log per time cannot become 1 per time"),
        ("tokens_per_year", "tokens", "tokens per time cannot become tokens"),
        ("1", "GW", "a number cannot become power"),
        ("x_per_year", "x_per_quarter", "keeps its period"),
    ],
)
def test_dimensions_that_do_not_fit_are_refused_naming_both_units(given, wanted, said):
    with pytest.raises(Problem) as caught:
        convert(given, wanted)
    assert caught.value.given == given
    assert repr(wanted) in caught.value.allowed
    assert said in caught.value.allowed


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("USD_b", "did you mean 'USD_bn'"),
        ("million_toknes", "did you mean 'token'"),
        ("furlongs", "known: 1,"),
        ("", "must be a unit"),
        ("per_", "unknown unit"),
        ("USD//GW", "unknown unit"),
        ("x" * 200, "must be a unit"),
    ],
)
def test_unknown_units_are_refused_with_the_nearest_known(unit, said):
    with pytest.raises(Problem, match="unit") as caught:
        parse_unit(unit)
    assert said in caught.value.allowed
