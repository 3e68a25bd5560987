"""A scenario that goes on from an ensemble: joint members, the state they start from, what stands above them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from stackcast.engine.assembly import build
from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.draws import draw_values
from stackcast.engine.driver import simulate
from stackcast.engine.replay import replay, replay_block
from stackcast.errors import ScenarioError, StackcastError
from stackcast.ledger.identities import IDENTITIES
from stackcast.scenario import Scenario, load_scenario
from stackcast.scenario.ensemble import read_ensemble, write_ensemble
from stackcast.scenario.members import carried_rows

ROOT = Path(__file__).resolve().parents[2]
BASELINE = ROOT / "configs" / "baseline.toml"
MEMBERS, SEED = 16, 11


# --- the small model: nothing random but the parameters


def priors(count=5):
    k = np.arange(count, dtype=float)
    return {
        "growth": 1e5 + 1e3 * k,
        "start_fleet": np.full(count, 0.29e6),
        "price_level": 30.0 + k,
        "shortage_hazard": 0.01 * k,
        "shortage_from": np.full(count, 2023.0),
    }


def state(count=5):
    return {"fleet": 1e6 + 1e4 * np.arange(count)}


@pytest.fixture
def small(files):
    files.write(
        files.base + '[correlations.a]\nbetween = ["growth", "price_level"]\nrank = 0.5\nsource = "s"', "base.toml"
    )

    def load(text="", settings=(), written=(None, None), start="2026Q1"):
        given = [default if own is None else own for own, default in zip(written, (priors(), state()), strict=True)]
        write_ensemble(files.folder / "e.parquet", *given, start, {"scenario": "abc", "as_of": "2025-12-31"})
        head = 'extends = "base.toml"\nensemble = "e.parquet"\n'
        return files.load(head + text, "top.toml", registry=files.registry, set=settings)

    return load


def refused(load, *args, **kwargs):
    with pytest.raises(StackcastError) as caught:
        load(*args, **kwargs)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_trajectory_takes_one_row_for_parameters_and_state(small):
    scenario = small()
    drawn = draw_values(scenario.plan, 3, 0, 400)
    member = np.rint((drawn["growth"] - 1e5) / 1e3)
    assert set(member) == set(range(5))
    assert np.array_equal(drawn["price_level"], 30.0 + member)
    assert np.array_equal(drawn["state_fleet"], 1e6 + 1e4 * member)
    assert scenario.plan.correlations == ()


def test_the_first_quarter_goes_on_from_the_state(small):
    scenario = small()
    rows = replay(build(scenario), 7, 3)
    assert rows["fleet"][0] == rows["state_fleet"][0] + rows["growth"][0]
    assert rows["price"][0] == rows["price_level"][0] / rows["fleet"][0]
    assert scenario.start == 2026.0


def test_the_state_is_drawn_and_is_no_prior_of_the_user(small):
    scenario = small()
    assert "state_fleet" not in scenario.priors
    assert "state_fleet" in [draw.name for draw in scenario.plan.priors]
    assert scenario.priors["growth"].dist == "ensemble"
    assert scenario.priors["growth"].source == "a paper"
    assert not scenario.messages


def test_the_start_is_the_files_and_another_one_is_refused(small):
    assert small('[horizon]\nend = "2027Q4"').quarters == 8
    assert small('[horizon]\nstart = "2026Q1"').start == 2026.0
    said = refused(small, '[horizon]\nstart = "2025Q1"')
    assert said.endswith("top.toml: horizon.start = 2025Q1: must be 2026Q1, where the ensemble e.parquet ends and a "
                         "forecast begins; or leave it out")  # fmt: skip
    assert refused(small, settings=["horizon.start=2024Q1"]).startswith("--set: horizon.start = 2024Q1: must be 2026Q1")


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("[priors.price_level]\nvalue = 50", ()),
        ("", ["priors.price_level.value=50"]),
        ('[priors.price_level]\ndist = "uniform"\nmin = 50\nmax = 50.001\nunit = "USD_k"\nsource = "s"', ()),
    ],
)
def test_a_prior_given_with_the_ensemble_or_after_it_stands_above_it(small, text, settings):
    scenario = small(text, settings)
    drawn = draw_values(scenario.plan, 3, 0, 200)
    assert np.all(np.abs(drawn["price_level"] - 50) < 0.01)
    assert np.array_equal(drawn["growth"], draw_values(small().plan, 3, 0, 200)["growth"])


def test_a_note_or_a_source_alone_leaves_the_prior_to_the_ensemble(small):
    assert small('[priors.price_level]\nnote = "read this"').priors["price_level"].dist == "ensemble"


def test_a_file_above_may_extend_one_with_an_ensemble(files, small):
    small()
    text = 'extends = "top.toml"\n[priors.growth]\np95 = 0.5'
    scenario = files.load(text, "sub/../third.toml", registry=files.registry)
    assert scenario.priors["growth"].dist == "lognormal"
    assert scenario.priors["price_level"].dist == "ensemble"
    assert scenario.start == 2026.0


def test_a_correlation_with_a_prior_of_its_own_is_dropped_and_said(small):
    scenario = small("[priors.growth]\np95 = 0.5")
    assert scenario.plan.correlations == ()
    assert scenario.messages == (
        "correlations.a: not used between growth and price_level, which the ensemble draws",
    )  # fmt: skip


def test_a_correlation_of_two_priors_of_its_own_is_kept(small):
    scenario = small("[priors.growth]\np95 = 0.5\n[priors.price_level]\nsd = 3")
    assert [group.names for group in scenario.plan.correlations] == [("growth", "price_level")]
    assert not scenario.messages


def test_an_event_stands_above_the_ensemble(small):
    drawn = draw_values(small("[events]\nshortage = false").plan, 3, 0, 50)
    assert not drawn["shortage_hazard"].any()
    drawn = draw_values(small(settings=['events.shortage={at = "2027Q1"}']).plan, 3, 0, 50)
    assert set(drawn["shortage_from"]) == {2027.0}


def test_a_prior_that_only_starts_a_row_has_no_effect_and_says_so(small):
    scenario = small(settings=["priors.start_fleet.value=3"])
    assert scenario.messages == ("priors.start_fleet: has no effect: it only starts rows, which the ensemble starts",)
    assert scenario.priors["start_fleet"].used_by == ()


def test_a_resolved_scenario_needs_no_file_and_notices_a_changed_prior(files, small):
    scenario = small("[priors.price_level]\nvalue = 50")
    stored = json.loads(json.dumps(scenario.resolved()))
    (files.folder / "e.parquet").unlink()
    again = Scenario.from_resolved(stored, registry=files.registry)
    assert again.hash() == scenario.hash()
    assert again.resolved() == scenario.resolved()
    one, two = (draw_values(one.plan, 5, 0, 300) for one in (scenario, again))
    assert one.keys() == two.keys()
    assert all(np.array_equal(one[name], two[name]) for name in one)
    stored["priors"]["growth"]["p95"] = 0.5
    assert Scenario.from_resolved(stored, registry=files.registry).priors["growth"].dist == "lognormal"
    del stored["embedded"]["ensemble"]
    with pytest.raises(ScenarioError, match=r"embedded\.ensemble = e\.parquet: its values are not in this resolved"):
        Scenario.from_resolved(stored, registry=files.registry)


def test_the_hash_sees_every_member(small):
    other = state()
    other["fleet"][2] += 1.0
    assert small().hash() != small(written=(None, other)).hash()


def test_what_the_file_lacks_is_named(small):
    lacking = {name: column for name, column in priors().items() if name != "growth"}
    said = refused(small, written=(lacking, None))
    assert "ensemble = e.parquet: has no column prior:growth, which fleet needs" in said
    # Given in the scenario, it is not missed.
    assert small("[priors.growth]\nvalue = 0.2", written=(lacking, None)).priors["growth"].dist == "constant"
    assert "has no column state:fleet, which mechanism 'fleet' starts from" in refused(small, written=(None, {}))


def test_a_mechanism_switched_off_needs_no_state_and_holds_its_neutral_value(small):
    scenario = small("[mechanisms]\nfleet = false", written=(None, {}))
    rows = replay(build(scenario), 0, 1)
    assert np.all(rows["fleet"] == 0.29e6)


def test_a_row_of_a_mechanism_that_is_off_does_not_start_from_the_file(files):
    """The other mechanism carries the row, and would keep the state for ever."""

    def follow(last_fleet):
        return (last_fleet,)

    loops = (Loop(follow, ("followed",)),)
    row = Row("1", "stock", "d", "positive")
    follower = Mechanism("follower", "d", loops, {"followed": row}, carries={"fleet": "start_fleet"})
    registry = {**files.registry, "follower": follower}
    write_ensemble(files.folder / "e.parquet", priors(), state(), "2026Q1", {})
    files.write(files.base, "base.toml")
    text = 'extends = "base.toml"\nensemble = "e.parquet"\n[mechanisms]\nfleet = false'
    rows = replay(build(files.load(text, registry=registry)), 0, 1)
    assert np.all(rows["followed"] == 0.29e6)


@pytest.mark.parametrize(
    ("columns", "start", "said"),
    [
        ({"growth": np.array([1.0, np.nan])}, "2026Q1", "prior:growth = nan: must hold finite numbers (row 2)"),
        ({"growth": np.array([1.0]), "b": np.array([1.0, 2.0])}, "2026Q1", "columns of one length"),
        ({"growth": np.array([])}, "2026Q1", "at least one row"),
        ({}, "2026Q1", "at least one row"),
        ({"growth": np.array([1.0])}, "2026", "stackcast.start = 2026: the metadata of an ensemble must say its first"),
        ({"growth": np.zeros(2_000_001)}, "2026Q1", "at most 2,000,000 values"),
    ],
)
def test_an_ensemble_that_cannot_be_used_is_not_written(tmp_path, columns, start, said):
    with pytest.raises(StackcastError) as caught:
        write_ensemble(tmp_path / "e.parquet", columns, {}, start, {})
    assert said in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def plain(path, columns, metadata):
    parquet.write_table(pa.table(columns).replace_schema_metadata(metadata), path)


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda path: None, "no such file in"),
        (lambda path: path.write_bytes(b"PAR1 not"), "is not a Parquet table"),
        (lambda path: plain(path, {"prior:a": [1.0]}, {}), "stackcast.start: the metadata of an ensemble must say"),
        (
            lambda path: plain(path, {"a": [1.0]}, {"stackcast.start": "2026Q1"}),
            "a: a column of an ensemble is prior:<",
        ),
        (
            lambda path: plain(path, {"prior:a": ["x"]}, {"stackcast.start": "2026Q1"}),
            "must be a column of 64-bit floats",
        ),
        (lambda path: plain(path, {"state:a": [np.inf]}, {"stackcast.start": "2026Q1"}), "must hold finite numbers"),
    ],
)
def test_a_faulty_file_is_one_line_that_names_it(files, write, said):
    write(files.folder / "e.parquet")
    assert said in refused(files.model, name="s.toml", set=["ensemble=e.parquet"]) or said in refused(
        files.load, 'ensemble = "e.parquet"\n' + files.base, registry=files.registry
    )
    with pytest.raises(ScenarioError) as caught:
        read_ensemble(files.folder / "e.parquet")
    assert str(caught.value).startswith(str(files.folder / "e.parquet"))
    assert said in str(caught.value)


def test_members_without_meaning_are_refused(tmp_path, ensemble):
    found = read_ensemble(ensemble)
    columns = {**found.priors, "hardware_life": np.full(MEMBERS, 0.2)}
    write_ensemble(tmp_path / "bad.parquet", columns, found.state, found.start, {})
    with pytest.raises(ScenarioError, match=r"priors\.hardware_life = 0\.2: member 0 of the ensemble must be >= 1 in"):
        load_scenario(BASELINE, set=[f"ensemble={tmp_path / 'bad.parquet'}"])


def test_a_file_comes_back_as_written_and_equal_input_gives_equal_bytes(tmp_path):
    values = {"b": np.random.default_rng(1).normal(size=50), "a": np.arange(50.0)}
    held = {"row": -np.arange(50.0), "event": np.full(50, 9999.0)}
    metadata = {"scenario": "abc", "as_of": "2025-12-31", "digest": "d"}
    for name, ordered in (("one", values), ("two", dict(reversed(values.items())))):
        write_ensemble(tmp_path / f"{name}.parquet", ordered, held, "2026Q1", metadata)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    assert len(list(tmp_path.iterdir())) == 2
    found = read_ensemble(tmp_path / "one.parquet")
    assert (found.start, found.members, found.label) == ("2026Q1", 50, "one.parquet")
    assert found.metadata == {**metadata, "start": "2026Q1"}
    for have, given in ((found.priors, values), (found.state, held)):
        assert have.keys() == given.keys()
        assert all(np.array_equal(have[name], given[name]) for name in given)


def test_carried_rows_are_those_written_and_used_in_the_next_quarter(files):
    assert carried_rows(files.registry.values()) == ("fleet",)
    assert carried_rows([files.registry["price"]]) == ()
    follower = replace(files.registry["fleet"], name="other", writes={})
    assert carried_rows([follower]) == ()


# --- the whole model


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory):
    """Members made by hand: sixteen trajectories of the baseline at the end of 2025."""
    scenario = load_scenario(BASELINE, set=["horizon.end=2025Q4", "mechanisms.audit=true"])
    program = build(scenario)
    for _, table in replay_block(program, SEED, 0):
        last = table
    columns = {name: last[program.names[name], :MEMBERS] for name in scenario.priors}
    rows = {row: last[program.names[row], :MEMBERS] for row in carried_rows(scenario.mechanisms)}
    path = tmp_path_factory.mktemp("ensemble") / "e.parquet"
    write_ensemble(path, columns, rows, "2026Q1", {"scenario": scenario.hash(), "as_of": "2025-12-31"})
    return path


def whole(ensemble, *settings):
    path = ensemble.with_name("whole.toml")
    path.write_text(f'extends = "{BASELINE}"\nensemble = "{ensemble.name}"\n[horizon]\nend = "2027Q4"\n')
    return load_scenario(path, set=list(settings))


def test_the_forecast_goes_on_where_the_record_ended(ensemble):
    """Rows that no shock moves have in 2026Q1 what the run they come from has, to the last bit."""
    before = build(load_scenario(BASELINE, set=["horizon.end=2026Q1"]))
    scenario = whole(ensemble)
    after = build(scenario)
    assert not scenario.messages
    for _, table in replay_block(before, SEED, 0):
        expected = table
    _, first = next(replay_block(after, 5, 0))
    members = expected[before.names["optimism_start"], :MEMBERS]
    for lane in range(20):
        (member,) = np.flatnonzero(members == first[after.names["optimism_start"], lane])
        for row in ("optimism", "algorithms", "text_stock", "maturity", "fleet_4", "plant_4"):
            assert first[after.names[row], lane] == expected[before.names[row], member], row
        assert first[after.names["products_log"], lane] != expected[before.names["products_log"], member]


def test_identities_hold_in_a_run_from_an_ensemble(ensemble):
    program = build(whole(ensemble, "mechanisms.audit=true"))
    for _, table in replay_block(program, 5, 0):
        last = table
    for name in IDENTITIES:
        assert last[program.names[f"identity_{name}"]].max() < 1e-9, name


def test_one_digest_for_threads_and_chunks_and_no_future_changes_when_there_are_more(ensemble):
    program = build(whole(ensemble))
    runs = [
        simulate(program, 200, 5, threads=threads, chunk=chunk, sample=200)
        for threads, chunk in ((1, 200), (2, 64), (3, 33))
    ]
    assert len({run.aggregates.digest() for run in runs}) == 1
    few = simulate(program, 50, 5, threads=2, sample=50)
    assert np.array_equal(few.sample, runs[0].sample[:50])


def test_a_stored_run_of_the_whole_model_repeats_without_the_file(ensemble):
    scenario = whole(ensemble, "priors.hardware_life.value=5", "feedbacks.moats=false", "events.scaling_break=false")
    again = Scenario.from_resolved(json.loads(json.dumps(scenario.resolved())))
    assert again.hash() == scenario.hash()
    assert again.priors["hardware_life"].draw.quantile.a == 5.0
    assert again.priors["moat_margin"].draw.quantile.a == 0.0
    digests = {simulate(build(one), 64, 5, threads=1).aggregates.digest() for one in (scenario, again)}
    assert len(digests) == 1


def test_a_mechanism_that_was_not_calibrated_is_refused(ensemble, tmp_path):
    found = read_ensemble(ensemble)
    rows = {row: column for row, column in found.state.items() if not row.startswith("identity_")}
    write_ensemble(tmp_path / "e.parquet", found.priors, rows, found.start, {})
    assert whole(tmp_path / "e.parquet").start == 2026.0
    said = refused(whole, tmp_path / "e.parquet", "mechanisms.audit=true")
    assert "has no column state:identity_" in said
    assert "which mechanism 'audit' starts from: switch it off, or calibrate with it" in said


def test_every_mechanism_of_the_baseline_may_be_off(ensemble):
    for name in [mechanism.name for mechanism in whole(ensemble).mechanisms]:
        try:
            build(whole(ensemble, f"mechanisms.{name}=false"))
        except StackcastError:
            with pytest.raises(StackcastError):  # not without an ensemble either
                build(load_scenario(BASELINE, set=[f"mechanisms.{name}=false"]))
