"""What an expression means, on the toy's trajectories: dates, sums over years, events, layers, errors."""

import numpy as np
import pytest

from stackcast.claims.check import check
from stackcast.claims.terms import Columns
from stackcast.engine.declare import NEVER
from stackcast.errors import ClaimError
from tests.claims import toys
from tests.claims.toys import N, step, values


def rows(name, date):
    return toys.history()[name][step(date)]


def year_sum(name, year):
    first = step(float(year))
    total = toys.history()[name][first].copy()
    for quarter in (1, 2, 3):
        total += toys.history()[name][first + quarter]
    return total


def same(text, expected):
    _, value, counts = values(text)
    assert counts.all()
    np.testing.assert_array_equal(value, np.broadcast_to(expected, (N,)))


def test_a_year_is_the_sum_of_a_flow_and_the_end_of_a_stock():
    same("size @ 2030", year_sum("size", 2030))
    same("revenue[chips] @ 2030", year_sum("revenue_chips", 2030))
    same("mood @ 2030", rows("mood", "2030Q4"))
    same("norm @ 2030", rows("norm", "2030Q4"))
    same(
        "gross_profit[tooling_data] @ 2027",
        year_sum("gross_profit_tooling", 2027) + year_sum("gross_profit_data", 2027),
    )


def test_yearly_figures_are_those_of_the_yearly_output():
    for metric, layer, year in (("share", "chips", 2030), ("gross_profit", "apps", 2035), ("share", "foundry", 2023)):
        same(f"{metric}[{layer}] @ {year}", toys.sample()[f"{metric}.{layer}.{year}"])
    same("layer_hhi @ 2028", toys.sample()["layer_hhi.2028"])
    same("size @ 2031", toys.sample()["size.2031"])


def test_a_quarter_is_the_figure_of_the_quarter():
    same("size @ 2030Q3", rows("size", "2030Q3"))
    same("mood @ 2023Q1", rows("mood", "2023Q1"))
    same("share[chips] @ 2030Q3", rows("quarter:share_chips", "2030Q3"))
    same("share[models] @ 2030Q3", rows("quarter:share_models", "2030Q3"))
    total = rows("revenue_foundry", "2030Q3") + rows("revenue_chips", "2030Q3") + rows("revenue_cloud", "2030Q3")
    same("revenue[infrastructure] @ 2030Q3", total)
    profit, revenue = rows("gross_profit_chips", "2030Q3"), rows("revenue_chips", "2030Q3")
    same("gross_margin[chips] @ 2030Q3", profit / revenue)


def test_layers_are_added_and_margins_taken_of_the_sums():
    share = toys.sample()
    same("share[tooling + data] @ 2030", share["share.tooling.2030"] + share["share.data.2030"])
    profit = year_sum("gross_profit_chips", 2030) + year_sum("gross_profit_apps", 2030)
    revenue = year_sum("revenue_chips", 2030) + year_sum("revenue_apps", 2030)
    same("gross_margin[chips + apps] @ 2030", profit / revenue)


def test_calls_run_over_years_or_quarters():
    share = np.array([toys.sample()[f"share.chips.{year}"] for year in range(2026, 2031)])
    same("max(share[chips] over 2026..2030)", share.max(axis=0))
    same("min(share[chips] over 2026..2030)", share.min(axis=0))
    same("sum(share[chips] over 2026..2030)", (((share[0] + share[1]) + share[2]) + share[3]) + share[4])
    same("mean(share[chips] > 0.2 over 2026..2030)", (share > 0.2).sum(axis=0) / 5)
    mood = toys.history()["mood"][step("2024Q2") : step("2025Q1") + 1]
    same("max(mood over 2024Q2..2025Q1)", mood.max(axis=0))
    same("max(mood - (mood @ 2023) over 2024Q2..2025Q1)", (mood - rows("mood", "2023Q4")).max(axis=0))


