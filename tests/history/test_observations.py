"""What was public when: the rule of publication, quarters, units, and a user's own rows."""

import datetime

import numpy as np
import pytest

from stackcast.errors import StackcastError
from stackcast.history import observations
from stackcast.history.observations import calendar_quarter
from stackcast.history.observed import points_of, quarter_index, read_map
from stackcast.history.publication import VINTAGES, is_dataset

HEADER = "series,entity,date,period,value,unit,low,high,source,source_kind,verification,note\n"


def day(text):
    return datetime.date.fromisoformat(text)


def test_a_figure_reported_late_is_not_known_before():
    """Anthropic's run rate of January 2024 was first reported in September 2025."""
    early = observations(series="annualized_revenue", entity="Anthropic", as_of="2025-09-25")
    late = observations(series="annualized_revenue", entity="Anthropic", as_of="2025-09-26")
    assert day("2024-01-01") not in set(early["date"])
    assert day("2024-01-01") in set(late["date"])


@pytest.mark.parametrize(("kind", "delay"), [("company filing", 45), ("press release", 30), ("news report", 90)])
def test_without_a_note_the_kind_of_source_says_when(tmp_path, kind, delay):
    file = tmp_path / "own.csv"
    file.write_text(HEADER + f"x,y,2024-03-31,quarter,1,USD_bn,,,somebody,{kind},web page,\n")
    published = day("2024-03-31") + datetime.timedelta(days=delay)
    known = [
        len(observations(series="x", as_of=when, files=[file]))
        for when in (published - datetime.timedelta(1), published)
    ]
    assert known == [0, 1]


def test_a_data_set_is_not_known_before_its_vintage():
    frame = observations(as_of="2024-12-31")
    assert not is_dataset(frame).any()
    assert not set(frame["file"]) & {"chip_supply", "training_costs", "notable_models", "open_closed_gap"}
    prices = observations(series="lowest_price[MMLU at GPT-4-0314 level]", as_of=VINTAGES["price_at_fixed_performance"])
    assert len(prices) == 5


def test_hindsight_adds_rows_of_data_sets_and_no_other():
    known = observations(as_of="2024-12-31")
    more = observations(as_of="2024-12-31", hindsight=True)
    added = more.merge(known, how="left", indicator=True, on=list(known.columns))
    added = added[added["_merge"] == "left_only"]
    assert len(added) > 100
    assert is_dataset(added).all()
    assert max(added["date"]) <= day("2024-12-31")


def test_nothing_known_at_a_date_was_published_after_it():
    for when in ("2023-12-31", "2024-06-30", "2024-12-31"):
        frame = observations(as_of=when)
        assert len(frame) > 100
        assert max(frame["published"]) <= day(when)


@pytest.mark.parametrize(
    ("end", "quarter"),
    [("2024-01-28", "2023Q4"), ("2024-04-28", "2024Q1"), ("2023-08-31", "2023Q3"), ("2024-12-31", "2024Q4"),
     ("2025-10-26", "2025Q3")],
)  # fmt: skip
def test_fiscal_quarters_are_the_nearest_calendar_quarters(end, quarter):
    assert calendar_quarter(day(end), "quarter") == quarter


def test_an_instant_is_in_the_quarter_of_its_date():
    assert calendar_quarter(day("2024-01-01"), "instant") == "2024Q1"


def test_units_are_converted_once_and_provenance_is_kept():
    row = observations(series="data_center_revenue", entity="NVIDIA").iloc[-1]
    assert (row["value"], row["unit"], row["quarter"]) == (51.215, "USD_bn", "2025Q3")
    assert row["source"]
    assert row["file"] == "chips_financials"
    margin = observations(series="gross_margin_gaap", entity="NVIDIA")
    assert margin["value"].between(0.3, 0.9).all()
    assert set(margin["unit"]) == {"1"}


def test_every_shipped_row_is_finite_and_dated():
    frame = observations()
    assert np.isfinite(frame["value"]).all()
    assert frame["published"].notna().all()
    assert frame["source"].notna().all()


def test_every_line_of_the_map_has_points():
    frame = observations()
    for line in read_map():
        points = points_of(frame, line)
        assert len(points) >= 2, line.name
        assert np.all(np.diff(points.position) > 0.0), line.name


def test_points_sit_where_their_quarter_or_date_falls():
    line = next(line for line in read_map() if line.entity == "NVIDIA" and line.series == "data_center_revenue")
    points = points_of(observations(), line)
    assert points.position[-1] == quarter_index("2025Q3") == 10
    assert points.value[-1] == 51.215


def test_a_users_row_replaces_the_shipped_one_of_its_key(tmp_path):
    file = tmp_path / "own.csv"
    file.write_text(
        HEADER + "data_center_revenue,NVIDIA,2025-10-26,quarter,60000,USD_m,,,me,company filing,web page,\n"
    )
    frame = observations(series="data_center_revenue", entity="NVIDIA", files=[file])
    assert frame["value"].iloc[-1] == 60.0
    assert len(frame) == len(observations(series="data_center_revenue", entity="NVIDIA"))


