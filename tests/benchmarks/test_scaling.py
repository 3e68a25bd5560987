"""What the section on scaling makes of measurements; the measurements are made up."""

import pytest

from benchmarks import child
from benchmarks.child import Measured
from benchmarks.findings import Found
from benchmarks.sections import long, scaling


def linear(case, trajectories, threads=1, rounds=3, *, power=1.0, memory=0.0):
    """A run whose time and memory grow as they are told, after an empty run of half a second."""
    seconds = 0.5 + 1e-7 * trajectories**power
    return Measured([seconds] * rounds, [0.5] * 3, 100.0 + memory * trajectories, 20)


def measured(section, monkeypatch, short=False, **growth):
    monkeypatch.setattr(section, "elsewhere", lambda *given, **named: linear(*given, **named, **growth))

    def timed(case, sizes, rounds):
        return {size: linear(case, size, 1, rounds, **growth).seconds for size in sizes}

    monkeypatch.setattr(scaling, "timed", timed)
    return section.measure(short)


def test_an_empty_run_is_taken_off():
    assert scaling.cells(linear("", 1e6), 1e6) == ("0.6 (0.6 to 0.6)", "5", "100")
    assert scaling.cells(Measured([0.4], [0.5], 100.0, 20), 1e6)[1] == "no more than empty"


def test_linear_time_and_level_memory_meet_their_targets(monkeypatch):
    found = measured(scaling, monkeypatch)
    assert found.missed == []
    assert found.tables[0].rows[0][1] == "1.000 ± 0.000"


@pytest.mark.parametrize(
    ("growth", "missed"),
    [({"power": 1.1}, "exponent of"), ({"memory": 1e-4}, "memory at 3e7 less memory at 1e6, one growth path")],
)
def test_what_grows_too_fast_is_missed(monkeypatch, growth, missed):
    assert any(row.startswith(missed) for row in measured(scaling, monkeypatch, **growth).missed)


def test_every_large_run_is_compared_with_a_million(monkeypatch):
    path = [f"memory at {size} less memory at 1e6, one growth path [MB]" for size in ("1e7", "1e8")]
    baseline = "memory at 1e7 less memory at 1e6, full baseline [MB]"
    assert measured(long, monkeypatch, memory=1e-6).missed == path[1:]
    found = measured(long, monkeypatch, memory=1e-5)
    assert [row[0] for row in found.tables[0].rows] == found.missed == [*path, baseline]


def test_sizes_are_timed_in_turn():
    seconds = child.timed("growths:1", (1, 256), 2)
    assert [len(seconds[size]) for size in (1, 256)] == [2, 2]
    assert min(map(min, seconds.values())) > 0.0


def test_a_table_takes_rows_of_its_width_only():
    with pytest.raises(AssertionError):
        Found().table("one", "two").add("alone")
