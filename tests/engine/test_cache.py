"""The compile cache: never stale, never fatal, never written by others; a second process compiles nothing."""

import hashlib
import json
import os
import pickle
import shutil
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import numpy as np
import pytest

from stackcast.engine import jit, lanes
from stackcast.engine.intrinsics import JIT
from stackcast.engine.layout import LaidOut
from tests.engine import toy
from tests.engine.run_case import ROOT

pytestmark = pytest.mark.skipif(not JIT, reason="nothing is compiled")

PACKAGE = Path(jit.__file__).resolve().parent.parent


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache for this test alone."""
    place = tmp_path / "cache"
    place.mkdir(mode=0o700)
    monkeypatch.setattr(jit, "cache_folder", lambda: place)
    monkeypatch.setattr(jit, "_unchanged", lambda: True)  # sources may be edited while the tests run
    monkeypatch.setattr(jit.DiskCache, "_warned", False)
    return place


def third(x):
    return x / 3.0


def test_a_pass_has_no_wrapper_and_is_called_by_its_address():
    (one,) = lanes.merge(toy.standard().loops[:1])[0]
    (code,) = one.function.overloads.values()
    assert code.library.get_pointer_to_function(code.fndesc.llvm_cpython_wrapper_name) == 0
    assert jit.address_of(one.function) == code.library.get_pointer_to_function(code.fndesc.llvm_func_name) != 0


def compile_third():
    return jit.compiled("float64(float64)", key="test")(third)


def hits(dispatcher):
    return sum(dispatcher.stats.cache_hits.values())


def doubled(row):
    twice = np.zeros(row.shape[0])
    for k in range(row.shape[0]):
        twice[k] = 2.0 * row[k]
    row[:] = twice


def test_only_a_function_that_says_so_may_allocate(folder):
    row = np.ones(3)
    jit.compiled("void(float64[::1])", memory=True)(doubled)(row)
    assert row.tolist() == [2.0] * 3
    with pytest.raises(numba.core.errors.NumbaError, match="zeros"):
        jit.compiled("void(float64[::1])", key="without")(doubled)


def test_the_second_compilation_is_read_from_disk(folder):
    first, second = compile_third(), compile_third()
    assert (hits(first), hits(second)) == (0, 1)
    assert first(1.0) == second(1.0) == 1.0 / 3.0
    assert [path.suffix for path in folder.iterdir()] == [".nbc"]


def test_a_function_waits_for_its_first_call(folder):
    waiting = jit.compiled("float64(float64)")(third)
    assert jit.signature_of(waiting) == numba.float64(numba.float64)
    assert list(folder.iterdir()) == []
    assert waiting(2) == 2.0 / 3.0
    assert [path.suffix for path in folder.iterdir()] == [".nbc"]
    assert jit.signature_of(waiting) == numba.float64(numba.float64)
    with pytest.raises(TypeError):
        waiting("2")


def test_a_function_that_waits_has_one_signature_for_every_caller(folder):
    waiting = jit.compiled("float64(float64)")(third)
    caller = jit.compiled("float64(int64)", key="test")(lambda x: waiting(x) * 2.0)
    assert caller(3) == 2.0
    assert [str(one) for one in waiting.signatures] == ["(float64,)"]


def test_an_interrupt_while_it_is_stored_leaves_it_usable(folder, monkeypatch):
    def interrupted(self, signature, result):
        raise KeyboardInterrupt

    waiting = jit.compiled("float64(float64)")(third)
    with monkeypatch.context() as patched:
        patched.setattr(jit.DiskCache, "save_overload", interrupted)
        with pytest.raises(KeyboardInterrupt):
            waiting(1.0)
    assert waiting(1.0) == 1.0 / 3.0


def test_what_a_killed_process_left_is_swept_away(tmp_path):
    old, new = tmp_path / "a.1.part", tmp_path / "b.2.part"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0.0, 0.0))
    jit._sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["b.2.part"]


def test_a_function_that_waits_may_be_called_by_many_threads(folder):
    for _ in range(3):
        waiting = jit.compiled("float64(float64)")(third)
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(waiting, [1.0] * 32)) == [1.0 / 3.0] * 32


def test_pieces_that_a_program_does_not_need_stay_uncompiled():
    pieces = LaidOut.of(toy.program()).pieces._asdict()
    assert [name for name, address in pieces.items() if address == 0] == [
        "observe",
        "draw_shocks_again",
        "bridge_shocks",
    ]
    assert LaidOut.of(toy.program(), [("size", 0)]).pieces.observe != 0


def test_another_name_and_another_signature_are_other_entries(folder):
    compile_third()
    jit.compiled("float64(float64)", key="other")(third)
    jit.compiled("float64(int64)", key="test")(third)
    assert len(list(folder.iterdir())) == 3


def sealed(payload):
    return hashlib.sha256(payload).digest() + payload


def _flipped(content, place):
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


DAMAGE = {
    "empty": lambda content: b"",
    "truncated": lambda content: content[: len(content) // 2],
    "one bit of the code": lambda content: _flipped(content, len(content) // 2),
    "one bit of the last bytes": lambda content: _flipped(content, len(content) - 9),
    "not a pickle": lambda content: sealed(b"nonsense"),
    "another pickle": lambda content: sealed(pickle.dumps(("not", "code"))),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_replaced_with_one_warning(folder, damage):
    compile_third()
    [path] = folder.iterdir()
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    with pytest.warns(UserWarning, match="compile cache: .* was unreadable"):
        again = compile_third()
    assert hits(again) == 0
    assert again(1.0) == 1.0 / 3.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert hits(compile_third()) == 1


def test_many_damaged_files_give_one_warning(folder):
    for key in "abc":
        jit.compiled("float64(float64)", key=key)(third)
    for path in folder.iterdir():
        path.write_bytes(b"")
    with pytest.warns(UserWarning, match="compile cache") as caught:
        again = [jit.compiled("float64(float64)", key=key)(third) for key in "abc"]
    assert [f(3.0) for f in again] == [1.0] * 3
    assert len(caught) == 1


def test_without_a_folder_everything_is_compiled_in_memory(monkeypatch):
    monkeypatch.setattr(jit, "cache_folder", lambda: None)
    assert compile_third()(1.0) == 1.0 / 3.0
    assert hits(compile_third()) == 0


def test_a_full_disk_costs_the_cache_not_the_run(folder, monkeypatch):
    def full(self, content):
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert compile_third()(1.0) == 1.0 / 3.0
    assert list(folder.iterdir()) == []


def find_folder(root, monkeypatch):
    monkeypatch.setenv("STACKCAST_CACHE_DIR", str(root))
    return jit.cache_folder.__wrapped__()


def test_the_folder_is_private_and_named_after_the_build(tmp_path, monkeypatch):
    found = find_folder(tmp_path / "root", monkeypatch)
    assert found == tmp_path / "root" / jit.fingerprint()
    for place in (found, found.parent):
        assert place.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
@pytest.mark.parametrize("place", ["root", "folder"])
def test_a_folder_others_can_write_is_not_used(tmp_path, monkeypatch, mode, place):
    root = tmp_path / "root"
    folder = root / jit.fingerprint()
    folder.mkdir(parents=True)
    for path in (root, folder):
        path.chmod(0o700)
    (root if place == "root" else folder).chmod(mode)
    assert find_folder(root, monkeypatch) is None


def test_a_folder_of_another_user_is_not_used(tmp_path, monkeypatch):
    assert find_folder(tmp_path / "root", monkeypatch) is not None
    stranger = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: stranger)
    assert find_folder(tmp_path / "root", monkeypatch) is None


def test_a_folder_that_cannot_be_made_is_not_used(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    assert find_folder(tmp_path / "file" / "root", monkeypatch) is None


def test_without_a_home_the_temporary_directory_serves(tmp_path, monkeypatch):
    (tmp_path / "home").write_text("no directory")
    (tmp_path / "tmp").mkdir()
    monkeypatch.delenv("STACKCAST_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(jit.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    found = jit.cache_folder.__wrapped__()
    assert found is not None
    assert found.is_relative_to(tmp_path / "tmp")


def test_old_builds_are_dropped_and_nothing_else(tmp_path, monkeypatch):
    root = tmp_path / "root"
    old = [root / f"{k:024x}" for k in range(12)]
    others = [root / "a-folder-of-24-characters", root / "holiday photographs 2024"]
    assert {len(path.name) for path in others} >= {24}
    for age, path in enumerate([*old, *others]):
        path.mkdir(parents=True)
        os.utime(path, (1e9 - age, 1e9 - age))
    root.chmod(0o700)
    found = find_folder(root, monkeypatch)
    assert found is not None
    assert all(path.exists() for path in others)
    assert [path.exists() for path in old] == [k < jit._KEPT_CACHES - 1 for k in range(12)]


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of the package whose files the fingerprint is taken from."""
    copy = tmp_path / "stackcast"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(jit, "__file__", str(copy / "engine" / "jit.py"))
    return copy


