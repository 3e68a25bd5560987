"""What the command line refuses before it does anything: one line, exit code 2, nothing on stdout."""

import pytest

from stackcast import __version__
from stackcast.cli.app import _claims_apart
from tests.cli.processes import BASELINE

REFUSED = [
    ([], "Missing command: allowed: run, ask, compare, theses, calibrate, backtest, history, profile, show, schema"),
    (["forecast"], "No such command 'forecast': allowed: run, ask, compare, theses, calibrate, backtest, history, "),
    (["run"], "SCENARIO: not given"),
    (["show"], "RUN: not given"),
    (["show", "a", "b"], "unexpected extra argument"),
    (["run", "a.toml", "--sede", "3"], "--sede: unknown option, did you mean --seed?: allowed: --trajectories, --seed"),
    (["run", "a.toml", "--seed"], "--seed: requires an argument"),
    (["run", "a.toml", "--force=3"], "--force: does not take a value"),
    (["run", BASELINE, "--trajectories", "abc"], "--trajectories = abc: allowed: a whole number from 1"),
    (["run", BASELINE, "--trajectories", "9" * 6000], "--trajectories = 99999"),
    (["run", BASELINE, "--trajectories", "1.5"], "--trajectories = 1.5: allowed: a whole number"),
    (["run", BASELINE, "--trajectories", "-3"], "--trajectories = -3: allowed: a whole number"),
    (["run", BASELINE, "--trajectories", "1e15"], "--trajectories = 1000000000000000: allowed: up to"),
    (["run", BASELINE, "--sample", "1e12", "--trajectories", "1e10"], "--sample = 1000000000000: allowed: up to"),
    (["run", BASELINE, "--seed", "-1"], "--seed = -1: allowed: a whole number from 0 to 18446744073709551615"),
    (["run", BASELINE, "--threads", "0"], "--threads = 0: allowed: a whole number from 1"),
    (["run", BASELINE, "--chunk", "nan"], "--chunk = nan: allowed: a whole number from 1"),
    (["run", BASELINE, "--set", "priors.no_such_prior.p95=3"], "no_such_prior"),
    (["run", "missing.toml"], "missing.toml"),
    (["run", "a\nb.toml"], "a b.toml"),
    (["run", "x" * 5000], "File name too long"),
    (["run", BASELINE, "."], ".: a folder: allowed: scenario files, or one run folder alone"),
    (["run", "."], ".: not a run folder"),
    (["run", BASELINE, BASELINE], "named by two of the scenarios"),
    (["show", "missing"], "missing: no such run folder"),
    (["show", "."], ".: not a run folder"),
    (["show", ".", "--format", "xml"], "--format = xml: allowed: table, csv, json"),
]


@pytest.mark.parametrize(("arguments", "said"), REFUSED, ids=[" ".join(words)[-40:] for words, _ in REFUSED])
def test_bad_input_is_one_line_and_exit_code_2(here, tmp_path, arguments, said):
    done = here(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("stackcast: ")
    assert said in done.err
    assert done.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_size_in_a_scenario_file_is_refused_naming_the_file(here, tmp_path):
    scenario = tmp_path / "huge.toml"
    scenario.write_text(f'extends = "{BASELINE}"\n[run]\ntrajectories = 1e15\n')
    done = here("run", scenario)
    assert done.code == 2
    assert f"{scenario}: run.trajectories = " in done.err
    assert "years" in done.err
    assert "of disk" in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["run", "--help"], ["show", "-h"], ["schema", "--help"]])
def test_help_is_a_result(here, arguments):
    done = here(*arguments)
    assert (done.code, done.err) == (0, "")
    assert "Usage: stackcast" in done.out


def test_version(here):
    assert here("--version").out == f"stackcast {__version__}\n"


def test_a_claim_may_begin_with_a_minus_and_an_option_value_too():
    given = ["ask", "a.toml", "-share[chips] < 0 @ 2030", "--quiet", "-1 < 2", "--seed", "-5", "-h", "--set", "-x=3"]
    apart = _claims_apart(given)
    assert [text for text, was in zip(apart, given, strict=True) if text != was] == [
        " -share[chips] < 0 @ 2030",
        " -1 < 2",
    ]
    assert _claims_apart(["run", "-x"]) == ["run", "-x"]
