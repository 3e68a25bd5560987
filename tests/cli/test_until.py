"""`stackcast run --until`: from the command to the stored run, its repetition, and exit code 3."""

import json

import pytest

from stackcast import open_run
from tests.cli.processes import BASELINE

FIRST = ("--set", "horizon.end=2024Q4", "--sample", "300", "--min-trajectories", "16384")
EASY = "se(share[chips]@2024) <= 0.5"
HARD = "se(share[chips]@2024) <= 1e-9"


@pytest.fixture(autouse=True)
def _no_pictures(monkeypatch):
    monkeypatch.setattr("stackcast.forecast.figures.write_all", lambda forecast, folder: [])


def test_run_is_stored_with_its_course_and_can_be_repeated(here, tmp_path):
    done = here("run", BASELINE, *FIRST, "--until", EASY, "--until", "rse(end_spend@2024) <= 50%", "--out", "run")
    assert done.code == 0
    assert "16,384 trajectories, and up to 99,999,744 until 2 targets hold, seed" in done.err
    assert "baseline: 16,384 trajectories: 2 of 2 targets hold; error" in done.err
    assert "times the target" in done.err
    assert "16,384 trajectories, seed" in done.out
    run = open_run(tmp_path / "run")
    assert [entry["target"] for entry in run.manifest["until"]["targets"]] == [EASY, "rse(end_spend@2024) <= 50%"]
    again = here("run", "run", "--quiet")
    assert (again.code, again.out) == (0, f"run: same digest {run.digest()}\n")
    for option, value in (("--until", EASY), ("--max-trajectories", "1e6"), ("--min-trajectories", "1e6")):
        refused = here("run", "run", option, value)
        assert (refused.code, f"{option}: given with the run folder" in refused.err) == (2, True)


def test_largest_size_without_the_target_is_stored_and_exit_code_3(here, tmp_path):
    done = here(
        "run", BASELINE, *FIRST, "--until", EASY, "--until", HARD, "--max-trajectories", "2e4", "--json", "--quiet",
        "--out", "run",
    )  # fmt: skip
    assert done.code == 3
    manifest = json.loads(done.out)
    assert manifest["trajectories"] == 16_384
    assert (manifest["until"]["met"], [entry["met"] for entry in manifest["until"]["targets"]]) == (
        False,
        [True, False],
    )
    assert done.err == f"baseline: {manifest['messages'][-1]}\n"
    assert f"until {HARD}: not reached with 16,384 trajectories, the most allowed: error" in done.err
    assert open_run(tmp_path / "run").manifest["messages"][-1] == manifest["messages"][-1]


def test_refusals_name_the_option_and_come_before_the_run(here, tmp_path):
    for arguments, said in (
        (("--until", "se(shre[chips]@2024) <= 1"), "--until = se(shre[chips]@2024) <= 1: metric = shre: unknown (did"),
        (("--until", "share[chips]"), "--until = share[chips]: character 13, the end: not a target"),
        (("--until", EASY, "--trajectories", "1e5"), "--trajectories = 1e5: given with --until: allowed: --min-traj"),
        (("--until", EASY, "--max-trajectories", "1e99"), "--max-trajectories = 1e99: allowed"),
        (("--until", EASY, "--max-trajectories", "1e15"), "--max-trajectories = 1000000000000000: allowed: up to"),
        (("--until", EASY, "--threads", "x"), "--threads = x"),
    ):
        done = here("run", BASELINE, *FIRST[:2], *arguments)
        assert (done.code, done.out) == (2, "")
        assert said in done.err
        assert done.err.count("\n") == 1
    done = here("run", BASELINE, "--min-trajectories", "1e5")
    assert done.err == "stackcast: --min-trajectories = 1e5: allowed: only with --until\n"
    assert list(tmp_path.iterdir()) == []


def test_second_scenario_is_checked_before_the_first_is_run(here, tmp_path):
    short = tmp_path / "short.toml"
    short.write_text(f'extends = "{BASELINE}"\nname = "short"\n[horizon]\nend = "2024Q4"\n')
    done = here("run", BASELINE, short, "--until", "se(share[chips]@2030) <= 0.5")
    assert done.code == 2
    assert "year = 2030: unknown" in done.err
    assert list(tmp_path.iterdir()) == [short]