@pytest.mark.parametrize(
    "file", ["engine/vecmath.py", "engine/block.py", "laws/scaling.py", "aggregate/derived.py", "ledger/layers.py"]
)
def test_an_edit_of_any_compiled_source_changes_the_fingerprint(copied, file):
    before = jit._hash_sources()
    content = (copied / file).read_bytes()
    (copied / file).write_bytes(content + b"\n# a comment\n")
    assert jit._hash_sources() != before
    (copied / file).write_bytes(content)
    assert jit._hash_sources() == before


def test_a_new_source_changes_the_fingerprint(copied):
    before = jit._hash_sources()
    (copied / "mechanisms" / "tariff.py").write_text("RATE = 0.1\n")
    assert jit._hash_sources() != before


@pytest.mark.parametrize("what", ["numba", "llvmlite"])
def test_another_compiler_changes_the_fingerprint(monkeypatch, what):
    before = jit._hash_sources()
    monkeypatch.setattr(getattr(jit, what), "__version__", "999.0")
    assert jit._hash_sources() != before


PROBE = """
import warnings
from stackcast.engine.jit import compiled, kernel
from stackcast.laws.probe_constant import FACTOR, scaled

warnings.simplefilter("error")

def probe(x):
    return scaled(x) * FACTOR

probe = compiled("float64(float64)")(probe)
print(probe(10.0), sum(probe.stats.cache_hits.values()))
"""
CONSTANT = """
from stackcast.engine.jit import kernel

FACTOR = {factor}

@kernel
def scaled(x):
    return x + {shift}
"""


