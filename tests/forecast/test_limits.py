"""Which limit binds: shares of a year's quarters, their errors, and what a run without quarters says."""

from __future__ import annotations

import numpy as np
import pytest

from stackcast.errors import StackcastError
from stackcast.forecast.limits import by_year, has_limits, limits_frame
from stackcast.report.tables import full_report, limits_table

N = 4000


@pytest.fixture
def quarters():
    """Categories of each quarter of two years by trajectory; one that lasts, so that quarters agree."""
    generator = np.random.default_rng(5)
    first = generator.choice(5, size=N, p=[0.3, 0.4, 0.2, 0.1, 0.0])
    drawn = {}
    for year in (2029, 2030):
        for q in (1, 2, 3, 4):
            again = generator.choice(5, size=N, p=[0.1, 0.6, 0.2, 0.1, 0.0])
            first = np.where(generator.random(N) < 0.7, first, again)
            drawn[f"{year}Q{q}"] = first
    return drawn


@pytest.fixture
def forecast(synthetic, quarters):
    def limit(period):
        return synthetic.cell("binding_constraint", synthetic.CATEGORY, "", period)

    draws = {limit(str(year)): quarters[f"{year}Q4"] for year in (2029, 2030)}
    return synthetic.forecast_from({**draws, **{limit(period): values for period, values in quarters.items()}})


def test_a_years_figure_is_the_mean_share_of_its_quarters(forecast, quarters):
    frame = forecast.limits()
    assert list(frame.columns) == ["year", "category", "probability", "mcse", "quarters"]
    for year in (2029, 2030):
        drawn = np.stack([quarters[f"{year}Q{q}"] for q in (1, 2, 3, 4)])
        for code, name in enumerate(("none", "chips", "power", "capital", "data")):
            row = frame[(frame["year"] == year) & (frame["category"] == name)].iloc[0]
            share = (drawn == code).mean(axis=0)
            assert row["probability"] == pytest.approx(share.mean(), abs=1e-12)
            assert row["quarters"] == 4
            # An upper bound of the error, and above zero where nothing was met.
            assert row["mcse"] >= share.std() / np.sqrt(N)
            assert row["mcse"] > 0.0
    assert frame.groupby("year")["probability"].sum().tolist() == pytest.approx([1.0, 1.0])


def test_the_error_is_that_of_quarters_that_agree(synthetic):
    values = np.repeat([1, 2], [N // 4, 3 * N // 4])
    periods = ("2030", *(f"2030Q{q}" for q in (1, 2, 3, 4)))
    same = {synthetic.cell("binding_constraint", synthetic.CATEGORY, "", period): values for period in periods}
    (year,) = by_year(synthetic.forecast_from(same).cells)
    assert year.parts["chips"].mcse == pytest.approx(np.sqrt(0.25 * 0.75 / N), rel=1e-3)


def test_without_quarters_the_last_one_is_shown_and_said_so(stack):
    frame = limits_frame(stack.cells)
    assert set(frame["quarters"]) == {1}
    p = stack.probability("binding_constraint", year=2030, equals="power")
    row = frame[(frame["year"] == 2030) & (frame["category"] == "power")].iloc[0]
    assert (row["probability"], row["mcse"]) == (p.value, p.mcse)
    assert "in the last quarter of the year" in limits_table(stack)


def test_the_report_has_the_table(forecast, stack, market):
    text = limits_table(forecast)
    assert "share of the quarters of the year" in text
    p = by_year(forecast.cells)[1].parts["chips"]
    assert f"{100 * p.value:.2f} +- {100 * p.mcse:.2f}" in text
    assert "Which limit binds" in full_report(stack)
    assert not has_limits(market.cells)
    assert limits_table(market) == ""
    assert "Which limit binds" not in full_report(market)


def test_a_notebook_shows_it(stack, small):
    assert "Which limit binds" in stack._repr_html_()
    assert small._repr_html_()


def test_bars_reach_a_hundred_and_carry_their_figures(forecast):
    from matplotlib.figure import Figure

    axes = forecast.plot.limits(ax=Figure().subplots())
    assert axes.get_ylim() == (0.0, 100.0)
    tops = [bar.get_y() + bar.get_height() for bar in axes.patches]
    assert max(tops) == pytest.approx(100.0)
    said = {text.get_text() for text in axes.texts}
    expected = {f"{100 * p.value:.0f}" for one in by_year(forecast.cells) for p in one.parts.values() if p.value > 0.04}
    assert expected <= said


def test_another_category_or_none_is_refused_in_one_line(stack):
    with pytest.raises(StackcastError, match=r"metric = loss_ratio: is not a category: allowed: binding_constraint"):
        stack.limits("loss_ratio")
    with pytest.raises(StackcastError, match=r"metric = binding: unknown \(did you mean 'binding_constraint'\?\)"):
        stack.limits("binding")