def test_a_revision_takes_nothing_away_before_it_was_public(tmp_path):
    file = tmp_path / "own.csv"
    row = "data_center_revenue,NVIDIA,2024-04-28,quarter,9,USD_bn,,,me,company filing,web page"
    file.write_text(f"{HEADER}{row},first reported 2026-03-01\n")
    for when, value in (("2025-12-31", 22.563), ("2026-03-01", 9.0)):
        frame = observations(series="data_center_revenue", entity="NVIDIA", as_of=when, files=[file])
        assert frame.loc[frame["date"] == day("2024-04-28"), "value"].tolist() == [value]


def test_a_users_row_of_a_data_set_is_not_public_before_its_period_ends(tmp_path):
    file = tmp_path / "own.csv"
    file.write_text(HEADER + "x,y,2027-06-30,quarter,1,USD_bn,,,me,dataset,web page,\n")
    assert len(observations(series="x", as_of="2027-06-29", files=[file])) == 0
    assert len(observations(series="x", as_of="2027-06-30", files=[file])) == 1


def aws(tmp_path, *rows):
    file = tmp_path / "own.csv"
    file.write_text(HEADER + "".join(f"cloud_revenue,AWS,{row},,,me,company filing,web page,\n" for row in rows))
    line = next(line for line in read_map() if line.entity == "AWS")
    return points_of(observations(files=[file]), line)


def test_sums_over_longer_than_a_quarter_are_no_points(tmp_path):
    line = next(line for line in read_map() if line.entity == "AWS")
    found = aws(tmp_path, "2024-12-31,year,107,USD_bn", "2025-06-30,half-year,60,USD_bn")
    assert found.position.tolist() == points_of(observations(), line).position.tolist()


def test_a_figure_in_the_wrong_unit_is_one_line(tmp_path):
    with pytest.raises(StackcastError, match=r"own\.csv: cloud_revenue of AWS, 2026-03-31: unit = 1: allowed: USD_bn"):
        aws(tmp_path, "2026-03-31,quarter,35,pct")


GOOD = {"series": "x", "entity": "y", "date": "2024-03-31", "period": "quarter", "value": "1", "unit": "USD_bn",
        "low": "", "high": "", "source": "s", "source_kind": "press release",
        "verification": "", "note": ""}  # fmt: skip


@pytest.mark.parametrize(
    ("column", "given", "said"),
    [
        ("date", "2024-02-30", "row 2, date = 2024-02-30: allowed: a date"),
        ("date", "9999-12-31", "row 2, date = 9999-12-31: allowed: a date"),
        ("note", "first reported 2026-13-45", 'row 2, note = first reported 2026-13-45: allowed: "first reported"'),
        ("value", "many", "row 2, value = many: allowed: a finite number"),
        ("value", "inf", "row 2, value = inf: allowed: a finite number"),
        ("value", "", "row 2, value = nothing: allowed: a finite number"),
        ("unit", "EUR", "row 2, unit = EUR: allowed: USD"),
        ("source_kind", "rumour", "row 2, source_kind = rumour: allowed: company filing"),
        ("period", "week", "row 2, period = week: allowed: quarter"),
        ("series", "", "row 2, series = nothing: allowed: a text"),
    ],
)
def test_a_bad_row_is_one_line_with_file_row_and_column(tmp_path, column, given, said):
    file = tmp_path / "own.csv"
    file.write_text(HEADER + ",".join({**GOOD, column: given}.values()) + "\n")
    with pytest.raises(StackcastError) as error:
        observations(files=[file])
    assert str(error.value).startswith(f"{file}: {said}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be read"),
        (HEADER, "has no rows"),
        (HEADER + "a,b,2024-03-31,quarter,1\n", "row 2 = 5 fields: allowed: 12"),
        (HEADER.replace("unit,", "") + "a,b,2024-03-31,quarter,1,,,s,press release,,\n", "columns = missing unit"),
        (HEADER.replace("note", "note,extra") + ",".join([*GOOD.values(), "1"]) + "\n", "columns = unknown extra"),
        (HEADER + (",".join(GOOD.values()) + "\n") * 2, "appears twice"),
        (
            HEADER + ",".join({**GOOD, "low": "3", "high": "2"}.values()) + "\n",
            "row 2, low = 3: allowed: at most high = 2",
        ),
    ],
)
def test_a_bad_table_is_one_line(tmp_path, text, said):
    file = tmp_path / "own.csv"
    file.write_text(text)
    with pytest.raises(StackcastError, match=r"own\.csv") as error:
        observations(files=[file])
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_and_a_bad_date_are_one_line(tmp_path):
    with pytest.raises(StackcastError, match="no such file"):
        observations(files=[tmp_path / "nowhere.csv"])
    with pytest.raises(StackcastError, match="allowed: a date such as"):
        observations(as_of="yesterday")


def test_a_difference_over_a_missing_quarter_is_no_quarters():
    from stackcast.history.derived import leader_units

    whole = observations()
    counts = whole["series"].eq("cumulative_compute_shipped") & whole["entity"].eq("NVIDIA")
    gap = whole[~(counts & whole["quarter"].eq("2024Q2"))]
    lost = set(leader_units(whole)["quarter"]) - set(leader_units(gap)["quarter"])
    assert lost == {"2024Q2", "2024Q3"}