class Copy:
    """A copy of the package with a probe whose helper and constant live in another file."""

    def __init__(self, place):
        self.place = place
        shutil.copytree(PACKAGE, place / "stackcast", ignore=shutil.ignore_patterns("__pycache__"))
        (place / "stackcast" / "laws" / "__init__.py").write_text("")
        (place / "stackcast" / "laws" / "probe.py").write_text(PROBE)
        self.write(2.0, 0.0)

    def write(self, factor, shift):
        text = CONSTANT.format(factor=factor, shift=shift)
        (self.place / "stackcast" / "laws" / "probe_constant.py").write_text(text)

    def start(self):
        environment = {**os.environ, "PYTHONPATH": str(self.place), "STACKCAST_CACHE_DIR": str(self.place / "cache")}
        return subprocess.Popen(
            [sys.executable, "-B", "-W", "error", "-m", "stackcast.laws.probe"], cwd=self.place, env=environment,
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def finish(self, process):
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors[-2000:]
        value, hit = output.split()
        return float(value), int(hit)

    def run(self):
        return self.finish(self.start())


def test_an_edit_in_another_file_is_never_run_stale(tmp_path):
    copy = Copy(tmp_path)
    assert copy.run() == (20.0, 0)
    assert copy.run() == (20.0, 1)
    copy.write(3.0, 0.0)  # a constant
    assert copy.run() == (30.0, 0)
    copy.write(3.0, 1.0)  # a helper
    assert copy.run() == (33.0, 0)
    copy.write(2.0, 0.0)  # back: the first build is still there
    assert copy.run() == (20.0, 1)


def test_processes_that_start_together_share_a_cold_cache(tmp_path):
    copy = Copy(tmp_path)
    found = [copy.finish(process) for process in [copy.start() for _ in range(3)]]
    assert {value for value, _ in found} == {20.0}
    assert copy.run() == (20.0, 1)
    assert not list((tmp_path / "cache").rglob("*.part"))


def pass_of(body, inputs):
    """The body compiled as a pass of its own: rows 0 to inputs - 1 read, the next one written."""
    loop = lanes.BoundLoop("test", "body", body, tuple((k, k) for k in range(inputs)), (inputs,))
    return lanes.compile_pass([loop])


def test_a_mechanism_of_a_user_is_not_kept_on_disk(folder):
    def body(x):
        return (x + 41.5,)

    pass_of(body, 1)
    assert list(folder.iterdir()) == []
    pass_of(toy.grow, 4)
    assert list(folder.iterdir()) == []


def test_a_body_of_the_package_is_kept_on_disk(folder):
    from stackcast.aggregate.derived import _herfindahl

    lanes._memory.clear()
    pass_of(_herfindahl, 8)
    assert len(list(folder.iterdir())) == 1


COUNT = """
import json
from stackcast.engine import jit

saved, keep = [], jit.DiskCache.save_overload

def save(self, signature, result):
    saved.append(self._name)
    keep(self, signature, result)

jit.DiskCache.save_overload = save
from tests.engine.run_case import outcome
outcome("toy", 300, 1)
print(json.dumps(saved))
"""


def test_a_second_process_compiles_nothing_of_the_package():
    path = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]))
    settings = {"cwd": ROOT, "env": {**os.environ, "PYTHONPATH": path}, "check": True, "timeout": 120}
    first, second = (
        subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, **settings) for _ in range(2)
    )
    assert json.loads(second.stdout) == [], f"the first compiled {first.stdout}"
