"""A second process compiles into the same disk cache; that it fails changes nothing."""

import io
import json
import os
import subprocess
import sys
import time

import numba
import numpy as np
import pytest

from stackcast.engine import ahead, driver, lanes
from stackcast.engine.assembly import assemble
from stackcast.engine.draws import DrawPlan
from stackcast.engine.intrinsics import JIT
from stackcast.engine.jit import DiskCache, cache_folder, cpu_target, is_stored
from stackcast.engine.lanes import LANE_SIGNATURE, BoundLoop, wire
from stackcast.engine.layout import LaidOut
from stackcast.engine.sampling import Sampling
from stackcast.mechanisms.tooling import price_tools
from tests.engine import toy

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


def wait_for(name):
    """Whether a pass is stored within two minutes."""
    began = time.monotonic()
    while not is_stored(name, LANE_SIGNATURE) and time.monotonic() - began < WAIT:
        time.sleep(0.05)
    return is_stored(name, LANE_SIGNATURE)


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
        assert wait_for(name)
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
    ahead.help_out(os.getppid())
    assert seen == [3, 2, 1]


def test_it_ends_when_the_process_it_helps_is_gone(monkeypatch):
    seen = []
    monkeypatch.setattr(lanes, "compile_told", seen.append)
    monkeypatch.setattr(sys, "stdin", io.StringIO("[1, 2, 3]"))
    ahead.help_out(-1)
    assert seen == []


def test_modules_of_the_users_folder_are_not_loaded(strange, started, monkeypatch, tmp_path):
    loops, name = strange
    (tmp_path / "json.py").write_text(f"open({str(tmp_path / 'loaded')!r}, 'w')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ahead, "WORTH", 1)
    with ahead.helping([lanes.tell(loops)]):
        assert wait_for(name)
    assert not (tmp_path / "loaded").exists()


def test_the_core_of_the_least_program_is_everybodys():
    kinds = []
    for program in (assemble((), DrawPlan(()), quarters=1), toy.standard(), toy.sampled(Sampling("sobol"))):
        run = driver.Run(LaidOut.of(program), 1, 0, 1, 0)
        run.prepare(1)
        given = run._arguments(run.workers[0], np.zeros((1, 2, len(program.cells))), 0, 1, 0)
        kinds.append([numba.typeof(one) for one in given])
    assert kinds[0] == kinds[1] == kinds[2]


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
    attempts, start = [], ahead._start
    monkeypatch.setattr(ahead, "_start", lambda passes: attempts.append(passes) or start(passes))
    with ahead.helping([[]] * 20):
        done = True
    assert done
    assert len(attempts) == (executable is not None)


def test_a_program_that_python_is_part_of_is_not_started_again(started, monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with ahead.helping([[]] * 20):
        pass
    assert started == []


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
