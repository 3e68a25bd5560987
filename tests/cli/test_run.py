"""`stackcast run` from a shell's point of view: what is printed where, what is stored, what is refused."""

import json
import os
import resource
import shutil

import pytest

from stackcast import open_run
from tests.cli.processes import BASELINE, FEW, SIZE, command, finish, start


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_results_are_on_stdout_and_messages_on_stderr(stored):
    run, done = stored
    assert "512 trajectories, seed 7, scenario" in done.out
    for layer in ("foundry", "chips", "cloud", "tooling", "data"):
        assert layer in done.out.lower()
    assert "stored in" not in done.out
    assert "baseline: 512 trajectories, seed 7" in done.err
    assert f"stored in runs/{run.name}" in done.err


def test_folder_is_named_by_scenario_seed_and_hash(stored):
    run, _ = stored
    scenario = json.loads((run / "manifest.json").read_text())["scenario"]
    assert run.name == f"baseline-7-{scenario['hash']}"
    assert {path.name for path in run.iterdir()} == {
        "manifest.json",
        "summary.parquet",
        "summary.csv",
        "aggregates.npz",
        "sample.parquet",
        "figures",
    }


def test_without_figures_all_else_is_stored(here, stored, tmp_path):
    run, _ = stored
    done = here("run", BASELINE, *SIZE, "--seed", "7", "--no-figures", "--out", tmp_path / "bare")
    assert done.code == 0
    names = {path.name for path in run.iterdir()}
    assert {path.name for path in (tmp_path / "bare").iterdir()} == names - {"figures"}
    assert open_run(tmp_path / "bare") == open_run(run)
    assert "--no-figures: given with the run folder" in here("run", run, "--no-figures").err


def test_json_is_the_manifest_alone_and_quiet_is_silent(here, stored, tmp_path):
    run, _ = stored
    done = here("run", BASELINE, *FEW, "--seed", "7", "--json", "--quiet", "--out", tmp_path / "again")
    manifest = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert manifest["digest"] == open_run(run).digest()
    assert (manifest["seed"], manifest["trajectories"], manifest["sample"]) == (7, 512, 300)


def test_default_seed_is_the_scenarios_and_is_said(here):
    done = here("run", BASELINE, "--no-figures", "--trajectories", "256", "--json")
    seed = json.loads(done.out)["seed"]
    assert f"256 trajectories, seed {seed}" in done.err


def test_existing_folder_is_refused_without_force_and_replaced_with_it(here, stored, tmp_path):
    target = tmp_path / "run"
    shutil.copytree(stored[0], target)
    before = contents(target)
    refused = here("run", BASELINE, "--no-figures", "--trajectories", "256", "--out", target)
    assert refused.code == 2
    assert "exists" in refused.err
    assert "trajectories, seed" not in refused.err  # before anything is computed
    assert contents(target) == before
    assert here("run", BASELINE, "--no-figures", "--trajectories", "256", "--out", target, "--force").code == 0
    assert open_run(target).n == 256


