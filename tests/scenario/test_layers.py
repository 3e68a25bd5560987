"""Scenarios that extend one another, and settings from the command line."""

from __future__ import annotations

import pytest

from stackcast.errors import ScenarioError
from stackcast.scenario import Scenario, layers, load_scenario

BASE = """
description = "the base"
[run]
trajectories = 1e6
seed = 5
[priors]
lag = { dist = "lognormal", p5 = 5, p95 = 22, unit = "months", source = "base" }
other = { dist = "normal", mean = 1, sd = 2, unit = "1", source = "base", note = "kept" }
[correlations.pair]
between = ["lag", "other"]
rank = 0.5
source = "assumption"
"""


def load(files, text, settings=()):
    files.write(BASE, "base.toml")
    return files.load('extends = "base.toml"\n' + text, "top.toml", set=settings)


def tables(scenario):
    return scenario.resolved()["priors"]


def test_tables_merge_key_by_key(files):
    scenario = load(files, "[run]\nseed = 9\n[priors.lag]\np95 = 30")
    assert (scenario.trajectories, scenario.seed) == (1_000_000, 9)
    source = "assumption: changed from p95 = 22 (was: base)"
    assert tables(scenario)["lag"] == {"dist": "lognormal", "p5": 5, "p95": 30, "unit": "months", "source": source}
    assert scenario.name == "top"
    assert scenario.description == ""


def test_a_prior_that_names_dist_replaces_the_inherited_one_whole(files):
    scenario = load(files, '[priors.other]\ndist = "uniform"\nmin = 0\nmax = 1\nunit = "1"\nsource = "top"')
    assert "note" not in tables(scenario)["other"]
    with pytest.raises(ScenarioError, match=r"priors\.other\.unit: is missing"):
        load(files, '[priors.other]\ndist = "uniform"\nmin = 0\nmax = 1\nsource = "top"')


def test_a_value_fixes_an_inherited_prior_and_keeps_its_unit(files):
    source = "assumption: changed from dist = lognormal, p5 = 5, p95 = 22 (was: base)"
    fixed = {"value": 12, "unit": "months", "source": source}
    assert tables(load(files, "[priors.lag]\nvalue = 12"))["lag"] == fixed
    assert tables(load(files, "", ["priors.lag.value=12"]))["lag"] == fixed
    assert tables(load(files, "", ["priors.lag={value = 12}"]))["lag"] == fixed


def test_mixing_two_ways_of_giving_a_shape_is_refused_with_the_way_out(files):
    with pytest.raises(ScenarioError, match="naming dist replaces an inherited prior whole"):
        load(files, "[priors.lag]\ninterval = [1, 2]\nlevel = 0.9")


def test_correlations_are_named_and_can_be_changed_one_by_one(files):
    scenario = load(files, "[correlations.pair]\nrank = -0.2")
    assert scenario.resolved()["correlations"]["pair"]["rank"] == -0.2
    assert load(files, "", ["correlations.pair.rank=0"]).plan.correlations == ()


def test_a_correlation_that_names_its_priors_and_an_event_replace_the_inherited_ones(files):
    scenario = load(files, '[correlations.pair]\nbetween = ["lag", "other"]\nmatrix = [[1], [0.1, 1]]\nsource = "s"')
    assert "rank" not in scenario.resolved()["correlations"]["pair"]
    files.write('[events]\nshortage = { from = "2027Q1" }' + files.base, "base.toml")
    later = files.load('extends = "base.toml"\n[events]\nshortage = { at = "2028Q1" }', "top.toml", files.registry)
    assert later.resolved()["events"] == {"shortage": {"at": "2028Q1"}}


def test_an_array_of_correlations_adds_to_the_inherited_ones(files):
    text = (
        '[priors]\nnew = { dist = "normal", mean = 0, sd = 1, unit = "1", source = "s" }\n'
        '[[correlations]]\nbetween = ["new", "other"]\nrank = 0.1\nsource = "s"'
    )
    scenario = load(files, text)
    assert set(scenario.resolved()["correlations"]) == {"pair", "new ~ other"}


def test_a_chain_of_three_is_merged_from_the_bottom_up(files):
    files.write(BASE, "base.toml")
    files.write('extends = "../base.toml"\n[run]\nseed = 6\nsample = 7', "sub/middle.toml")
    scenario = files.load('extends = "sub/middle.toml"\n[run]\nsample = 8', "top.toml")
    assert (scenario.seed, scenario.sample) == (6, 8)


def test_the_file_that_gave_a_bad_value_is_named(files):
    files.write(BASE.replace("p5 = 5", "p5 = 50"), "base.toml")
    with pytest.raises(ScenarioError) as caught:
        files.load('extends = "base.toml"\n[run]\nseed = 1', "top.toml")
    assert "base.toml: priors.lag.p95 = 22" in str(caught.value)
    files.write(BASE, "base.toml")
    with pytest.raises(ScenarioError, match=r"top\.toml: priors\.lag\.p5 = 50|top\.toml: priors\.lag\.p95"):
        files.load('extends = "base.toml"\n[priors.lag]\np5 = 50\np95 = 22', "top.toml")


