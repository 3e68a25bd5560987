"""bench-check: its rule on made-up timings. What is really timed is in benchmarks/test_short.py."""

import json
from types import SimpleNamespace

import pytest

from benchmarks import check
from benchmarks.machine import kind
from benchmarks.sections import checks
from stackcast.mechanisms import MECHANISMS

STORED = {"demand": 1.0, "ledger": 2.0, "capital": 3.0, check.WHOLE: 50.0}


def rounds_of(*demand):
    """Rounds in which the ledger is as it was."""
    return iter([{"demand": value, "ledger": 1.0} for value in demand])


def test_one_fine_round_is_enough():
    assert check.decide(rounds_of(1.03)) == ([], [{"demand": 1.03, "ledger": 1.0}])


def test_five_slow_rounds_fail():
    failed, seen = check.decide(rounds_of(*[1.2] * 5))
    assert (failed, len(seen)) == (["demand"], 5)


def test_four_slow_rounds_do_not_fail():
    failed, seen = check.decide(rounds_of(1.9, 1.9, 1.9, 1.9, 1.0, 1.03, 0.5, 1.0, 1.0))
    assert (failed, len(seen)) == ([], 9)


def test_one_lucky_round_among_slow_ones_does_not_clear():
    failed, seen = check.decide(rounds_of(1.2, 1.0, 1.2, 1.2, 1.2, 1.2))
    assert (failed, len(seen)) == (["demand"], 6)


def test_a_round_that_is_neither_fine_nor_slow_settles_nothing():
    failed, seen = check.decide(rounds_of(1.2, 1.08, 1.2, 1.08, 1.2, 1.2, 1.2))
    assert (failed, len(seen)) == (["demand"], 7)
    failed, seen = check.decide(rounds_of(1.08, 1.2, 1.08, 1.2, *[1.08] * 7))
    assert (failed, len(seen)) == ([], 11)


def test_what_is_settled_is_not_opened_again():
    rounds = [{"demand": 1.0, "ledger": 1.2}, *[{"demand": 1.5, "ledger": 1.2}] * 4]
    assert check.decide(iter(rounds))[0] == ["ledger"]


def test_rounds_from_the_fifth_on_wait(monkeypatch):
    pauses = []
    monkeypatch.setattr(check.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout="{}"))
    monkeypatch.setattr(check.time, "sleep", pauses.append)
    rounds = check.elsewhere()
    for _ in range(6):
        next(rounds)
    assert (check.AT_ONCE, pauses) == (4, [check.PAUSE] * 2)


def test_repeated_checks_are_counted_and_logged(stored, tmp_path, monkeypatch):
    rounds = [[{**STORED, "demand": 1.4}] * 5, [STORED]]
    monkeypatch.setattr(checks, "LOG", tmp_path / "logs" / "check.log")
    monkeypatch.setattr(check, "elsewhere", lambda short: iter(rounds.pop(0)))
    found = checks.measure(short=True)
    assert found.tables[0].rows[0][1:3] == ("1", "2, missed")
    assert found.tables[1].rows == [("demand", "5")]
    assert found.missed == ["checks of unchanged code that passed"]
    assert found.tables[0].rows[0][3].startswith("2 made; rounds it took: 1 after 1, 1 after 5")
    lines = (tmp_path / "logs" / "check.log").read_text().splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["1 failed: demand after 5 rounds", "2 passed after 1 rounds"]


def test_checks_made_before_an_interrupt_count(stored, tmp_path, monkeypatch):
    def interrupted(short):
        yield from [STORED] if not (tmp_path / "check.log").exists() else []
        raise KeyboardInterrupt

    monkeypatch.setattr(checks, "LOG", tmp_path / "check.log")
    monkeypatch.setattr(check, "elsewhere", interrupted)
    found = checks.measure(short=True)
    assert found.tables[0].rows[0][1:3] == ("1", "2, missed")
    assert found.tables[0].rows[0][3].startswith("1 made")


def test_change_of_one_mechanism_is_its_own_and_of_all_is_common():
    one = check.changes(STORED, {**STORED, "demand": 1.2})
    assert one == {"demand": 1.2, "ledger": 1.0, "capital": 1.0, check.WHOLE: 1.0, check.ALL: 1.0}
    everything = check.changes(STORED, {name: 1.25 * ratio for name, ratio in STORED.items()})
    assert everything == {"demand": 1.0, "ledger": 1.0, "capital": 1.0, check.WHOLE: 1.25, check.ALL: 1.25}


def test_what_is_not_in_both_is_not_compared():
    found = check.changes({**STORED, "gone": 1.0}, {**STORED, "new": 1.0})
    assert set(found) == {*STORED, check.ALL}


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """A stored baseline for this processor."""
    file = tmp_path / "baseline.json"
    file.write_text(json.dumps({kind(): {"stored": "2026-01-01", "versions": "others", "ratios": STORED}}))
    monkeypatch.setattr(check, "STORED", file)
    return file


@pytest.mark.parametrize(("demand", "status", "told"), [(1.0, 0, "passed"), (1.3, 1, "5 rounds: demand. If")])
def test_exit_status_and_last_line(stored, capsys, demand, status, told):
    found = {**STORED, "demand": demand, "new": 1.0}
    assert check.check("", False, lambda slow, short: iter([found] * 5)) == status
    text = capsys.readouterr().out
    assert told in text
    assert "new: measured, but not stored" in text
    assert "stored with others" in text


def test_other_processor_has_no_baseline(stored, capsys, monkeypatch):
    monkeypatch.setattr(check, "kind", lambda: "another")
    assert check.check("", False) == 0
    assert "no baseline for this processor (another): make bench-store" in capsys.readouterr().out


def test_unknown_mechanism_is_one_line(stored, capsys):
    assert check.check("demnad", False) == 2
    assert capsys.readouterr().err == "SLOW=demnad: no such mechanism: allowed: demand, ledger, capital\n"


@pytest.mark.parametrize("name", ["demand", check.WHOLE])
@pytest.mark.parametrize(("times", "status"), [(1.25, 0), (1.5, 1), (2.0, 1)])
def test_short_form_sees_half_as_slow_again(stored, capsys, name, times, status):
    found = {**STORED, name: times * STORED[name]}
    assert check.check("", True, lambda slow, short: iter([found] * check.MOST_ROUNDS)) == status


def test_short_form_times_the_hot_loop_too(monkeypatch):
    monkeypatch.setattr("benchmarks.contestants.Race.round", lambda race, slow, tries: (race.whole, tries))
    whole, tries = check.measure(short=True)
    assert callable(whole)
    assert tries == check.SHORT_TRIES


def test_planted_slowdown_reaches_the_round(monkeypatch, capsys):
    planted = []
    monkeypatch.setattr(check, "measure", lambda *given: planted.append(given) or {})
    monkeypatch.setattr("sys.argv", ["check", "--round", "--short", "--slow", "demand", "--by", "2"])
    assert check.main() == 0
    assert planted == [("demand", True, 2.0)]


def test_stored_baselines_name_mechanisms():
    for entry in check.load().values():
        assert set(entry["ratios"]) <= {*MECHANISMS, check.WHOLE}
        assert all(ratio > 0.0 for ratio in entry["ratios"].values())