def test_leading_layer_is_the_one_with_the_largest_share():
    from stackcast.ledger.layers import LAYERS

    shares = np.array([toys.sample()[f"share.{layer}.2030"] for layer in LAYERS])
    same("leading_layer @ 2030", shares.argmax(axis=0))
    same("leading_layer == chips @ 2030", shares.argmax(axis=0) == LAYERS.index("chips"))
    assert len(np.unique(shares.argmax(axis=0))) > 1
    quarter = np.array([rows(f"quarter:share_cash_{layer}", "2030Q3") for layer in LAYERS])
    same("leading_layer_cash @ 2030Q3", quarter.argmax(axis=0))


def test_a_list_has_an_earliest_date_a_largest_and_a_smallest_number():
    left, right = toys.sample()["event.doubled"], toys.sample()["event.lead_apps"]
    assert ((left < right) & (right < NEVER)).any()
    assert ((left > right) & (left < NEVER)).any()
    same("first(doubled, lead_apps)", np.minimum(left, right))
    same("first(lead_apps, 2028Q1, doubled)", np.minimum(np.minimum(left, right), 2028.0))
    size, mood = year_sum("size", 2030), rows("mood", "2030Q4")
    same("max(size, mood, 3) @ 2030", np.maximum(np.maximum(size, mood), 3))
    same("min(size, 3) > mood @ 2030", np.minimum(size, 3) > mood)
    ahead = np.array([np.maximum(year_sum("size", y), rows("mood", f"{y}Q4")) for y in (2026, 2027)])
    same("sum(max(size, mood) over 2026..2027)", ahead[0] + ahead[1])


def test_first_is_the_date_of_the_first_quarter():
    ahead = toys.history()["quarter:share_apps"] > toys.history()["quarter:share_chips"]
    dates = np.where(ahead.any(axis=0), 2023 + ahead.argmax(axis=0) / 4, NEVER)
    same("first(share[apps] > share[chips])", dates)
    assert len(np.unique(dates)) > 2
    years = np.array([toys.sample()[f"share.apps.{year}"] for year in range(2026, 2031)]) > 0.2
    same("first(share[apps] > 0.2 over 2026..2030) < 2028", years[:2].any(axis=0))
    # The date of a year is its beginning.
    same("first(share[apps] > 0.2 over 2026..2030) == 2026Q1", years[0])


DOUBLED = "doubled"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("doubled <= 2027", lambda d: d < 2028),
        ("doubled < 2028", lambda d: d < 2028),
        ("doubled < 2027", lambda d: d < 2027),
        ("doubled > 2027", lambda d: d >= 2028),
        ("doubled >= 2027", lambda d: d >= 2027),
        ("doubled == 2027", lambda d: (d >= 2027) & (d < 2028)),
        ("doubled != 2027", lambda d: (d < 2027) | (d >= 2028)),
        ("2028 > doubled", lambda d: d < 2028),
        ("2027 >= doubled", lambda d: d < 2028),
        ("2026 + 1 >= doubled", lambda d: d < 2028),
        ("doubled <= 2027Q2", lambda d: d <= 2027.25),
        ("doubled < 2027Q2", lambda d: d < 2027.25),
        ("doubled > 2027Q2", lambda d: d > 2027.25),
        ("doubled == 2027Q2", lambda d: d == 2027.25),
        ("doubled == never", lambda d: d == NEVER),
        ("doubled != never", lambda d: d < NEVER),
        ("doubled < never", lambda d: d < NEVER),
        ("doubled <= never", lambda d: d < NEVER),
        ("doubled > never", lambda d: d == NEVER),
        ("doubled + 1 <= 2028", lambda d: d < 2028),
        ("doubled - 0.5 < 2027Q1", lambda d: d < 2027.5),
        ("doubled + 1 == never", lambda d: d == NEVER),
        ("not doubled < 2028", lambda d: d >= 2028),
    ],
)
def test_dates_are_compared_by_year_and_never_is_last(text, expected):
    dates = toys.sample()["event.doubled"]
    assert (dates == NEVER).any()
    assert (dates < 2027).any()
    same(text, expected(dates))