def test_circular_and_missing_bases_are_refused(files):
    files.write('extends = "b.toml"', "a.toml")
    files.write('extends = "a.toml"', "b.toml")
    with pytest.raises(ScenarioError, match=r"extends = .*must not be circular: .*a\.toml -> .*b\.toml -> .*a\.toml"):
        load_scenario(files.folder / "a.toml", registry={})
    with pytest.raises(ScenarioError, match=r"extends = gone\.toml: no such file"):
        files.load('extends = "gone.toml"')


def test_a_shipped_scenario_can_be_extended_from_anywhere(files, monkeypatch):
    shipped = files.folder / "shipped"
    files.write(BASE, "shipped/base.toml")
    monkeypatch.setattr(layers, "shipped_folders", lambda: [shipped])
    assert files.load('extends = "base.toml"', "elsewhere/top.toml").seed == 5
    assert load_scenario("base", registry={}).seed == 5
    # The file beside it wins.
    files.write("[run]\nseed = 1", "elsewhere/base.toml")
    assert files.load('extends = "base.toml"', "elsewhere/top.toml").seed == 1


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("priors.lag.p95=24", ("priors", "lag", "p95"), 24),
        ("a.b=1e6", ("a", "b"), 1e6),
        ("a.b = true", ("a", "b"), True),
        ("a.b=word", ("a", "b"), "word"),
        ("a.b=2027Q3", ("a", "b"), "2027Q3"),
        ("a.b=some-file.csv", ("a", "b"), "some-file.csv"),
        ('a.b="two words"', ("a", "b"), "two words"),
        ("a.b=[1, 2]", ("a", "b"), [1, 2]),
        ("a.b={c = 1}", ("a", "b"), {"c": 1}),
        ('a."b c".d=1', ("a", "b c", "d"), 1),
        ("a.0.b=1", ("a", "0", "b"), 1),
    ],
)
def test_settings_take_toml_values_and_bare_words(setting, path, value):
    assert layers.parse_setting(setting) == (path, value)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("priors.lag.p95", "must be PATH=VALUE"),
        ("=3", "must be PATH=VALUE"),
        ("priors.lag.p95=", "a value is missing"),
        ("priors.lag.p95=two words", "not valid TOML"),
        ("priors.lag.p95=[1", "not valid TOML"),
        ("priors.lag.p95=nan", "must be a finite number"),
        ("priors.lag.p95=" + "9" * 6000, "must lie within"),
        ("priors.lag.p95=1\nseed = 3", "must be one line"),
        ("priors..p95=1", "must be a dotted path"),
        ("priors.lga.p95=1", "unknown prior; did you mean 'lag'?"),
        ("prior.lag.p95=1", "unknown key; did you mean 'priors'?"),
        ("priors.lag.p95x=1", "unknown key; did you mean 'p95'?"),
        ("correlations.pari.rank=1", "unknown correlation; did you mean 'pair'?"),
        ("correlations.pair.between.5=lag", "must be an index from 0 to 1"),
        ("run.seed.x=1", "run.seed is not a table"),
        ("run.sed=1", "unknown key; did you mean 'seed'?"),
        ("run.trajectories=1.5", "must be a whole number"),
        ("extends=other.toml", "cannot be set here"),
    ],
)
def test_bad_settings_are_one_line_from_the_command_line(files, setting, said):
    with pytest.raises(ScenarioError) as caught:
        load(files, "", [setting])
    message = str(caught.value)
    assert message.startswith("--set: ")
    assert said in message
    assert "\n" not in message
    assert len(message) < 400


def test_settings_reach_into_arrays_and_add_whole_priors(files):
    scenario = load(
        files, "",
        ["correlations.pair.between.1=extra", 'priors.extra={value = 1, unit = "1", source = "s"}'],
    )  # fmt: skip
    assert scenario.resolved()["correlations"]["pair"]["between"] == ["lag", "extra"]
    assert "extra" in scenario.priors


def test_a_setting_is_a_change_of_the_scenario(files):
    assert load(files, "").hash() != load(files, "", ["priors.lag.p95=24"]).hash()
    assert load(files, "", ["priors.lag.p95=22.0", "run.trajectories=1000000"]).hash() == load(files, "").hash()


@pytest.mark.parametrize(
    ("top", "settings", "source"),
    [
        ("", [], "base"),
        ("", ["priors.lag.note='a remark'"], "base"),
        ("", ["priors.lag.p95=30", 'priors.lag.source="a paper"'], "a paper"),
        ("[priors.lag]\np95 = 30", [], "assumption: changed from p95 = 22 (was: base)"),
        ("[priors.lag]\np95 = 30", ["priors.lag.p95=22"], "base"),
        ("[priors.lag]\np95 = 30\nsource = 'top'", [], "top"),
        ("[priors.lag]\np95 = 30\nsource = 'top'", ["priors.lag.p5=4"], "assumption: changed from p5 = 5 (was: top)"),
        ("[priors.lag]\np95 = 30", ["priors.lag.p5=4"], "assumption: changed from p5 = 5, p95 = 22 (was: base)"),
        ("", ["priors.lag.low=1"], "assumption: changed from no low (was: base)"),
    ],
)
def test_a_source_is_that_of_the_numbers_it_was_given_for(files, top, settings, source):
    scenario = load(files, top, settings)
    assert scenario.priors["lag"].source == source
    assert scenario.priors["lag"].assumption == source.startswith("assumption")
    stored = Scenario.from_resolved(scenario.resolved(), registry={})
    assert stored.priors["lag"].source == source
