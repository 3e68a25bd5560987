"""The digest hashes canonical bytes: any change of a figure changes it, representation does not."""

import dataclasses

import numpy as np
import pytest

from stackcast.aggregate.aggregates import canonical
from tests.aggregate.runs import result


@pytest.fixture
def aggregates():
    a = result().aggregates
    arrays = {name: getattr(a, name).copy() for name in ("counts", "total", "total_sq", "minimum", "maximum")}
    return dataclasses.replace(a, **arrays)


def test_a_copy_has_the_same_digest(aggregates):
    assert aggregates.digest() == result().aggregates.digest()


@pytest.mark.parametrize("name", ["counts", "total", "total_sq", "minimum", "maximum"])
@pytest.mark.parametrize("place", [0, 100, -1])
def test_every_figure_is_part_of_the_digest(aggregates, name, place):
    before = aggregates.digest()
    values = getattr(aggregates, name)
    values[place] = values[place] + 1 if name == "counts" else np.nextafter(values[place], 0.5)
    assert aggregates.digest() != before


def test_counts_that_move_between_bins_change_the_digest(aggregates):
    before = aggregates.digest()
    filled = int(np.flatnonzero(aggregates.counts)[0])
    aggregates.counts[[filled, filled + 1]] += [-1, 1]
    assert aggregates.digest() != before


@pytest.mark.parametrize("change", [{"metric": "other"}, {"layer": "chips"}, {"period": "2099"}, {"unit": "EUR"}])
def test_names_are_part_of_the_digest(aggregates, change):
    first, *rest = aggregates.cells
    renamed = dataclasses.replace(aggregates, cells=(dataclasses.replace(first, **change), *rest))
    assert renamed.digest() != aggregates.digest()


def test_the_number_of_trajectories_is_part_of_the_digest(aggregates):
    assert dataclasses.replace(aggregates, n=aggregates.n + 1).digest() != aggregates.digest()


def test_negative_zero_and_the_sign_of_nan_are_not(aggregates):
    aggregates.total[3], aggregates.total_sq[5] = 0.0, np.nan
    before = aggregates.digest()
    aggregates.total[3], aggregates.total_sq[5] = -0.0, np.uint64(0xFFF8000000000123).view(np.float64)
    assert aggregates.digest() == before


def test_byte_order_and_width_of_counts_are_not(aggregates):
    before = aggregates.digest()
    other = dataclasses.replace(
        aggregates, counts=aggregates.counts.astype(">i4"), total=aggregates.total.astype(">f8")
    )
    assert other.digest() == before


def test_canonical_bytes():
    odd = np.array([0.0, -0.0, np.nan, -np.nan, np.inf, -np.inf, 1.5])
    plain = np.array([0.0, 0.0, np.nan, np.nan, np.inf, -np.inf, 1.5])
    assert canonical(odd).tobytes() == canonical(plain).tobytes() == plain.astype("<f8").tobytes()
