"""The result object: what it answers and how it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from stackcast.errors import StackcastError
from stackcast.forecast.rows import STATISTICS

SHARE_2030 = {"layer": "chips", "year": 2030}


def test_the_frame_is_tidy(stack):
    frame = stack.to_frame(metric="share", layer="chips", period=2030)
    assert list(frame.columns[:7]) == ["metric", "layer", "period", "statistic", "value", "mcse", "unit"]
    assert tuple(frame["statistic"]) == STATISTICS
    assert set(stack.to_frame()["statistic"]) == set(STATISTICS)
    assert not stack.to_frame().duplicated(["metric", "layer", "period", "statistic"]).any()


def test_statistics_agree_with_the_draws(stack):
    draws = stack.sample["share.chips.2030"].to_numpy(dtype=float)
    values = stack.to_frame(metric="share", layer="chips", period="2030").set_index("statistic")["value"]
    assert values["mean"] == pytest.approx(draws.mean(), rel=1e-6)
    assert values["sd"] == pytest.approx(draws.std(ddof=1), rel=1e-6)
    assert values["p5"] == pytest.approx(np.quantile(draws, 0.05), abs=0.001)
    assert values["max"] == pytest.approx(draws.max(), rel=1e-6)


def test_every_mean_and_quantile_has_an_error(stack):
    frame = stack.to_frame()
    known = frame[~frame["statistic"].isin(["sd", "min", "max"])]
    assert known["mcse"].notna().all()
    assert (known["mcse"] >= 0.0).all()


def test_mean_errors_cover_the_truth(synthetic):
    """300 runs: 1.96 errors hold the true mean in 91 to 99 % (chance of failing correct code below 0.002)."""
    rng, inside = np.random.default_rng(4), 0
    for _ in range(300):
        cell = synthetic.cell("margin", synthetic.RATIO)
        forecast = synthetic.forecast_from({cell: rng.beta(2.0, 5.0, 500)})
        mean = forecast.cells.statistics(0)[0]
        inside += abs(mean.value - 2.0 / 7.0) <= 1.96 * mean.mcse
    assert 0.91 <= inside / 300 <= 0.99


def test_a_scalar_level_gives_a_float_and_several_an_array(stack):
    one = stack.quantile("share", **SHARE_2030, q=0.5)
    three = stack.quantile("share", **SHARE_2030, q=[0.05, 0.5, 0.95])
    assert isinstance(one, float)
    assert three.shape == (3,)
    assert three[1] == one
    assert stack.quantile("cumulative_gross_profit", layer="chips", q=0.5) > 0.0
    with pytest.raises(StackcastError, match="allowed 0 to 1"):
        stack.quantile("share", **SHARE_2030, q=1.5)


def test_probability_has_an_error_and_is_a_number(stack):
    draws = stack.sample["share.chips.2030"].to_numpy(dtype=float)
    found = stack.probability("share", **SHARE_2030, above=0.4)
    assert float(found) == found.value == pytest.approx((draws > 0.4).mean(), abs=0.003)
    assert found.mcse == pytest.approx(np.sqrt(found.value * (1.0 - found.value) / stack.n), rel=0.01)
    below = stack.probability("share", **SHARE_2030, below=0.4)
    assert below.value == pytest.approx(1.0 - found.value)
    between = stack.probability("share", **SHARE_2030, above=0.2, below=0.4)
    assert between.value == pytest.approx(((draws > 0.2) & (draws < 0.4)).mean(), abs=0.005)
    with pytest.raises(StackcastError, match="one of them is needed"):
        stack.probability("share", **SHARE_2030)


def test_events_are_dated_and_counted(stack):
    when = stack.sample["event.exhaustion"].to_numpy(dtype=float)
    assert stack.probability("exhaustion", year=2029).value == (when < 2030.0).mean()
    assert stack.probability("exhaustion", below=2029.5).value == (when < 2029.5).mean()
    assert stack.probability("exhaustion", above=2029.5).value == pytest.approx((when > 2029.5).mean())
    assert stack.quantile("exhaustion", q=0.5) == np.quantile(when, 0.5, method="inverted_cdf")
    frame = stack.to_frame(metric="exhaustion")
    by_year = frame[frame["statistic"] == "mean"].set_index("period")["value"]
    assert by_year["2029"] == (when < 2030.0).mean()
    assert by_year.is_monotonic_increasing


def test_an_event_that_never_comes_is_dated_never(market):
    assert market.quantile("exhaustion", q=0.5) == float("inf")
    assert market.probability("exhaustion", year=2035).value == 0.0
    assert market.probability("exhaustion", year=2035).mcse > 0.0
    frame = market.to_frame(metric="exhaustion").set_index(["period", "statistic"])
    assert frame.loc[("event", "p50"), "value"] == float("inf")
    assert frame.loc[("event", "p50"), "mcse"] == 0.0


def test_categories_have_probabilities_that_add_to_one(stack):
    names = ("none", "chips", "power", "capital", "data")
    parts = [stack.probability("binding_constraint", year=2030, equals=name).value for name in names]
    assert sum(parts) == pytest.approx(1.0)
    assert stack.probability("binding_constraint", year=2030, equals=2).value == parts[2]
    frame = stack.to_frame(metric="binding_constraint", period=2030)
    assert list(frame["value"]) == parts
    with pytest.raises(StackcastError, match=r"equals = powr: unknown \(did you mean 'power'\?\), allowed: none"):
        stack.probability("binding_constraint", year=2030, equals="powr")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f: f.quantile("shar", layer="chips", year=2030), r"metric = shar: unknown \(did you mean 'share'\?\)"),
        (lambda f: f.quantile("share", layer="chip", year=2030), r"layer = chip: unknown \(did you mean 'chips'\?\)"),
        (lambda f: f.quantile("share", layer="chips", year=2045), "year = 2045: unknown.*allowed: 2023, 2024"),
        (lambda f: f.quantile("share", year=2030), "layer: needed, allowed: foundry"),
        (lambda f: f.quantile("share", layer="chips"), "year: needed, allowed: 2023"),
        (lambda f: f.to_frame(metric="nothing"), "metric = nothing: unknown"),
        (lambda f: f.to_frame(layer="chps"), "layer = chps: unknown"),
        (lambda f: f.to_frame(metric="share", period="2023-2035"), "share: year = 2023-2035: unknown"),
        (lambda f: f.probability("exhaustion", year=1999), "year = 1999: unknown"),
        (lambda f: f.plot.share(book="casch"), r"book = casch: unknown \(did you mean 'cash'\?\)"),
    ],
)
def test_what_is_unknown_is_refused_in_one_line_with_what_is_allowed(stack, call, message):
    with pytest.raises(StackcastError, match=message) as caught:
        call(stack)
    assert "\n" not in str(caught.value)


def test_the_market_layer_may_be_named_or_left_out(stack):
    assert stack.quantile("frontier_flop", year=2030) == stack.quantile("frontier_flop", layer="market", year=2030)
    assert set(stack.to_frame(layer="market")["layer"]) == {""}


def test_xarray_holds_the_frame(stack):
    data = stack.to_xarray()
    assert data.sizes["statistic"] == len(STATISTICS)
    at = {"metric": "share", "layer": "chips", "period": "2030", "statistic": "p50"}
    assert float(data["value"].sel(at)) == stack.quantile("share", **SHARE_2030)
    assert str(data["unit"].sel(metric="gross_profit").item()) == "USD_bn"
    assert int(data["value"].notnull().sum()) == int(stack.to_frame()["value"].notna().sum())


def test_parameters_are_the_priors_of_the_sample(stack):
    assert list(stack.parameters.columns) == [f"p{i}" for i in range(6)]
    assert len(stack.parameters) == len(stack.sample) == 4096
    assert stack.parameters.index.name == "trajectory"


def test_a_heavy_tail_is_flagged_in_the_frame(synthetic):
    rng = np.random.default_rng(12)
    draws = {
        synthetic.cell("heavy", synthetic.MONEY): 1.0 + rng.pareto(1.5, 20_000),
        synthetic.cell("light", synthetic.MONEY): rng.normal(50.0, 9.0, 20_000),
    }
    frame = synthetic.forecast_from(draws).to_frame()
    flagged = frame[frame["tail_flag"]]
    assert list(flagged["metric"]) == ["heavy"]
    assert list(flagged["statistic"]) == ["mean"]


def test_zero_variance_has_no_spread_and_no_error(market):
    values = market.to_frame(metric="loss", period=2030).set_index("statistic")
    assert (values["value"].drop("sd") == 1.87).all()
    assert values.loc["sd", "value"] == 0.0
    assert values.loc["mean", "mcse"] == 0.0
    assert not values["tail_flag"].any()


def test_a_notebook_shows_the_shares(stack, market):
    assert "<table>" in stack._repr_html_()
    assert "Foundry &amp; memory" in stack._repr_html_()
    assert "frontier_flop" in market._repr_html_()
    assert "4,096 trajectories, seed 7" in repr(stack)