def test_force_replaces_nothing_but_a_run(here, tmp_path):
    target = tmp_path / "papers"
    target.mkdir()
    (target / "thesis.txt").write_text("years of work")
    assert here("run", BASELINE, *FEW, "--out", target, "--force").code == 2
    assert (target / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize("place", ["file/run", "file", "/proc/run"])
def test_unwritable_output_is_refused_before_computing(here, tmp_path, place):
    (tmp_path / "file").write_text("")
    done = here("run", BASELINE, *FEW, "--out", place)
    assert done.code == 2
    assert "trajectories, seed" not in done.err
    assert done.err.count("\n") == 1


def test_several_scenarios_get_a_folder_and_a_manifest_each(here, tmp_path):
    other = tmp_path / "dear.toml"
    other.write_text(f'extends = "{BASELINE}"\nname = "dear"\n')
    done = here("run", BASELINE, other, *FEW, "--json", "--quiet", "--out", tmp_path / "both")
    names = [manifest["scenario"]["name"] for manifest in json.loads(done.out)]
    assert names == ["baseline", "dear"]
    assert sorted(path.name.split("-")[0] for path in (tmp_path / "both").iterdir()) == names


def test_second_scenario_is_checked_before_the_first_is_run(here, tmp_path):
    done = here("run", BASELINE, "missing.toml", *FEW)
    assert done.code == 2
    assert "trajectories, seed" not in done.err
    assert list(tmp_path.iterdir()) == []


def test_stored_run_is_repeated_with_the_same_digest(here, stored):
    run, _ = stored
    before = contents(run)
    done = here("run", run, "--threads", "1", "--chunk", "256")
    assert done.code == 0
    assert done.out == f"{run}: same digest {open_run(run).digest()}\n"
    assert contents(run) == before


def test_another_digest_is_exit_code_1_and_one_line(here, stored, monkeypatch):
    run, _ = stored
    forecast = open_run(run)
    manifest = {**forecast.manifest, "digest": "0" * 64, "versions": {**forecast.manifest["versions"], "numba": "0.1"}}
    changed = type(forecast)(forecast.aggregates, forecast.sampled, manifest)
    monkeypatch.setattr("stackcast.forecast.open_run", lambda path: changed)
    done = here("run", run, "--quiet")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(
        f"stackcast: {run}: digest = {forecast.digest()}: stored: {'0' * 64} (stored with numba 0.1"
    )
    assert done.err.count("\n") == 1


def test_repeating_takes_no_option_that_makes_it_another_run(here, stored):
    done = here("run", stored[0], "--seed", "8")
    assert done.code == 2
    assert "--seed: given with the run folder" in done.err


def test_damaged_run_is_refused(here, stored, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(stored[0], copy)
    with open(copy / "manifest.json", "a") as file:
        file.write(" ")
    (copy / "aggregates.npz").write_bytes(b"")
    assert here("run", copy).code == 2
    assert here("show", copy).code == 2


def test_set_changes_the_scenario_and_its_hash(here, stored):
    done = here("run", BASELINE, *FEW, "--seed", "7", "--set", "horizon.end=2026Q4", "--json", "--quiet")
    manifest = json.loads(done.out)
    assert manifest["quarters"] == 16
    assert manifest["scenario"]["hash"] not in stored[0].name


def test_full_disk_while_writing_leaves_nothing_behind(tmp_path):
    """Files of this process may not grow beyond 20 kB: what a full disk looks like to it, past the first check."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))  # noqa: E731
    done = finish("run", BASELINE, *FEW, "--quiet", cwd=tmp_path, preexec_fn=limit)
    assert done.code == 2
    assert done.out == ""
    assert done.err.count("\n") == 1
    assert "cannot be written" in done.err
    assert list(tmp_path.iterdir()) == []


def test_full_disk_behind_stdout_is_one_line(stored, tmp_path):
    with open("/dev/full", "w") as full:
        done = finish("show", stored[0], cwd=tmp_path, stdout=full)
    assert done.code == 2
    assert done.err == "stackcast: standard output: No space left on device\n"


def test_reader_that_goes_away_is_no_error_message(stored, tmp_path):
    with start("show", stored[0], "--format", "csv", cwd=tmp_path) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_terminal_that_knows_ascii_only_is_served(stored, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = finish("show", stored[0], cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert "512 trajectories" in done.out


def test_closed_stdout_is_no_error(stored, tmp_path):
    done = finish("show", stored[0], cwd=tmp_path, stdout=None, preexec_fn=lambda: os.close(1))
    assert (done.code, done.err) == (0, "")


def test_commands_of_these_tests_are_the_module(tmp_path):
    assert command("--version")[1:] == ["-m", "stackcast", "--version"]
    assert finish("--version", cwd=tmp_path).out.startswith("stackcast ")


def test_another_way_of_drawing_is_stored_and_repeated(here, tmp_path):
    target = tmp_path / "even"
    done = here("run", BASELINE, *FEW, "--seed", "7", "--sampling", "sobol", "--out", target)
    assert done.code == 0
    assert "sampling: sobol, 16 randomisations; errors from their spread: a 95 % interval" in done.out
    manifest = json.loads((target / "manifest.json").read_text())
    assert manifest["scenario"]["resolved"]["run"]["sampling"] == "sobol"
    again = here("run", target)
    assert again.out == f"{target}: same digest {manifest['digest']}\n"
    refused = here("run", target, "--sampling", "lattice")
    assert (refused.code, refused.out) == (2, "")
    assert f"--sampling: given with the run folder {target}: allowed: only without one" in refused.err


def test_an_unknown_way_of_drawing_is_refused(here):
    done = here("run", BASELINE, *FEW, "--sampling", "sobel")
    assert (done.code, done.out) == (2, "")
    assert done.err == "stackcast: --sampling = sobel: allowed: independent, sobol, lattice\n"


def test_a_run_without_a_sample_says_what_needs_one(here, tmp_path):
    done = here("run", BASELINE, "--no-figures", "--trajectories", "256", "--sample", "0", "--out", tmp_path / "bare")
    assert done.code == 0
    assert "needs a sample of trajectories" in " ".join(done.out.split())