def test_of_two_dates_the_left_one_decides_when_it_is_never():
    left, right = toys.sample()["event.doubled"], toys.sample()["event.lead_apps"]
    assert ((left == NEVER) & (right == NEVER)).any()
    same("doubled < lead_apps", (left < NEVER) & (left < right))
    same("doubled <= lead_apps", (left < NEVER) & (left <= right))
    same("doubled > lead_apps", (left == NEVER) | (left > right))
    same("doubled >= lead_apps", (left == NEVER) | (left >= right))


def test_a_date_after_a_comparison_dates_what_is_undated_in_it():
    same("size > 3 @ 2030", year_sum("size", 2030) > 3)
    same("size @ 2029 > size @ 2030", year_sum("size", 2029) > year_sum("size", 2030))
    same("size > 3 + mood @ 2030", year_sum("size", 2030) > 3 + rows("mood", "2030Q4"))
    same("(size > 3 and mood > 0) @ 2030", (year_sum("size", 2030) > 3) & (rows("mood", "2030Q4") > 0))


def test_division_by_zero_leaves_a_trajectory_out():
    _, value, counts = values("size / max(excess over 2023Q1..2023Q2) > 0 @ 2030")
    zero = toys.history()["excess"][:2].max(axis=0) == 0
    assert 0 < zero.sum() < N
    np.testing.assert_array_equal(counts, ~zero)
    assert value[counts].all()


def test_a_condition_selects_and_may_itself_be_undefined():
    _, _, counts = values("1 < 2 | doubled < 2028")
    np.testing.assert_array_equal(counts, toys.sample()["event.doubled"] < 2028)
    _, _, counts = values("1 < 2 | size / max(excess over 2023Q1..2023Q2) > 0 @ 2030")
    np.testing.assert_array_equal(counts, toys.history()["excess"][:2].max(axis=0) > 0)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("shore[chips] > 1 @ 2030", 1, "did you mean 'share'?"),
        ("share[ships] > 1 @ 2030", 7, "did you mean 'chips'?"),
        ("share > 1 @ 2030", 1, "needs a layer"),
        ("size[chips] > 1 @ 2030", 6, "is of the market"),
        ("doubled[chips] < 2030", 9, "is an event"),
        ("share[chips + chips] > 1 @ 2030", 15, "would count twice"),
        ("share[infrastructure + chips] > 1 @ 2030", 24, "chips would count twice"),
        ("share[chips] > 0.4", 1, "share[chips] has no date"),
        ("share[chips] @ 2030 > share[apps]", 23, "share[apps] has no date"),
        ("size + mood @ 2030", 1, "size has no date"),
        ("size @ 2030 | mood > 0", 15, "mood has no date"),
        ("max(size over 2026..2030) > mood", 29, "mood has no date"),
        ("size @ 2022", 8, "outside the run: allowed: 2023 to 2035"),
        ("size @ 2036", 8, "outside the run"),
        ("size @ 2036Q1", 8, "outside the run: allowed: 2023Q1 to 2035Q4"),
        ("max(size over 2030..2040)", 21, "outside the run"),
        ("max(size over 2030..2026)", 21, "before 2030"),
        ("max(size over 2026..2030Q1)", 21, "two years or two quarters"),
        ("max(size)", 1, "needs dates"),
        ("max(size @ 2030 over 2026..2030)", 1, "nothing in it runs"),
        ("first(size > 3 @ 2030)", 1, "nothing in it runs"),
        ("first(size)", 7, "a number: allowed in first: a condition"),
        ("max(size > 3 over 2026..2030)", 5, "a condition (true or false): allowed in max: a number"),
        ("mean(doubled over 2026..2030)", 1, "nothing in it runs"),
        ("open(size)", 1, "nothing can be called but first"),
        ("leading_layer[chips] @ 2030", 15, "is of the market"),
        ("leading_layer > 0.4", 1, "leading_layer has no date"),
        ("leading_layer == infrastructure @ 2030", 18, "unknown"),
        ("max(size, mood)", 5, "size has no date"),
        ("max(size, mood @ 2030)", 5, "size has no date"),
        ("max(size, doubled) @ 2030", 11, "a date: allowed in a list in max: a number"),
        ("first(doubled, 2028)", 16, "a number: allowed in a list in first: a date"),
        ("first(doubled, size > 3) @ 2030", 16, "a condition (true or false): allowed in a list in first"),
        ("sum(1, 2)", 1, "takes one expression"),
        ("max(size, 3 over 2026..2030)", 18, "a list has no dates of its own"),
        ("other(size) @ 2030", 1, "there is no other run"),
        ("doubled @ 2030", 11, "no undated series"),
        ("size @ 2030 > 3 @ 2031", 19, "no undated series"),
        ("3 @ 2030", 5, "no undated series"),
        ("(size > 3 @ 2030) + 1", 2, "a condition (true or false): allowed beside +"),
        ("size and mood @ 2030", 1, "size has no date"),
        ("size @ 2030 and 1 < 2", 1, "a number: allowed beside and: a condition"),
        ("not 3", 5, "a number: allowed after not"),
        ("1 | 3", 5, "a number: allowed after |"),
        ("-doubled", 2, "a date: allowed after -"),
        ("doubled * 2", 1, "a date: allowed beside *"),
        ("doubled + doubled", 11, "a fixed number of years"),
        ("doubled + 1e9", 11, "a fixed number of years"),
        ("1 + doubled", 1, "first beside a date"),
        ("doubled < 2028.5", 11, "a year (2028), a quarter"),
        ("doubled < 5", 11, "a year (2028), a quarter"),
        ("doubled < size @ 2030", 11, "a year (2028), a quarter"),
        ("(1 < 2) == (2 < 3)", 9, "compares conditions"),
        ("(size / 0) @ 2030", 9, "division by zero"),
        ("1 / 0.0", 5, "division by zero"),
        ("1 / (1 - 1)", 6, "division by zero"),
        ("(size / -0) @ 2030", 9, "division by zero"),
        ("1e200 * 1e200", 7, "too large"),
        ("1e300 + 1e300", 7, "too large"),
        ("0 - 1e300 - 1e300", 11, "too large"),
        ("cumulative_gross_profit[chips] @ 2030Q2", 1, "not known by quarter"),
        ("norm[chips + apps] @ 2030", 6, "is of the market"),
    ],
)
def test_errors_are_one_line_that_names_the_place(text, place, said):
    with pytest.raises(ClaimError) as caught:
        check(text, toys.catalogue(), Columns())
    line = str(caught.value)
    assert f"character {place}, " in line, line
    assert said in line, line
    assert "\n" not in line


