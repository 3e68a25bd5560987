"""The exponent with which time grows, on made-up times."""

import numpy as np
import pytest

from benchmarks.fitting import exponent

SIZES = (1e6, 1e6, 3e6, 1e7, 3e7)


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_exact_power_is_found_without_error(power):
    found = exponent(SIZES, [3e-7 * size**power for size in SIZES])
    assert found.value == pytest.approx(power, abs=1e-12)
    assert found.error < 1e-12


def test_scatter_shows_as_error():
    times = np.array(SIZES) * np.exp([0.05, -0.05, 0.05, -0.05, 0.05])
    found = exponent(SIZES, times)
    assert abs(found.value - 1.0) < 3.0 * found.error
    assert 0.01 < found.error < 0.05
    assert str(found) == f"{found.value:.3f} ± {found.error:.3f}"


def test_an_overhead_that_is_not_taken_off_flattens_it():
    assert exponent(SIZES, [1.0 + 3e-7 * size for size in SIZES]).value < 0.9


@pytest.mark.parametrize(
    ("sizes", "times"),
    [((1.0, 2.0), (1.0, 2.0)), (SIZES, [0.0] * 5), ((0.0, 1.0, 2.0), (1.0, 1.0, 1.0)), ((1.0, 1.0, 1.0), (1, 2, 3))],
)
def test_what_has_no_exponent_is_refused(sizes, times):
    with pytest.raises(ValueError, match="three or more"):
        exponent(sizes, times)
