"""The short form of bench-check on real timings: it sees half as slow again, and unchanged code passes."""

import numpy as np
import pytest

from benchmarks import check
from benchmarks.contestants import Race

FEW = ("algorithmic_progress", "demand", "power_supply")


@pytest.fixture(scope="module")
def race(program):
    return Race(program, FEW, whole=False)


def endless(race, slow=None):
    while True:
        yield race.round(slow, check.SHORT_TRIES)


def short(before, rounds):
    changes = (check.changes(before, found) for found in rounds)
    return check.decide(changes, check.SHORT_FINE, check.SHORT_LIMIT)[0]


@pytest.mark.parametrize("name", FEW)
def test_short_form_catches_a_mechanism_half_as_slow_again(race, name):
    before = race.round(tries=check.SHORT_TRIES)
    assert short(before, endless(race)) == []
    assert short(before, endless(race, {name: 1.5})) == [name]


def test_repeated_quarters_keep_real_values(race):
    race.round(tries=check.SHORT_TRIES)
    for table in race.tables:
        assert np.isfinite(table).all()
        assert not ((table != 0.0) & (np.abs(table) < np.finfo(float).tiny)).any()