def test_category_names_stand_for_their_numbers():
    from dataclasses import replace

    known = toys.catalogue()
    metric = replace(known.metrics["regime"], name="binding_constraint")
    named = replace(known, metrics={**known.metrics, "binding_constraint": metric})
    for text in (
        "binding_constraint == power @ 2030",
        "power == binding_constraint @ 2030",
        "(binding_constraint @ 2030) == power",
    ):
        columns = Columns()
        claim = check(text, named, columns)
        assert claim.kind == "truth"
        assert columns.pairs == [("regime", step("2030Q4"))]
    with pytest.raises(ClaimError, match="did you mean 'power'"):
        check("binding_constraint == powder @ 2030", named, Columns())


def test_a_run_may_start_within_a_year():
    from stackcast.claims.catalogue import catalogue_of
    from stackcast.engine.assembly import build

    late = catalogue_of(build(toys.scenario(quarters=9, start=2023.5)))
    columns = Columns()
    check("size @ 2024", late, columns)
    check("mood @ 2023Q3", late, columns)
    check("doubled < 2024", late, columns)
    assert columns.pairs == [("year:size", 5), ("mood", 0), ("doubled", 8)]
    with pytest.raises(ClaimError, match="allowed: 2024 to 2024"):
        check("size @ 2023", late, Columns())
    with pytest.raises(ClaimError, match="allowed: 2023Q3 to 2025Q3"):
        check("size @ 2023Q2", late, Columns())
