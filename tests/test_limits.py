"""Whole numbers as people type them, and the size of a run that is refused at once."""

import math
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackcast import limits
from stackcast.errors import StackcastError
from stackcast.limits import check_size, duration, whole_number
from stackcast.processors import cores


@pytest.mark.parametrize("text", ["1000000", "1e6", "1E+6", "1_000_000", " 1e6 ", "1000000.0", 10**6, 1e6])
def test_one_million_however_it_is_written(text):
    assert whole_number("n", text, 1, 10**9) == 10**6


@pytest.mark.parametrize(
    "bad",
    [
        *("abc", "", "1.5", "nan", "inf", "-inf", "-1", "0", "1e10", "1e999999999", "9" * 6000, "0x10", "1 000", "٣e"),
        *(math.nan, math.inf, 1.5, True, None, [], 10**6000, -(10**6000), b"5"),
    ],
    ids=lambda value: type(value).__name__,  # Python refuses to print the longest of them
)
def test_anything_else_is_refused_in_one_short_line(bad):
    with pytest.raises(StackcastError, match="allowed: a whole number from 1 to 1000000000") as caught:
        whole_number("--trajectories", bad, 1, 10**9)
    assert str(caught.value).startswith("--trajectories = ")
    assert len(str(caught.value)) < 250
    assert "\n" not in str(caught.value)


@given(st.integers(0, 2**64 - 1))
def test_every_seed_is_read_exactly(seed):
    """A float on the way would lose the last digits above 2^53."""
    assert whole_number("seed", str(seed), 0, 2**64 - 1) == seed


def test_cores_are_those_of_this_process(monkeypatch):
    monkeypatch.setattr(limits.os, "process_cpu_count", lambda: 3, raising=False)
    assert cores() == 3
    monkeypatch.delattr(limits.os, "process_cpu_count")
    monkeypatch.setattr(limits.os, "sched_getaffinity", lambda pid: {0, 5}, raising=False)
    assert cores() == 2


def test_impossible_run_is_refused_with_time_and_disk():
    with pytest.raises(StackcastError) as caught:
        check_size("a.toml: ", 10**15, 5000, 2, 52, None)
    assert str(caught.value).startswith("a.toml: trajectories = 1000000000000000: allowed: up to ")
    assert "158 years and 34 MB of disk" in str(caught.value)


def test_what_takes_a_day_is_allowed():
    check_size("", 10**10, 5000, 2, 52, None)


def test_sample_must_fit_in_memory():
    with pytest.raises(StackcastError, match=r"sample = 10000000000: allowed: up to \d+ in this machine's memory"):
        check_size("", 10**10, 10**10, 2, 52, None)


def test_a_sample_larger_than_a_usual_folder_is_allowed():
    check_size("", 10**6, 100_000, 2, 52, None)


def test_threads_must_fit_in_memory(monkeypatch):
    monkeypatch.setattr(limits, "_memory", lambda: 2_000_000_000)
    check_size("--", 1000, 0, 15, 52, None)
    with pytest.raises(StackcastError) as caught:
        check_size("--", 1000, 0, 16, 52, None)
    assert str(caught.value) == ("--threads = 16: allowed: up to 15 in this machine's memory; predicted 2.08 GB")


def test_sample_is_never_larger_than_the_run():
    check_size("", 1000, 10**10, 2, 52, None)


def test_full_disk_is_noticed_before_computing(monkeypatch, tmp_path):
    monkeypatch.setattr(limits.shutil, "disk_usage", lambda place: SimpleNamespace(free=10**6))
    with pytest.raises(StackcastError, match="1 MB free: allowed: at least 34 MB"):
        check_size("", 10**6, 5000, 2, 52, tmp_path / "not" / "yet")


def test_free_space_is_that_of_the_disk_which_will_hold_the_folder(tmp_path):
    assert limits.free_bytes(tmp_path / "a" / "b") > 0
    assert limits.free_bytes(Path("relative") / "folder") > 0


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.14159, "3.14 seconds"), (600, "10 minutes"), (1e5, "27.8 hours"), (1e9, "31.7 years")]
)
def test_duration_is_in_the_unit_a_person_would_use(seconds, text):
    assert duration(seconds) == text
