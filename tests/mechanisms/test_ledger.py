"""Books of single layers and the plant account."""

from __future__ import annotations

import numpy as np
import pytest

from stackcast.ledger.layers import LAYERS
from stackcast.ledger.plant import net_value
from stackcast.mechanisms import ledger
from tests.mechanisms.baseline import program, rows


def test_every_dollar_is_depreciated_once():
    stages, building, written_off = (0.0, 0.0, 0.0, 0.0), 0.0, 0.0
    for quarter in range(2000):
        building, *stages, depreciation = ledger.age_plant(100.0 if quarter == 0 else 0.0, building, 5.0, *stages)
        written_off += depreciation
        assert net_value(*stages) >= 0.0
    assert written_off == pytest.approx(100.0)


def test_plant_in_steady_state_depreciates_what_is_spent():
    stages, building = (0.0, 0.0, 0.0, 0.0), 0.0
    for _ in range(3000):
        building, *stages, depreciation = ledger.age_plant(7.0, building, 5.0, *stages)
    assert depreciation == pytest.approx(7.0)
    assert sum(stages) == pytest.approx(7.0 * 20.0)
    assert building == pytest.approx(7.0 * 0.35 / 0.65)


def test_starting_plant_adds_up_and_is_young():
    stages = ledger.prepare_plant(100.0, 5.0)
    assert sum(stages) == pytest.approx(100.0)
    np.testing.assert_allclose(np.divide(stages[1:], stages[:-1]), 1.0 / 1.75)


def test_plant_costs_a_quarter_of_the_yearly_rate_to_run():
    assert ledger.run_plant(40.0, 30.0, 20.0, 10.0, 0.08) == (100.0, pytest.approx(2.0))


def test_chips_are_the_stated_part_of_capital_spending():
    chips, foundry, spending = ledger.buy_chips(1e6, 3e4, 0.75, 0.8, 0.6)
    assert chips == pytest.approx(30.0)
    assert foundry == pytest.approx(30.0 * 0.25 * 0.8)
    assert spending == pytest.approx(50.0)


HOURS = 1e6 * 2190 * 0.7


def rent(depreciation=3.0, rental=5.0, markup=0.0, operations=0.0, own_centres=0.2):
    return ledger.earn_rent(depreciation, operations, 1e6, 0.7, markup, rental, 12.5, 0.8, own_centres)


def test_rent_leaves_a_margin_over_the_cost_of_an_hour():
    assert rent()[0] == pytest.approx(1.0 - 3e9 / HOURS / 5.0)
    assert rent(operations=1.0)[0] == pytest.approx(1.0 - 4e9 / HOURS / 5.0)
    assert rent(markup=0.1)[0] == pytest.approx(1.0 - 3.3e9 / HOURS / 5.0)
    assert rent(depreciation=30.0)[0] == 0.0


def test_own_use_is_paid_at_cost_and_never_above_the_rental_price():
    assert rent()[1] == pytest.approx(10.0 * 3e9 / HOURS / 5.0)
    assert rent(depreciation=30.0)[1] == 10.0


def test_own_centres_save_their_part_of_the_margin():
    assert rent()[2] == pytest.approx(0.2 * (1.0 - 3e9 / HOURS / 5.0))
    assert rent(own_centres=0.0)[2] == rent(depreciation=30.0)[2] == 0.0


def test_labs_pay_less_for_what_runs_in_their_own_centres():
    paid = ledger.pay_for_tokens(10.0, 0.8, 0.1, 2.0, 5.0, 1.0, 0.9, 0.2)
    assert paid == pytest.approx((8.0, 1.0, 1.8, 5.0 * 0.9 * 0.8, 0.9))
    assert ledger.pay_for_compute(2.0, 4.0, 1.0, 0.5, 0.9, 0.2) == pytest.approx((1.8, 4.0 * 0.9 * 0.8, 0.9, 0.45))


def test_idle_plant_does_not_pay_itself():
    """Own use is a budget: more plant with the same budget is not more revenue than the budget."""
    assert rent(depreciation=50.0, rental=1.0, operations=5.0, markup=0.05)[1] == 10.0


def test_capital_spending_is_told_per_gigawatt_of_new_sites():
    assert ledger.cost_sites(40.0, 1e6, 1.0) == (pytest.approx(40.0),)
    assert ledger.cost_sites(40.0, 1e6, 0.5) == (pytest.approx(80.0),)
    assert ledger.cost_sites(0.0, 0.0, 1.0) == (0.0,)
    assert ledger.cost_sites(1.0, 0.0, 1.0) == (pytest.approx(1e6),)


