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


def test_chips_are_the_stated_part_of_capital_spending():
    chips, foundry, spending = ledger.buy_chips(1e6, 3e4, 0.75, 0.8, 0.6)
    assert chips == pytest.approx(30.0)
    assert foundry == pytest.approx(30.0 * 0.25 * 0.8)
    assert spending == pytest.approx(50.0)


def test_own_use_is_paid_at_cost_and_never_above_the_rental_price():
    pay = lambda depreciation, rental: ledger.pay_own_use(  # noqa: E731
        10.0, 1.0, depreciation, 0.0, 1e6, 0.7, 0.0, rental
    )[0]
    hours = 1e6 * 2190 * 0.7
    assert pay(3.0, 5.0) == pytest.approx(10.0 * 3e9 / hours / 5.0)
    assert pay(30.0, 5.0) == 10.0


def test_idle_plant_does_not_pay_itself():
    """Own use is a budget: more plant with the same budget is not more revenue than the budget."""
    few = ledger.pay_own_use(10.0, 1.0, 50.0, 5.0, 1e6, 0.7, 0.05, 1.0)[0]
    assert few == 10.0


def test_training_lies_below_gross_profit():
    revenue, profit, cash, surplus = ledger.book_labs(8.0, 2.0, 3.0, 1.0, 0.05, 4.0, 0.2, 0.1, 1.7)
    assert revenue == 10.0
    assert profit == cash == pytest.approx(5.5)
    assert surplus == pytest.approx(-0.5)


def test_scarce_text_raises_what_labs_pay_for_data_up_to_a_bound():
    pay = lambda shortage: ledger.pay_from_labs(0.0, 0.0, 0.1, 10.0, 6.0, 0.04, 1.0, shortage, 0.01)[1]  # noqa: E731
    assert pay(0.0) == pytest.approx(0.4)
    assert pay(1.0) == pytest.approx(0.8)
    assert pay(100.0) == pytest.approx(2.5)


def test_rescued_labs_raise_what_they_lack():
    assert ledger.bank_labs(5.0, 2.0, -4.0) == (3.0, 2.0)
    assert ledger.bank_labs(5.0, 2.0, -9.0) == (0.0, 4.0)


def test_hardware_margins_are_the_stated_ones():
    chips, _, foundry, surplus = ledger.book_hardware(100.0, 20.0, 0.75, 0.55, 0.1)
    assert chips == pytest.approx(75.0)
    assert foundry == pytest.approx(11.0)
    assert surplus == pytest.approx(9.0)


def test_cloud_books_differ_by_capital_spending_less_depreciation():
    profit, cash, _ = ledger.book_cloud(30.0, 4.0, 10.0, 25.0, 0.05)
    assert profit - cash == pytest.approx(25.0 - 10.0)


def test_all_eight_layers_are_paid_on_every_trajectory():
    found = rows(program(), tuple(f"revenue_{layer}" for layer in LAYERS))
    for layer in LAYERS:
        assert found[f"revenue_{layer}"].min() > 0.0, layer


def test_end_spend_is_counted_once_and_is_less_than_gross_revenue():
    found = rows(program(), ("end_spend", *(f"revenue_{layer}" for layer in LAYERS)))
    gross = np.sum([found[f"revenue_{layer}"] for layer in LAYERS], axis=0)
    assert (found["end_spend"] <= gross).all()
