"""Run folders: complete or absent, equal when opened, refused when changed."""

from __future__ import annotations

import errno
import json
import os
import resource

import numpy as np
import pytest

from stackcast.errors import StackcastError
from stackcast.forecast import check_target, exchange, figures, open_run, store

FILES = {"manifest.json", "aggregates.npz", "summary.parquet", "summary.csv", "sample.parquet", "figures"}


@pytest.fixture
def quick(monkeypatch):
    """Pictures cost seconds and are tested elsewhere: one small file stands for them."""

    def one_file(forecast, folder):
        (folder / "share.png").write_bytes(b"picture")
        return []

    monkeypatch.setattr(figures, "write_all", one_file)


@pytest.fixture
def run(small, tmp_path, quick):
    return small.save(tmp_path / "run")


def test_a_saved_run_opens_as_an_equal_forecast(stack, tmp_path, quick):
    folder = stack.save(tmp_path / "deep" / "run")
    again = open_run(folder)
    assert {path.name for path in folder.iterdir()} == FILES
    assert again == stack
    assert again.digest() == stack.digest() == json.loads((folder / "manifest.json").read_text())["digest"]
    assert again.to_frame().equals(stack.to_frame())
    assert again.parameters.equals(stack.parameters)
    assert dict(again.manifest) == dict(stack.manifest)


def test_saving_again_gives_the_same_bytes(small, run, tmp_path):
    other = small.save(tmp_path / "other")
    for name in FILES - {"figures"}:
        assert (run / name).read_bytes() == (other / name).read_bytes(), name


def test_the_manifest_says_how_to_repeat_the_run_and_what_it_resolves(run):
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["scenario"]["hash"] == "0123456789ab"
    assert manifest["scenario"]["resolved"]["name"] == "synthetic"
    assert (manifest["seed"], manifest["trajectories"], manifest["threads"], manifest["chunk"]) == (7, 256, 2, 7936)
    assert {"python", "numpy", "numba", "stackcast"} <= set(manifest["versions"])
    assert manifest["resolution"]["money"].startswith("0.5 %")
    assert manifest["messages"] == []
    assert set(manifest) >= {"stream_version", "digest", "seconds", "sample", "priors"}


def test_the_files_are_readable_without_us_and_without_pickles(run, small):
    import pandas as pd

    with np.load(run / "aggregates.npz", allow_pickle=False) as arrays:
        assert int(arrays["n"]) == 256
    assert len(pd.read_csv(run / "summary.csv", keep_default_na=False)) == len(small.to_frame())
    sample = pd.read_parquet(run / "sample.parquet")
    assert sample["trajectory"].dtype == np.int64
    assert set(sample.drop(columns="trajectory").dtypes) == {np.dtype(np.float32)}
    assert (run / "aggregates.npz").stat().st_size < 3_000_000


def test_an_existing_folder_is_refused_without_force(small, run):
    before = (run / "manifest.json").stat().st_ino
    with pytest.raises(StackcastError, match="exists: allowed a new name, or force"):
        small.save(run)
    assert (run / "manifest.json").stat().st_ino == before
    with pytest.raises(StackcastError, match="exists"):
        check_target(run)


@pytest.mark.parametrize("in_one_step", [True, False])
def test_force_replaces_a_run_and_leaves_nothing_else(stack, run, tmp_path, monkeypatch, in_one_step):
    if not in_one_step:
        monkeypatch.setattr(exchange, "_in_one_step", lambda new, old: False)
    stack.save(run, force=True)
    assert open_run(run) == stack
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_an_empty_folder_is_refused_without_force_and_filled_with_it(small, tmp_path, quick):
    (tmp_path / "run").mkdir()
    with pytest.raises(StackcastError, match="exists"):
        small.save(tmp_path / "run")
    assert open_run(small.save(tmp_path / "run", force=True)) == small


def test_force_never_removes_what_is_not_a_run(small, tmp_path, quick):
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "chapter.txt").write_text("years of work")
    with pytest.raises(StackcastError, match="is not a run folder"):
        small.save(folder, force=True)
    with pytest.raises(StackcastError, match="is not a folder"):
        small.save(folder / "chapter.txt", force=True)
    assert (folder / "chapter.txt").read_text() == "years of work"