def test_training_lies_below_gross_profit():
    revenue, profit, cash, surplus = ledger.book_labs(8.0, 2.0, 3.0, 1.0, 0.05, 4.0, 0.2, 0.1, 1.7)
    assert revenue == 10.0
    assert profit == cash == pytest.approx(5.5)
    assert surplus == pytest.approx(-0.5)


def test_customers_and_applications_buy_tools_and_data_in_one_proportion():
    paid = ledger.pay_for_builds(10.0, 0.3, 0.1, 20.0, 0.05, 0.2, 0.4)
    assert paid == pytest.approx((3.0, 1.0, 0.75, 0.25, 1.8, 0.6))


def test_partner_data_and_tooling_are_paid_before_staff():
    partner, data, tools, staff = ledger.pay_from_labs(8.0, 2.0, 0.1, 10.0, 6.0, 0.04, 0.01)
    assert (partner, data, tools) == (pytest.approx(1.0), pytest.approx(0.4), pytest.approx(0.1))
    assert staff == pytest.approx(3.5)
    assert ledger.pay_from_labs(8.0, 2.0, 0.1, 10.0, 9.9, 0.04, 0.01)[3] == 0.0


def test_rescued_labs_raise_what_they_lack():
    assert ledger.bank_labs(5.0, 2.0, -4.0) == (3.0, 2.0)
    assert ledger.bank_labs(5.0, 2.0, -9.0) == (0.0, 4.0)


def test_hardware_margins_are_the_stated_ones():
    chips, _, foundry, surplus = ledger.book_hardware(100.0, 20.0, 0.75, 0.55, 0.1)
    assert chips == pytest.approx(75.0)
    assert foundry == pytest.approx(11.0)
    assert surplus == pytest.approx(9.0)
    assert ledger.book_hardware(100.0, 20.0, 0.75, 0.55, 0.1)[1] == pytest.approx(65.0)


def test_cloud_books_differ_by_capital_spending_less_depreciation():
    profit, cash, _ = ledger.book_cloud(30.0, 4.0, 10.0, 25.0, 0.05)
    assert profit - cash == pytest.approx(25.0 - 10.0)
    assert ledger.book_cloud(30.0, 4.0, 10.0, 25.0, 0.05) == (16.0, 1.0, 14.5)
    assert ledger.cloud_revenue(*(2.0**k for k in range(9))) == (511.0,)


def test_books_of_open_hosts_tooling_data_and_applications():
    """Revenue, both books and surplus, by hand."""
    assert ledger.book_open(3.0, 2.0, 4.0, 0.1) == pytest.approx((5.0, 1.0, 1.0, 0.5))
    assert ledger.book_tooling(4.0, 3.0, 2.0, 1.0, 1.5, 0.2, 0.1) == pytest.approx((10.0, 6.5, 6.5, 5.5))
    assert ledger.book_data(4.0, 3.0, 2.0, 1.0, 0.4, 0.1) == pytest.approx((10.0, 4.0, 4.0, 3.0))
    books = ledger.book_apps(100.0, 16.0, 8.0, 4.0, 2.0, 1.0, 0.2, 0.4, 0.2, 0.1, 0.1)
    assert books == pytest.approx((100.0, 49.0, 49.0, 38.3))


def test_end_spend_is_the_sum_of_what_customers_pay():
    spend, overhang = ledger.close_quarter(*(2.0**k for k in range(7)), 63.5)
    assert (spend, overhang) == (127.0, 0.5)


def test_self_hosted_tokens_are_valued_at_hosts_price():
    assert ledger.value_self_hosting(10.0, 0.2, 0.2) == (pytest.approx(2.5),)


def test_all_eight_layers_are_paid_on_every_trajectory():
    found = rows(program(), tuple(f"revenue_{layer}" for layer in LAYERS))
    for layer in LAYERS:
        assert found[f"revenue_{layer}"].min() > 0.0, layer


def test_end_spend_is_counted_once_and_is_less_than_gross_revenue():
    found = rows(program(), ("end_spend", *(f"revenue_{layer}" for layer in LAYERS)))
    gross = np.sum([found[f"revenue_{layer}"] for layer in LAYERS], axis=0)
    assert (found["end_spend"] <= gross).all()
