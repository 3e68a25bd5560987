"""A second process compiles into the same disk cache; that it fails changes nothing."""

import io
import json
import subprocess
import sys
import time

import pytest

from stackcast.engine import ahead, lanes
from stackcast.engine.intrinsics import JIT
from stackcast.engine.jit import DiskCache, cache_folder, cpu_target, is_stored
from stackcast.engine.lanes import LANE_SIGNATURE, BoundLoop, wire
from stackcast.mechanisms.tooling import price_tools

pytestmark = pytest.mark.skipif(not JIT or cache_folder() is None, reason="nothing is compiled, or nothing kept")

WAIT = 120.0


@pytest.fixture
def strange():
    """Loops that no program runs, so that nobody else compiles their pass, and its name in the cache."""
    arguments = price_tools.__code__.co_argcount
    reads = tuple((row, row) for row in range(arguments))
    crossed = tuple((row, row) for row in reversed(range(arguments)))
    loops = [
        BoundLoop("test", "one", price_tools, reads, (90, 91)),
        BoundLoop("test", "two", price_tools, crossed, (92, 93)),
    ]
    name = lanes._cache_name(loops, lanes._identity(loops, wire(loops)))
    path = DiskCache(name)._path(LANE_SIGNATURE, cpu_target.target_context.codegen())
    path.unlink(missing_ok=True)
    yield loops, name
    path.unlink(missing_ok=True)


@pytest.fixture
def started(monkeypatch):
    """The processes that were started."""
    processes, start = [], ahead._start
    monkeypatch.setattr(ahead, "cores", lambda: 2)
    monkeypatch.setattr(ahead, "_start", lambda passes: processes.append(start(passes)) or processes[-1])
    return processes


def test_a_second_process_stores_what_it_is_told(strange, started, monkeypatch):
    loops, name = strange
    monkeypatch.setattr(ahead, "WORTH", 1)
    assert not is_stored(name, LANE_SIGNATURE)
    with ahead.helping([lanes.tell(loops)]):
        began = time.monotonic()
        while not is_stored(name, LANE_SIGNATURE) and time.monotonic() - began < WAIT:
            time.sleep(0.05)
    assert is_stored(name, LANE_SIGNATURE)
    assert started[0].returncode is not None


def test_it_is_stopped_when_the_work_is_done(strange, started, monkeypatch):
    monkeypatch.setattr(ahead, "WORTH", 1)
    with ahead.helping([lanes.tell(strange[0])] * 3):
        assert started[0].poll() is None
    assert started[0].returncode == -9


def test_what_is_told_becomes_the_same_pass(strange):
    loops, _ = strange
    told = json.loads(json.dumps(lanes.tell(loops)))
    first, second = lanes.compile_told(told), lanes.compile_pass(loops)
    assert first.function is second.function
    assert first.rows == second.rows


def test_the_last_are_compiled_first(strange, monkeypatch):
    seen = []
    monkeypatch.setattr(lanes, "compile_told", seen.append)
    monkeypatch.setattr(sys, "stdin", io.StringIO("[1, 2, 3]"))
    ahead.help_out()
    assert seen == [3, 2, 1]


def test_a_few_passes_need_no_help(started):
    with ahead.helping([[]] * (ahead.WORTH - 1)):
        pass
    assert started == []


def test_no_help_on_one_core_or_without_a_cache(started, monkeypatch):
    monkeypatch.setattr(ahead, "cores", lambda: 1)
    with ahead.helping([[]] * 20):
        pass
    monkeypatch.setattr(ahead, "cores", lambda: 2)
    monkeypatch.setattr(ahead, "cache_folder", lambda: None)
    with ahead.helping([[]] * 20):
        pass
    assert started == []


@pytest.mark.parametrize("executable", ["/no/such/python", None, "/bin/false"])
def test_help_that_cannot_come_is_done_without(executable, monkeypatch):
    monkeypatch.setattr(ahead, "cores", lambda: 2)
    monkeypatch.setattr(sys, "executable", executable)
    with ahead.helping([[]] * 20):
        done = True
    assert done


def test_only_what_is_not_stored_is_told(strange, started, monkeypatch):
    loops, _ = strange
    monkeypatch.setattr(ahead, "WORTH", 1)
    told = []
    monkeypatch.setattr(
        ahead, "_start", lambda passes: told.append(passes) or subprocess.Popen([sys.executable, "-c", ""])
    )
    monkeypatch.setattr(lanes, "_memory", {})
    lanes._merged.cache_clear()
    lanes.merge(loops)
    lanes._memory.clear()
    lanes._merged.cache_clear()
    lanes.merge(loops)
    assert told == [[lanes.tell(loops)]]
