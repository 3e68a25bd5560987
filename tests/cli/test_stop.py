"""Ctrl-C and SIGTERM: out at once, nothing half-written."""

import signal
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from stackcast.cli import process as process_module
from stackcast.cli.process import Stopped, Stopper
from tests.cli.processes import BASELINE, start

LONG = ("--trajectories", "1e9", "--sample", "256")


@contextmanager
def running(folder):
    """A long run that does not outlive the test."""
    with start("run", BASELINE, *LONG, cwd=folder) as process:
        try:
            yield process
        finally:
            process.kill()


def started(process):
    """Wait until the run has announced itself."""
    said = [line := process.stderr.readline()]
    while line and "trajectories, seed" not in line:
        said.append(line := process.stderr.readline())
    assert line, said


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("wait", [0.0, 1.5])
def test_stopped_run_is_gone_within_two_seconds_and_leaves_nothing(tmp_path, stored, number, code, wait):
    """At once after the announcement, while kernels are loaded or compiled, and later, while they run."""
    with running(tmp_path) as process:
        started(process)
        time.sleep(wait)
        process.send_signal(number)
        sent = time.monotonic()
        out, err = process.communicate(timeout=30)
        assert time.monotonic() - sent < 2.0
    assert process.returncode == code
    assert out == ""
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def catches(process, number):
    """Whether a process has a handler of its own for a signal."""
    with open(f"/proc/{process.pid}/status") as status:
        caught = next(line for line in status if line.startswith("SigCgt:")).split()[1]
    return bool(int(caught, 16) >> (number - 1) & 1)


def test_stop_while_libraries_are_imported_is_quiet(tmp_path):
    """In the first moments, as soon as our handlers are there: an import that is cut must not print a traceback."""
    with running(tmp_path) as process:
        while not catches(process, signal.SIGTERM):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_stop_lost_in_a_callback_prints_nothing(capsys):
    """What C calls back cannot raise: Python reports such exceptions on its own, with a traceback."""
    lost = SimpleNamespace(exc_type=Stopped, exc_value=Stopped(2), exc_traceback=None, err_msg=None, object=None)
    process_module._without_stops(lost)
    assert capsys.readouterr().err == ""


def test_watcher_clears_our_temporary_folder_and_no_other(tmp_path, monkeypatch):
    """When the main thread cannot be interrupted the watcher ends the process; here the exit is only recorded."""
    ended = []
    monkeypatch.setattr(process_module.os, "_exit", lambda code: ended.append(code))
    monkeypatch.setattr(process_module, "PATIENCE", 0.0)
    older, other = tmp_path / ".run.abc.tmp", tmp_path / ".elsewhere.abc.tmp"
    older.mkdir()
    stopper = Stopper()
    stopper.watch_over([tmp_path / "run"])
    ours = tmp_path / ".run.xyz.tmp"
    ours.mkdir()
    other.mkdir()
    reader, writer = process_module.os.pipe()
    watcher = threading.Thread(target=stopper._watch, args=(reader,))
    watcher.start()
    process_module.os.write(writer, bytes([signal.SIGWINCH, signal.SIGTERM]))
    watcher.join(timeout=10)
    assert ended == [143]
    assert older.is_dir()
    assert other.is_dir()
    assert not ours.exists()
