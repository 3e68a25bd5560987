"""Tables for the terminal."""

from __future__ import annotations

import csv
import io
import json

import pytest

from stackcast.errors import StackcastError
from stackcast.ledger.layers import GROUPS, LAYERS
from stackcast.report import tables


def test_the_layer_table_has_both_books_groups_and_losses(stack):
    text = tables.layer_table(stack)
    assert "accrual book" in text
    assert "cash book" in text
    assert "loss ratio" in text
    assert "= Infrastructure" in text
    assert "What it is not" in text
    assert max(len(line) for line in text.splitlines()) <= 120


def test_a_cell_shows_median_range_mean_and_error(stack):
    low, middle, high = (100 * stack.quantile("share", layer="chips", year=2030, q=q) for q in (0.05, 0.5, 0.95))
    mean = stack.to_frame(metric="share", layer="chips", period=2030).iloc[0]
    text = tables.layer_table(stack, grouped=False)
    assert f"{middle:.0f} [{low:.1f} - {high:.0f}]" in text or f"{middle:.0f} [{low:.0f} - {high:.0f}]" in text
    assert f"{100 * mean['value']:.1f} +- {100 * mean['mcse']:.1f}" in text
    assert "Infrastructure" not in text


def test_grouped_shows_the_four_groups_alone(stack):
    text = tables.layer_table(stack, grouped=True)
    assert "= Tooling & data" in text
    assert "Closed models" not in text


def test_csv_and_json_hold_the_tidy_frame(stack):
    rows = list(csv.DictReader(io.StringIO(tables.show(stack, metric="share", year=2030, format="csv"))))
    assert {row["layer"] for row in rows} == set(LAYERS)
    records = json.loads(tables.show(stack, metric="share", year=2030, grouped=True, format="json"))
    assert {record["layer"] for record in records} == set(GROUPS)
    assert {record["mcse"] for record in records if record["statistic"] == "sd"} == {None}
    json.loads(tables.show(stack, metric="exhaustion", format="json"), parse_constant=pytest.fail)


def test_chosen_outputs_are_shown_as_numbers(stack):
    text = tables.show(stack, metric="frontier_flop", year=2030)
    assert "FLOP" in text
    assert f"{stack.quantile('frontier_flop', year=2030):.4g}" in text
    assert "…" not in text
    assert "never" in tables.show(stack, metric="exhaustion")


def test_without_a_choice_the_layer_table_is_shown(stack):
    assert tables.show(stack) == tables.layer_table(stack, grouped=False)
    assert tables.show(stack, grouped=True) == tables.layer_table(stack, grouped=True)


def test_unknown_names_are_refused(stack):
    with pytest.raises(StackcastError, match="format = yaml: allowed table, csv, json"):
        tables.show(stack, format="yaml")
    with pytest.raises(StackcastError, match="metric = margins"):
        tables.show(stack, metric="margins")


def test_a_flagged_mean_is_marked(synthetic):
    import numpy as np

    draws = {synthetic.cell("profit", synthetic.MONEY, "", "2030"): 1.0 + np.random.default_rng(1).pareto(1.5, 20_000)}
    text = tables.show(synthetic.forecast_from(draws), metric="profit")
    assert any(word.endswith(tables.MARK) for word in text.split())


@pytest.mark.parametrize("run", ["small", "market"])
def test_small_and_layerless_runs_have_a_report(run, request):
    text = tables.full_report(request.getfixturevalue(run))
    assert "D6" in text
    assert "Monte Carlo" in text