def test_a_failed_swap_keeps_the_old_run(stack, small, run, tmp_path, monkeypatch):
    monkeypatch.setattr(exchange, "_in_one_step", lambda new, old: False)
    rename = os.rename

    def fail_second(source, target):
        if str(target) == str(run) and ".old" not in str(source):
            raise OSError(errno.EIO, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail_second)
    with pytest.raises(StackcastError, match="cannot be written: Input/output error"):
        stack.save(run, force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert open_run(run) == small


def _fail_at(monkeypatch, step, error):
    calls = iter(range(10_000))
    fsync = os.fsync

    def failing(descriptor):
        if next(calls) == step:
            raise error
        fsync(descriptor)

    monkeypatch.setattr(store.os, "fsync", failing)


@pytest.mark.parametrize("step", range(8))
@pytest.mark.parametrize("existing", [False, True])
def test_a_full_disk_leaves_no_debris(small, stack, tmp_path, quick, monkeypatch, step, existing):
    target = tmp_path / "runs" / "run"
    if existing:
        small.save(target)
    _fail_at(monkeypatch, step, OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(StackcastError, match="run: cannot be written: No space left on device") as caught:
        stack.save(target, force=existing)
    assert "\n" not in str(caught.value)
    if existing:
        assert [path.name for path in target.parent.iterdir()] == ["run"]
        assert open_run(target) == small
    else:
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", range(8))
def test_an_interrupt_leaves_no_debris(small, tmp_path, quick, monkeypatch, step):
    _fail_at(monkeypatch, step, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        small.save(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_the_system_cuts_short_is_an_error_in_one_line(stack, tmp_path, quick):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(StackcastError, match="cannot be written") as caught:
            stack.save(tmp_path / "run")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_place_is_refused_before_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(store.os, "access", lambda path, mode: False)  # root, as in a container, may write anywhere
    with pytest.raises(StackcastError, match="cannot write in"):
        check_target(tmp_path / "run")


def test_a_place_that_takes_no_folders_is_refused_in_one_line(small, quick):
    with pytest.raises(StackcastError, match="/proc/stackcast/run: cannot be written: No such file or directory"):
        small.save("/proc/stackcast/run")


def test_a_place_below_a_file_is_refused_before_the_run(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StackcastError, match="cannot write in"):
        check_target(tmp_path / "file" / "run")


@pytest.mark.parametrize("name", sorted(FILES - {"figures", "manifest.json"}))
def test_a_changed_file_is_refused(run, name):
    data = bytearray((run / name).read_bytes())
    data[len(data) // 2] ^= 1
    (run / name).write_bytes(data)
    with pytest.raises(StackcastError, match=f"{name}: does not match the manifest: the file was changed"):
        open_run(run)


@pytest.mark.parametrize("name", sorted(FILES - {"figures"}))
def test_a_cut_or_missing_file_is_refused(run, name):
    data = (run / name).read_bytes()
    (run / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(StackcastError, match="cut") as caught:
        open_run(run)
    assert "\n" not in str(caught.value)
    (run / name).unlink()
    with pytest.raises(StackcastError, match=r"missing|cannot be read"):
        open_run(run)


@pytest.mark.parametrize(("key", "value"), [("seed", 8), ("digest", "00"), ("messages", ["all well"])])
def test_a_changed_manifest_is_refused(run, key, value):
    manifest = json.loads((run / "manifest.json").read_text())
    manifest[key] = value
    (run / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(StackcastError, match="does not match its checksum"):
        open_run(run)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "stackcast run 99"}', "[" * 100_000])
def test_what_is_not_a_manifest_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(StackcastError) as caught:
        open_run(tmp_path)
    assert "\n" not in str(caught.value)


def test_the_digest_is_recomputed_from_the_counts(small, run):
    """Counts changed together with every hash that is stored beside them are still found."""
    from stackcast.forecast.provenance import checksum

    counts = small.aggregates.counts.copy()
    counts[np.flatnonzero(counts)[0]] += 1
    from dataclasses import replace

    with open(run / "aggregates.npz", "wb") as file:
        store.write_aggregates(file, replace(small.aggregates, counts=counts))
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["files"]["aggregates.npz"] = store._fingerprint(run / "aggregates.npz")
    manifest["checksum"] = checksum(manifest)
    (run / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(StackcastError, match=r"digest of aggregates\.npz is not the manifest's"):
        open_run(run)


def test_how_long_a_run_took_changes_nothing_that_is_hashed(small, run):
    from stackcast.forecast.provenance import checksum

    manifest = json.loads((run / "manifest.json").read_text())
    assert checksum({**manifest, "seconds": 99.0}) == manifest["checksum"]
