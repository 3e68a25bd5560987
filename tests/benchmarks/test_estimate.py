"""The page of errors by sampling scheme, from made-up estimates whose gains are known."""

import numpy as np
import pandas as pd
import pytest

from benchmarks import estimate
from stackcast.engine.driver import simulate
from stackcast.forecast.cells import Cells
from stackcast.forecast.frames import KEYS
from stackcast.ledger.layers import LAYERS
from tests.engine import toy

SEEDS = 40
GENERATOR = np.random.default_rng(8)
ROWS = [
    *(("share", layer, "2030", "mean") for layer in LAYERS),
    *((f"x{k}", "", "2031", statistic) for k in range(30) for statistic in estimate.STATISTICS),
    ("fixed", "", "2030", "mean"),
]


def table(error: float, name: str):
    """Estimates with this error; of x0 five times as large under the lattice, and a constant with rounding."""
    errors = np.full(len(ROWS), error)
    if name == "lattice":
        errors[[row[0] == "x0" for row in ROWS]] *= 5.0
    errors[-1] = 1e-16
    values = 1.0 + errors[:, np.newaxis] * GENERATOR.normal(size=(len(ROWS), SEEDS))
    return pd.DataFrame(values, index=pd.MultiIndex.from_tuples(ROWS, names=KEYS))


@pytest.fixture(scope="module")
def found():
    errors = dict.fromkeys(estimate.SCHEMES, 1e-3) | {"sobol": 0.5e-3}
    return {name: table(error, name) for name, error in errors.items()}


def test_estimates_are_those_of_a_run():
    program = toy.standard()
    found = estimate.estimates(program, 1000, 3)
    cells = Cells(simulate(program, 1000, 3, sample=0).aggregates, program.start)
    mean = found.loc[("size", "", "2031", "mean")]
    number = cells.index["size"][""]["2031"]
    assert (mean["value"], mean["mcse"]) == (cells.mean(number), cells.mean_error(number))
    assert (
        found.loc[("doubled", "", "2028", "probability"), "value"]
        == cells.happened(cells.index["doubled"][""]["event"], 2029.0).value
    )


def test_a_gain_is_the_ratio_of_the_spreads(found):
    gains = estimate.layer_gains(found, "sobol")
    assert list(gains.index) == list(LAYERS)
    assert estimate.geometric(gains) == pytest.approx(2.0, rel=0.25)
    error = estimate.jackknife(estimate.layer_gains, found, "sobol")
    assert error == pytest.approx(2.0 / (SEEDS * len(LAYERS)) ** 0.5, rel=0.6)  # a spread is known to 1 / sqrt(2 n)
    assert "fixed" not in estimate.gains(found, "sobol").index.get_level_values("metric")


def test_stated_errors_are_compared_by_their_mean_squares(found):
    stated = {name: frame * 0.0 + (1.0 if name == estimate.BASE else 0.25) for name, frame in found.items()}
    assert estimate.geometric(estimate.stated_gains(stated, "sobol")) == pytest.approx(4.0)


def test_an_output_with_a_larger_error_is_counted(found):
    assert len(estimate.worse(found, "sobol", "p50")[0]) == 0
    assert list(estimate.worse(found, "lattice", "p50")[0].index) == [("x0", "", "2031", "p50")]


def test_the_page_has_a_row_for_every_layer_and_statistic(found):
    marks = pd.Series(0.0, index=found[estimate.BASE].index)
    marks[("x0", "", "2031", "mean")] = 0.25
    text = estimate.page(found, found, marks, dict.fromkeys(found, 1.0), 1000)
    for layer in LAYERS:
        assert f"\n| {layer} |" in text
    assert text.count("\n| sobol | ") == len(estimate.STATISTICS)
    assert text.count(", x0 @ 2031 | ") == len(estimate.STATISTICS)
    assert text.count(", x0 @ 2031 | 1 | 1 |") == 1
    assert text.count("\n| lattice | mean | x0 @ 2031 | 0.") == 1
    assert text.count(" | 25 |\n") == 1
