"""The record in the core: guided runs follow it, free runs do not see it, only what is weighed is evidence."""

import dataclasses

import numpy as np
import pytest

from stackcast.engine.program import with_record
from stackcast.engine.replay import replay_block
from stackcast.errors import ModelError
from stackcast.mechanisms import guiding
from tests.mechanisms.baseline import program

SALES = 0.5 + 0.2 * np.arange(12)
"""Log of the leader's quarterly sales, USD_bn: a record of twelve quarters, weighed from the fifth on."""
LANES = 256


def record(logs=SALES, error=0.02, seen=1.0):
    rows = np.tile([[0.0], [1.0], [0.0], [0.0]], program().quarters)
    for quarter, level in enumerate(logs):
        rows[:, quarter] = level, error, seen, float(quarter >= 4) * seen
    return rows


def rows_of(base, names, quarters=20):
    found = {name: [] for name in names}
    for step, table in replay_block(base, 7, 0, LANES):
        if step >= quarters:
            break
        for name in names:
            found[name].append(table[base.names[name]].copy())
    return {name: np.array(values) for name, values in found.items()}


def leader(rows):
    return np.log((1.0 - rows["rival_share"]) * rows["shipments"] * rows["leader_price"] / 1e9)


SOLD = ("rival_share", "shipments", "leader_price")


def test_a_guided_run_is_at_the_record_within_its_error():
    """A fifth of a standard deviation of the state is left of a surprise: with 0.5 at most, within 0.15."""
    found = leader(rows_of(with_record(program(), {"chip_sales": record()}), SOLD))
    free = leader(rows_of(program(), SOLD))
    gap, loose = np.abs(found[4:12] - SALES[4:, None]), np.abs(free[4:12] - SALES[4:, None])
    assert np.median(gap) < 0.05
    assert np.median(gap) < 0.1 * np.median(loose)


def test_an_exact_record_is_met_exactly():
    found = leader(rows_of(with_record(program(), {"chip_sales": record(error=1e-9)}), SOLD))
    np.testing.assert_allclose(found[:12], np.tile(SALES[:, None], LANES), atol=1e-6)


def test_what_is_not_seen_changes_no_bit():
    names = (*SOLD, "sales_drift", "chip_sales_evidence", "products_log")
    free, blind = (
        rows_of(base, names) for base in (program(), with_record(program(), {"chip_sales": record(seen=0.0)}))
    )
    for name in names:
        np.testing.assert_array_equal(free[name], blind[name])


def test_evidence_gathers_only_where_it_is_weighed():
    found = rows_of(with_record(program(), {"chip_sales": record()}), ("chip_sales_evidence",))["chip_sales_evidence"]
    assert (found[:4] == 0.0).all()
    assert (np.diff(found[3:12], axis=0) != 0.0).all()
    assert (found[12:] == found[11]).all()


def test_after_the_record_the_run_is_free_and_its_drift_fades():
    rows = rows_of(with_record(program(), {"chip_sales": record()}), ("sales_drift", "sales_innovation", "sales_noise"))
    assert np.std(rows["sales_innovation"][12:] / rows["sales_noise"][12:]) == pytest.approx(1.0, abs=0.1)
    assert np.abs(rows["sales_drift"][19]).mean() < np.abs(rows["sales_drift"][11]).mean()


def test_more_sold_than_expected_empties_the_backlog_then_raises_budgets_and_expectations():
    shipped, backlog, packaging, *_, unordered = guiding.correct_supply(
        2.0, 100.0, 30.0, 1.0, 1.0, 1.0, 100.0, 0.0, 1e6, 0.0, 1.0, 0.0
    )
    assert (shipped, backlog, unordered, packaging) == (200.0, 0.0, 70.0, 2.0)
    budget, growth, step = guiding.correct_budget(10.0, 0.1, 0.3, 2.0, 0.5, 70.0, 1e8, 0.5)
    assert budget == pytest.approx(10.0 * np.sqrt(2.0) + 70.0 * 1e8 / 0.5e9)
    assert growth == pytest.approx(0.1 + np.log(budget / 10.0))
    assert step == pytest.approx(0.3 + 0.5 * np.log(2.0))


def test_sites_limit_a_free_run_but_not_what_the_record_saw_sold():
    room = 120.0
    arguments = (2.0, 100.0, 300.0, 1.0, 1.0, 1.0, 400.0, 0.0, room / 1e6, 0.0, 1.0)
    assert guiding.correct_supply(*arguments, 0.0)[0] == pytest.approx(room)
    assert guiding.correct_supply(*arguments, 1.0)[0] == 200.0
    assert guiding.find_power(room / 1e6, 0.0, 200.0, 1.0)[0] == pytest.approx(200.0 / 1e6)


def test_less_sold_than_expected_shrinks_capacity_only_where_it_was_short():
    slack, short = (
        guiding.correct_supply(0.5, 100.0, 0.0, 10.0, 10.0, 10.0, 400.0, scarcity, 1e6, 0.0, 1.0, 0.0)
        for scarcity in (0.0, 0.2)
    )
    assert slack[2] == 10.0
    assert short[2] == 5.0


def test_labs_run_rates_guide_spend_on_products():
    rate = np.tile([[np.log(2.0)], [0.01], [1.0], [1.0]], program().quarters)
    names = ("spend_products", "lab_sales_evidence", "lab_coverage", "revenue_closed_models")
    found = rows_of(with_record(program(), {"lab_sales": rate}), names)
    seen = np.log(4.0 * found["lab_coverage"] * found["revenue_closed_models"])[8:]
    assert abs(np.median(seen) - np.log(2.0)) < 0.1
    assert (found["lab_sales_evidence"][5] != 0.0).all()


def test_a_record_that_nobody_observes_is_refused():
    with pytest.raises(ModelError, match="'rainfall' is observed by no mechanism: allowed are chip_sales, lab_sales"):
        with_record(program(), {"rainfall": record()})


def test_a_record_outlives_a_change_of_the_plan():
    guided = with_record(program(), {"chip_sales": record()})
    assert dataclasses.replace(guided, plan=guided.plan).record["chip_sales"][2].sum() == 12.0
