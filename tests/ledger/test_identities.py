"""I1 to I8 and C4 on every step, from separate accumulators; and faults that must break them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from stackcast.engine.assembly import build
from stackcast.engine.declare import Loop
from stackcast.engine.driver import simulate
from stackcast.engine.jit import kernel
from stackcast.engine.replay import replay
from stackcast.ledger.identities import IDENTITIES, worst_errors
from stackcast.mechanisms import MECHANISMS, ledger
from stackcast.scenario import load_scenario
from tests.mechanisms.baseline import BASELINE, rows, scenario

TOLERANCE = 1e-9
ROWS = tuple(f"identity_{name}" for name in IDENTITIES)


@pytest.fixture(scope="module")
def audited():
    return build(load_scenario(BASELINE, set=["mechanisms.audit=true", "outputs.quarterly=[]"]))


@pytest.mark.parametrize("seed", [1, 2, 20230101])
def test_identities_hold_on_every_step_of_a_hundred_thousand_trajectories(audited, seed):
    aggregates = simulate(audited, 100_000, seed, sample=0).aggregates
    worst = {
        cell.metric: aggregates.maximum[i]
        for i, cell in enumerate(aggregates.cells)
        if cell.metric in ROWS and cell.period == "2035"
    }
    assert set(worst) == set(ROWS)
    assert max(worst.values()) < TOLERANCE, worst


def test_identities_hold_on_the_rows_of_a_replay():
    errors = worst_errors(replay(build(scenario()), 5, 7))
    assert set(errors) == set(IDENTITIES)
    assert max(errors.values()) < TOLERANCE, errors


BOOK_LABS, BOOK_CLOUD = kernel(ledger.book_labs), kernel(ledger.book_cloud)
AGE_PLANT, CLOUD_REVENUE = kernel(ledger.age_plant), kernel(ledger.cloud_revenue)
BOOK_HARDWARE, BOOK_TOOLING = kernel(ledger.book_hardware), kernel(ledger.book_tooling)


def training_in_cost_of_revenue(*arguments):
    revenue, profit, cash, surplus = BOOK_LABS(*arguments)
    training = arguments[5]
    return revenue, profit - training, cash - training, surplus


def depreciation_doubled(revenue_cloud, cloud_operations, depreciation, capital_spending, cloud_research):
    return BOOK_CLOUD(revenue_cloud, cloud_operations, 2.0 * depreciation, capital_spending, cloud_research)


def chips_expensed(revenue_cloud, cloud_operations, depreciation, capital_spending, cloud_research):
    profit, cash, surplus = BOOK_CLOUD(revenue_cloud, cloud_operations, depreciation, capital_spending, cloud_research)
    return profit - capital_spending, cash, surplus


def stage_that_loses(*arguments):
    building, first, second, third, fourth, depreciation = AGE_PLANT(*arguments)
    return building, first, 0.99 * second, third, fourth, depreciation


def revenue_counted_twice(*arguments):
    (total,) = CLOUD_REVENUE(*arguments)
    return (total + 0.01 * arguments[0],)


def rescue_forgotten(last_lab_cash, lab_funding, operating_surplus_closed_models):
    before = last_lab_cash + lab_funding + operating_surplus_closed_models
    return max(before, 0.0) + 0.001, lab_funding


def rivals_left_out(pay_cloud_chips, pay_chips_foundry, chip_margin, foundry_gross_margin, hardware_research):
    return BOOK_HARDWARE(
        pay_cloud_chips, pay_chips_foundry, chip_margin + 0.01, foundry_gross_margin, hardware_research
    )


def platforms_cost_nothing(*arguments):
    return BOOK_TOOLING(*arguments[:5], 0.9 * arguments[5], arguments[6])


FAULTS = {
    "training in cost of revenue": (ledger.book_labs, training_in_cost_of_revenue, {"I3", "I4"}),
    "depreciation doubled": (ledger.book_cloud, depreciation_doubled, {"I3", "I5", "I6"}),
    "chips expensed": (ledger.book_cloud, chips_expensed, {"I3", "I5"}),
    "a stage loses 1 %": (ledger.age_plant, stage_that_loses, {"I7"}),
    "revenue counted twice": (ledger.cloud_revenue, revenue_counted_twice, {"I1", "I2"}),
    "chips booked at another margin": (ledger.book_hardware, rivals_left_out, {"I3", "I4", "I6"}),
    "a part of tooling's costs forgotten": (ledger.book_tooling, platforms_cost_nothing, {"I3", "I4", "I6"}),
    "a rescue of labs forgotten": (ledger.bank_labs, rescue_forgotten, {"I8"}),
}


def _faulty(body, fault):
    """The baseline with one body of the ledger replaced, and the audit behind it."""

    def swap(loop: Loop) -> Loop:
        return dataclasses.replace(loop, body=fault, reads=loop.inputs) if loop.body is body else loop

    broken = dataclasses.replace(MECHANISMS["ledger"], loops=tuple(swap(loop) for loop in MECHANISMS["ledger"].loops))
    chosen = [broken if m.name == "ledger" else m for m in scenario().mechanisms]
    return build(dataclasses.replace(scenario(), mechanisms=(*chosen, MECHANISMS["audit"]), switched_off=()))


@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_breaks_its_identities(name):
    body, fault, broken = FAULTS[name]
    worst = {row: values[-1].min() for row, values in rows(_faulty(body, fault), ROWS, n=256).items()}
    for identity in broken:
        assert worst[f"identity_{identity}"] > 1e-6, (identity, worst)


def test_audit_changes_no_other_row(audited):
    plain = build(scenario())
    names = ("gross_profit_cloud", "frontier_flop", "lab_cash")
    with_audit, without = rows(audited, names, n=256), rows(plain, names, n=256)
    for name in names:
        np.testing.assert_array_equal(with_audit[name], without[name])
