"""Scores against closed forms, the table's sums, and a negative control of its coverage."""

import datetime
import json

import numpy as np
import pytest
from scipy import stats

from stackcast.backtest.case import Case
from stackcast.backtest.scores import crps, scored
from stackcast.backtest.table import JSON_KEYS, best_rival, frame_of, headline, over_series, places, records

DAY = datetime.date(2024, 1, 1)


def normal_crps(mean, sd, x):
    z = (x - mean) / sd
    return sd * (z * (2.0 * stats.norm.cdf(z) - 1.0) + 2.0 * stats.norm.pdf(z) - 1.0 / np.sqrt(np.pi))


def case(random, series="s", horizon=3, width=1.0, observed=None, count=2000):
    """The truth is drawn like the draws; ``width`` scales the draws' spread."""
    history = np.exp(np.cumsum(random.normal(0.05, 0.1, 12)))
    centre = np.log(history[-1]) + random.normal(0.0, 0.3)
    truth = np.exp(centre + random.normal(0.0, 0.2)) if observed is None else observed
    draws = np.exp(centre + width * random.normal(0.0, 0.2, count))
    date = DAY + datetime.timedelta(days=91 * horizon)
    return Case(
        DAY, series, "e", date, horizon, "USD_bn", float(truth), draws, 2.0 * draws, np.arange(12.0), history,
        11.0 + horizon,
    )  # fmt: skip


def test_crps_of_many_draws_is_the_normal_closed_form():
    draws = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000) * 0.3 + 1.0
    assert crps(draws, 1.4) == pytest.approx(normal_crps(1.0, 0.3, 1.4), rel=1e-3)


def test_crps_of_few_draws_is_unbiased():
    """Mean over 4,000 small ensembles within five standard errors of the closed form; the plain estimate is not."""
    random = np.random.default_rng(2)
    sets = random.normal(0.0, 1.0, (4000, 5))
    fair = np.array([crps(draws, 0.5) for draws in sets])
    error = fair.std() / np.sqrt(len(fair))
    exact = normal_crps(0.0, 1.0, 0.5)
    assert abs(fair.mean() - exact) < 5.0 * error
    plain = [np.abs(d - 0.5).mean() - 0.5 * np.abs(d[:, None] - d).mean() for d in sets]
    assert abs(np.mean(plain) - exact) > 5.0 * error


def test_score_in_dollars_is_that_of_the_figures_themselves():
    one = case(np.random.default_rng(3))
    row = scored(one)
    assert row["crps_value"] == pytest.approx(crps(one.draws, one.observed))
    assert row["crps"] == pytest.approx(crps(np.log(one.draws), np.log(one.observed)))


@pytest.fixture(scope="module")
def frame():
    random = np.random.default_rng(4)
    return frame_of(case(random, series=f"s{k % 5}", horizon=1 + k % 6) for k in range(400))


def test_intervals_of_a_right_forecast_cover_what_they_say(frame):
    """Chance of failing correct code: 1 in 300 a level."""
    for level in (0.5, 0.8, 0.9):
        error = np.sqrt(level * (1.0 - level) / len(frame))
        assert abs(frame[f"in{round(100 * level)}"].mean() - level) < 3.0 * error
    assert stats.chisquare(places(frame)).pvalue > 1e-3


def test_intervals_too_narrow_by_a_fifth_are_seen():
    random = np.random.default_rng(5)
    narrow = frame_of(case(random, width=0.8, count=500) for _ in range(600))
    assert narrow["in90"].mean() < 0.9 - 3.0 * np.sqrt(0.09 / 600)


def test_the_headline_rival_is_chosen_once_for_the_whole_table(frame):
    assert frame["best_rival"].nunique() == 1
    later = frame[frame["horizon_quarters"] >= 2]
    means = {
        name: over_series(later, f"crps_{name}") for name in ("random_walk", "damped_trend", "constant_growth", "prior")
    }
    assert best_rival(frame) == min(means, key=means.get)
    said = headline(frame)
    assert said.skill == pytest.approx(1.0 - over_series(later, "crps") / min(means.values()))
    assert said.rows == len(later)


def test_a_forecast_that_is_off_has_no_skill():
    random = np.random.default_rng(6)
    off = frame_of(case(random, observed=1e3) for _ in range(20))
    assert headline(off).skill < headline(frame_of(case(random) for _ in range(20))).skill


def test_records_have_the_agreed_keys_and_plain_values(frame):
    found = records(frame)
    assert len(found) == len(frame)
    assert all(tuple(row) == JSON_KEYS for row in found)
    back = json.loads(json.dumps(found))
    assert back[0]["cutoff"] == "2024-01-01"
    assert all(np.isfinite(row["crps"]) and np.isfinite(row["crps_best_rival"]) for row in back)


def test_a_pooled_forecast_is_scored_when_asked():
    random = np.random.default_rng(7)
    cases = [case(random) for _ in range(10)]
    plain, pool = frame_of(cases), frame_of(cases, pool=True)
    assert np.allclose(pool["crps"], plain["crps_pooled"])
    assert not np.allclose(pool["p95"], plain["p95"])
