"""Shares, groups, margins, concentration, values and leaders against the same figures in NumPy."""

import numpy as np
import pytest

from stackcast.aggregate import derived
from stackcast.engine.draws import Quantile
from stackcast.engine.driver import simulate
from stackcast.engine.replay import replay
from stackcast.ledger.layers import GROUPS, LAYERS
from tests.aggregate.runs import COUNT, assert_cell, cell, counts, result, twin
from tests.engine import toy
from tests.engine.reference import by_year

YEARS = range(2023, 2036)
BOOKS = {"share": "gross_profit", "share_cash": "gross_profit_cash"}


def yearly(metric):
    """(layer, year, trajectory) sums of a money metric."""
    return np.array([by_year(twin()[f"{metric}_{layer}"]) for layer in LAYERS])


def members(group):
    return [LAYERS.index(layer) for layer in GROUPS[group]]


@pytest.mark.parametrize("metric", toy.MONEY)
@pytest.mark.parametrize("year", [2023, 2029, 2035])
def test_money_by_layer_and_group(metric, year):
    money = yearly(metric)[:, year - 2023]
    for k, layer in enumerate(LAYERS):
        assert_cell(metric, str(year), money[k], layer)
    for group in GROUPS:
        assert_cell(metric, str(year), money[members(group)].sum(axis=0), group)


def shares_of(money, revenue):
    """Positive profit over all positive profit; where nobody earns, revenue over all revenue."""
    positive = np.maximum(money, 0.0)
    gains = positive.sum(axis=0)
    return np.where(gains > 0.0, positive / np.where(gains > 0.0, gains, 1.0), revenue / revenue.sum(axis=0))


@pytest.mark.parametrize("share", BOOKS)
@pytest.mark.parametrize("year", [2023, 2029, 2035])
def test_shares_are_of_yearly_sums_clipped_afterwards(share, year):
    shares = shares_of(yearly(BOOKS[share])[:, year - 2023], yearly("revenue")[:, year - 2023])
    for k, layer in enumerate(LAYERS):
        assert_cell(share, str(year), shares[k], layer)
    for group in GROUPS:
        assert_cell(share, str(year), shares[members(group)].sum(axis=0), group)


def test_the_toy_has_years_in_which_nobody_earns():
    # Else the fall-back to revenue would not be tested above.
    nobody = (yearly("gross_profit") <= 0.0).all(axis=0)
    assert 0.01 < nobody.mean() < 0.5


@pytest.mark.parametrize("year", YEARS)
def test_shares_add_up_to_one_on_every_trajectory(year):
    columns = [result().sample_columns.index(f"share.{layer}.{year}") for layer in LAYERS]
    shares = result().sample[:, columns]
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=0, atol=1e-15)
    assert shares.min() >= 0.0
    a = result().aggregates
    for layers in (LAYERS, tuple(GROUPS)):
        for share in BOOKS:
            total = sum(a.total[cell(share, str(year), layer)] for layer in layers)
            assert total == pytest.approx(COUNT, rel=1e-14)


@pytest.mark.parametrize("year", [2023, 2035])
def test_margins(year):
    profit, revenue = yearly("gross_profit")[:, year - 2023], yearly("revenue")[:, year - 2023]
    for k, layer in enumerate(LAYERS):
        assert_cell("gross_margin", str(year), profit[k] / revenue[k], layer)
    for group in GROUPS:
        one = members(group)
        assert_cell("gross_margin", str(year), profit[one].sum(axis=0) / revenue[one].sum(axis=0), group)


@pytest.mark.parametrize("year", [2023, 2035])
def test_concentration_and_losses(year):
    profit, revenue = yearly("gross_profit")[:, year - 2023], yearly("revenue")[:, year - 2023]
    assert_cell("layer_hhi", str(year), (shares_of(profit, revenue) ** 2).sum(axis=0))
    gains, losses = np.maximum(profit, 0.0).sum(axis=0), np.maximum(-profit, 0.0).sum(axis=0)
    ratio = np.where(gains > 0.0, losses / np.where(gains > 0.0, gains, 1.0), 0.0)
    assert_cell("loss_ratio", str(year), ratio)


@pytest.mark.parametrize("step", [0, 33, 51])
def test_shares_and_concentration_by_quarter(step):
    period = f"{2023 + step // 4}Q{step % 4 + 1}"
    profit = np.array([twin()[f"gross_profit_{layer}"][step] for layer in LAYERS])
    revenue = np.array([twin()[f"revenue_{layer}"][step] for layer in LAYERS])
    shares = shares_of(profit, revenue)
    for k, layer in enumerate(LAYERS):
        assert_cell("share", period, shares[k], layer)
    assert_cell("share", period, shares[members("models")].sum(axis=0), "models")
    assert_cell("layer_hhi", period, (shares**2).sum(axis=0))


def test_values_over_the_run():
    profit = yearly("gross_profit")
    factor = 1.10 ** -(np.array(YEARS) + 0.5 - 2026.0)
    for k, layer in enumerate(LAYERS):
        assert_cell("cumulative_gross_profit", "2023-2035", profit[k].sum(axis=0), layer)
        assert_cell("discounted_gross_profit", "2023-2035", (profit[k] * factor[:, None]).sum(axis=0), layer)
    models = profit[members("models")].sum(axis=0)
    assert_cell("discounted_gross_profit", "2023-2035", (models * factor[:, None]).sum(axis=0), "models")


