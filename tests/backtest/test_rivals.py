"""Rivals against closed forms and statsmodels."""

import datetime

import numpy as np
import pandas as pd
import pytest

from stackcast.backtest.case import Case
from stackcast.backtest.rivals import (
    LEAST_DEVIATION,
    constant_growth,
    damped_trend,
    fit_damped,
    random_walk,
    run_damped,
)

DAY = datetime.date(2024, 1, 1)


def case(logs, ahead=3.0, positions=None):
    positions = np.arange(len(logs), dtype=float) if positions is None else np.array(positions)
    one = np.ones(4)
    return Case(DAY, "s", "e", DAY, 3, "USD_bn", 1.0, one, one, positions, np.exp(logs), positions[-1] + ahead)


def walk(count=24, seed=1):
    return np.cumsum(np.random.default_rng(seed).normal(0.05, 0.1, count))


def test_random_walk_is_the_least_squares_fit_of_its_increments():
    """Against statsmodels: drift and its variance of an ordinary regression of increments on a constant."""
    from statsmodels.api import OLS

    logs = walk()
    fit = OLS(np.diff(logs), np.ones(len(logs) - 1)).fit()
    found = random_walk(case(logs, ahead=5.0))
    variance = fit.mse_resid * 5.0 + 25.0 * fit.cov_params()[0, 0]
    assert found.mean == pytest.approx(logs[-1] + 5.0 * fit.params[0])
    assert found.sd == pytest.approx(np.sqrt(variance))


def test_random_walk_does_not_mind_gaps_in_a_line():
    found = random_walk(case(np.array([0.0, 0.2, 0.5]), ahead=2.0, positions=[0.0, 2.0, 5.0]))
    assert found.mean == pytest.approx(0.7)
    assert found.sd == pytest.approx(LEAST_DEVIATION * np.sqrt(2.0))


def test_constant_growth_goes_on_as_the_last_year_did():
    logs = np.array([0.0, 0.3, 0.4, 0.6, 0.9, 1.0, 1.4])
    assert constant_growth(case(logs, ahead=2.0)).mean == pytest.approx(1.4 + 2.0 * (1.4 - 0.4) / 4.0)


def test_damped_trend_is_that_of_statsmodels_with_the_same_parameters():
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    logs = walk(30, 2)
    phi, alpha, beta = 0.9, 0.4, 0.1
    # Our first figure is the level after it: statsmodels starts one step before, with the same level and a trend that
    # makes its first error nothing.
    model = ETSModel(
        pd.Series(logs[1:]), error="add", trend="add", damped_trend=True, initialization_method="known",
        initial_level=logs[0], initial_trend=float(np.mean(np.diff(logs[:5]))),
    )  # fmt: skip
    fit = model.smooth(np.array([alpha, beta, phi]))
    level, trend, squares = run_damped(logs, np.array([phi]), np.array([alpha]), np.array([beta]))
    assert level[0] == pytest.approx(fit.level.iloc[-1])
    assert trend[0] == pytest.approx(fit.slope.iloc[-1])
    assert squares[0] == pytest.approx(np.sum(fit.resid**2))
    ahead = fit.get_prediction(start=len(logs) - 1, end=len(logs) + 3)
    ours = level[0] + trend[0] * np.cumsum(phi ** np.arange(1, 6))
    assert np.asarray(ahead.predicted_mean) == pytest.approx(ours)
    from stackcast.backtest.rivals import _variance_factor

    factors = [_variance_factor(phi, alpha, beta, float(h)) for h in range(1, 6)]
    assert np.asarray(ahead.forecast_variance) / np.asarray(ahead.forecast_variance)[0] == pytest.approx(factors)


def test_damped_trend_finds_the_parameters_with_the_least_errors():
    logs = walk(40, 3)
    level, trend, phi, alpha, beta, variance = fit_damped(logs)
    best = run_damped(logs, np.array([phi]), np.array([alpha]), np.array([beta]))[2][0]
    assert variance == pytest.approx(best / 36.0)
    for other in ((0.8, 0.05, 0.01), (0.98, 0.95, 0.9)):
        assert run_damped(logs, *(np.array([x]) for x in other))[2][0] >= best
    assert damped_trend(case(logs, ahead=1.0)).mean == pytest.approx(level + phi * trend)


@pytest.mark.parametrize("rival", [random_walk, damped_trend, constant_growth])
def test_a_straight_line_is_continued_by_all_and_no_one_is_certain(rival):
    found = rival(case(0.1 * np.arange(20.0), ahead=2.0))
    assert found.mean == pytest.approx(2.1, abs=0.03)
    assert found.sd >= LEAST_DEVIATION
