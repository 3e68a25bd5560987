"""`stackcast history`: the table of series, rows that were public at a date, the picture, and what it refuses."""

import json

import pytest

from tests.cli.processes import finish


def test_it_lists_every_series_with_its_span(here):
    done = here("history")
    assert done.code == 0
    assert "data_center_revenue" in done.out
    assert "NVIDIA" in done.out
    assert done.err == ""


def test_rows_of_a_series_are_those_that_were_public(here):
    def dates(as_of):
        rows = here("history", "--series", "annualized_revenue", "--entity", "Anthropic", "--as-of", as_of, "--json")
        return {row["date"] for row in json.loads(rows.out)}

    assert "2024-01-01" not in dates("2025-06-30")
    assert "2024-01-01" in dates("2025-12-31")


def test_it_draws_the_record(tmp_path):
    done = finish("history", "--plot", cwd=tmp_path)
    assert done.code == 0
    assert (tmp_path / "history.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--series", "rainfall"], "history rainfall: no such rows"),
        (["--as-of", "2024-13-01"], "as_of = 2024-13-01: allowed: a date"),
        (["--plot", "--out", "record.txt"], "--out = record.txt: allowed: a file ending in"),
        (["--observations", "own.csv"], "own.csv: no such file"),
    ],
)
def test_bad_options_are_one_line(here, options, said):
    done = here("history", *options)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1