@pytest.mark.parametrize("rate", [0.0, 0.25])
def test_discounting_of_a_constant_profit_in_closed_form(rate):
    # Without growth and shocks every layer earns the same each year: a geometric series from mid-2023 to mid-2035.
    still = {name: Quantile("constant", value) for name, value in
             {"rate": 0.0, "chance": 0.0, "size_start": 1.0, "tilt_a": 0.0, "tilt_b": 0.0, "tilt_c": 0.0,
              "floor": 0.0, "spread": -40.0}.items()}  # fmt: skip
    quiet = toy.replaced(toy.MECHANISMS, "growing", loops=_without_noise())
    program = toy.program(quiet, toy.plan(**still), discount_rate=rate)
    rows = replay(program, 0, 1)
    profit = rows["year:gross_profit_apps"][3::4]
    factor = (1.0 + rate) ** -(2023.5 + np.arange(13) - 2026.0)
    assert rows["discounted_gross_profit_apps"][-1] == pytest.approx((profit * factor).sum(), rel=1e-14)
    assert rows["cumulative_gross_profit_apps"][-1] == pytest.approx(profit.sum(), rel=1e-14)
    if rate == 0.0:
        assert rows["discounted_gross_profit_apps"][-1] == rows["cumulative_gross_profit_apps"][-1]
    series = (1.0 + rate) ** 2.5 * (13.0 if rate == 0.0 else (1 - (1 + rate) ** -13.0) / (1 - (1 + rate) ** -1.0))
    assert factor.sum() == pytest.approx(series, rel=1e-14)


def _without_noise():
    from stackcast.engine.declare import Loop

    def grow(last_size, growth, volatility, noise):
        return (last_size * (1.0 + growth) + 0.0 * volatility * noise,)

    first, _, last = toy.MECHANISMS[0].loops
    return first, Loop(grow, ("size",)), last


def test_leaders_are_the_first_quarter_with_the_largest_profit():
    profit = np.array([twin()[f"gross_profit_{layer}"] for layer in LAYERS])
    largest = profit.max(axis=0)
    for k, layer in enumerate(LAYERS):
        leads = profit[k] >= largest - 1e-13 * np.abs(largest)  # chips and open_models earn the same in the toy
        quarter = np.where(leads.any(axis=0), leads.argmax(axis=0), 52)
        np.testing.assert_array_equal(counts(cell(f"lead_{layer}", "event")), np.bincount(quarter, minlength=53))


def test_derived_figures_need_a_whole_ledger():
    program = toy.program(toy.MECHANISMS[:3], quarterly=())
    assert {source.metric for source in program.outputs.yearly} == {
        "size", "excess", "mood", "confidence", "norm", "regime"
    }  # fmt: skip
    assert program.outputs.final == ()


def test_by_quarter_only_what_is_reported_is_derived():
    def derived_by(settings):
        return {name for name in toy.program(**settings).names if name.startswith("quarter:")}

    everything = derived_by({"derive_quarters": True})
    assert derived_by({"quarterly": ()}) == set()
    assert derived_by({"quarterly": ("loss_ratio",)}) == {
        "quarter:loss_ratio", "quarter:gross_profit_gains", "quarter:gross_profit_losses"
    }  # fmt: skip
    shares = derived_by({"quarterly": ("share",)})
    assert {f"quarter:share_{layer}" for layer in (*LAYERS, *GROUPS)} < shares < everything
    assert not any("cash" in name or "hhi" in name for name in shares)
    assert f"quarter:share_cash_{LAYERS[0]}" in everything


def test_a_ledger_that_is_off_leaves_the_other_figures():
    off = toy.MECHANISMS[3]
    program = toy.program(toy.MECHANISMS[:3], quarterly=(), switched_off=[off])
    assert simulate(program, 300, 1).aggregates.n == 300


@pytest.mark.parametrize(
    ("profits", "gains", "losses"),
    [([1.0] * 8, 8.0, 0.0), ([-1.0] * 8, 0.0, 8.0), ([1e17, -1.0, 0, 0, 0, 0, 0, 0], 1e17, 1.0), ([-0.0] * 8, 0.0, 0.0),
     ([0.1, 0.2, 0.3, 0.7, 1e-9, 0, 0, 0], 0.1 + 0.2 + (0.3 + 0.7) + 1e-9, 0.0)],
)  # fmt: skip
def test_losses_are_summed_on_their_own(profits, gains, losses):
    found = derived._positive_sum(*profits)
    assert found[0] == pytest.approx(gains, rel=1e-15)
    assert found[1] == losses


def test_without_profit_and_revenue_nobody_has_a_share():
    assert derived._shares(-1.0, 0.0, -2.0, -0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0) == (0.0,) * 4
    assert derived._margin(-1.0, 0.0) == (0.0,)
    assert derived._loss_ratio(0.0, 1.0) == (0.0,)


def test_nan_stays_nan_in_derived_figures():
    nan = float("nan")
    assert np.isnan(derived._positive_sum(nan, *[1.0] * 7)).all()
    assert np.isnan(derived._shares(nan, 1.0, 1.0, 1.0, *[1.0] * 4, nan, 4.0)).any()
    assert np.isnan(derived._herfindahl(nan, *[0.1] * 7)).all()
    assert np.isnan(derived._margin(nan, 1.0)).all()
