"""`stackcast show` and `stackcast schema`."""

import csv
import io
import json

import pytest

from stackcast import open_run
from stackcast.ledger.layers import GROUPS, LAYERS


def test_table_is_the_default(here, stored):
    done = here("show", stored[0])
    assert (done.code, done.err) == (0, "")
    assert "512 trajectories" in done.out


def test_chosen_figures_are_the_forecasts(here, stored):
    done = here("show", stored[0], "--metric", "share", "--layer", "chips", "--year", "2030", "--format", "json")
    rows = {row["statistic"]: row for row in json.loads(done.out)}
    forecast = open_run(stored[0])
    assert rows["p50"]["value"] == pytest.approx(forecast.quantile("share", layer="chips", year=2030), abs=1e-12)
    assert rows["mean"]["mcse"] > 0.0


@pytest.mark.parametrize(("options", "layers"), [([], set(LAYERS)), (["--grouped"], set(GROUPS))])
def test_grouped_shows_groups_instead_of_layers(here, stored, options, layers):
    done = here("show", stored[0], "--metric", "share", "--format", "csv", *options)
    assert {row["layer"] for row in csv.DictReader(io.StringIO(done.out))} == layers


def test_csv_is_the_stored_summary(here, stored):
    done = here("show", stored[0], "--metric", "loss_ratio", "--format", "csv")
    stored_lines = (stored[0] / "summary.csv").read_text().splitlines()
    assert [line for line in stored_lines if line.startswith("loss_ratio,")] == done.out.splitlines()[1:]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--metric", "shares"], "did you mean 'share'?"),
        (["--metric", "share", "--layer", "chip"], "did you mean 'chips'?"),
        (["--metric", "share", "--year", "1999"], "1999"),
    ],
)
def test_unknown_figure_names_the_nearest(here, stored, options, said):
    done = here("show", stored[0], *options)
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1


def test_schema_is_json_and_knows_the_top_level_keys(here):
    schema = json.loads(here("schema").out)
    assert {"horizon", "run", "priors", "correlations", "mechanisms", "extends"} <= set(schema["properties"])
