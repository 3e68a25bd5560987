"""How stackcast compiles: two decorators and one disk cache.

``kernel`` marks a scalar helper that is inlined into its callers; ``compiled`` makes a function with
one explicit signature, kept on disk between processes. Neither uses fast-math, and both use NumPy's
error model, because Python's division check stops the vectoriser.

The cache directory's name hashes every source that can reach compiled code, the versions of numba
and llvmlite, Python and the LLVM options: numba's own cache is keyed by one file only and would run
stale code after an edit elsewhere.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
import re
import shutil
import sys
import tempfile
import threading
import time
import types
import uuid
import warnings
from pathlib import Path

import llvmlite
import llvmlite.binding

# Two transcendental functions in one loop are bound by latency: four interleaved iterations took the
# whole synthetic core from 5.24 to 4.40 us a trajectory, same bits. The option is process-wide and
# must be set before the first compilation.
#
# Functions begin at a cache line. Where a pass lay in its lines was chance and stayed for the life of a process: a
# mechanism's time moved by more than 10 % in 5.5 % of all rounds of bench-check, now in 1.0 % (14 and 6 rounds of 17
# mechanisms, AMD EPYC), and that of the hot loop by 12 % (standard deviation), now by 3.
LLVM_OPTIONS = ("-force-vector-interleave=4", "-align-all-functions=6")
for _option in LLVM_OPTIONS:
    llvmlite.binding.set_option("", _option)

import numba  # noqa: E402
from numba.core import compiler, config, serialize, sigutils  # noqa: E402
from numba.core.caching import _Cache  # noqa: E402
from numba.core.compiler_lock import global_compiler_lock  # noqa: E402
from numba.core.errors import NumbaExperimentalFeatureWarning  # noqa: E402
from numba.core.registry import CPUDispatcher, cpu_target  # noqa: E402
from numba.core.runtime import rtsys  # noqa: E402

# Tuples of compiled functions are marked experimental by numba; nothing else is silenced.
warnings.filterwarnings("ignore", message="First-class function type", category=NumbaExperimentalFeatureWarning)

_OPTIONS = {"error_model": "numpy", "fastmath": False, "boundscheck": False}
_COMPILED_PACKAGES = ("engine", "laws", "mechanisms", "aggregate", "ledger")
_KEPT_CACHES = 8
_ABANDONED = 3600.0  # seconds after which nobody is still writing a file


class _Kernel(CPUDispatcher):
    """A kernel without the wrappers that make it callable from Python: they took half of all time of compilation."""

    def __call__(self, *args):
        """Call it from Python all the same: a twin with wrappers is compiled for it."""
        if "_twin" not in self.__dict__:
            self._twin = numba.njit(**_OPTIONS)(self.py_func)
        return self._twin(*args)


def kernel(function):
    """Mark a scalar helper for inlining into compiled callers; it checks nothing."""
    if config.DISABLE_JIT:
        return function
    dispatcher = numba.njit(forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, **_OPTIONS)(function)
    dispatcher.__class__ = _Kernel
    return dispatcher


def routine(function):
    """Mark a helper that becomes part of its caller.

    Merged before typing: as separate functions that hand on tuples of forty arrays they took 9.5 s to
    compile instead of 4.
    """
    if config.DISABLE_JIT:
        return function
    return numba.njit(inline="always", **_OPTIONS)(function)


def interpreted(function):
    """The plain Python function behind a routine or kernel."""
    return getattr(function, "py_func", function)


class _Waiting(CPUDispatcher):
    """A function that is compiled, or read from disk, when it is first called or called by code that is compiled."""

    def compile(self, sig):
        """For its own signature, whatever a caller's arguments are."""
        with global_compiler_lock:  # numba's own: another would be taken in the other order by code that is compiled
            if not self.overloads:  # else another thread was here before, or one that was interrupted
                CPUDispatcher.compile(self, self.wanted)
            self.disable_compile()
            self.__class__ = CPUDispatcher if self.by is None else _Bare
            (overload,) = self.overloads.values()
            return overload.entry_point

    def __call__(self, *args, **named):
        """The first call."""
        return ready(self)(*args, **named)


class _Bare(CPUDispatcher):
    """A function that compiled code calls by its address, and Python through another."""

    def __call__(self, *args):
        return self.by(address_of(self), *args)


def ready(function):
    """A compiled function whose machine code is in memory."""
    if isinstance(function, _Waiting):
        _Waiting.compile(function, None)  # by name: another thread may have made it ready, and plain, by now
    return function


def signature_of(function):
    """The numba signature of a compiled function; of one that waits without compiling it."""
    if isinstance(function, _Waiting):
        arguments, result = sigutils.normalize_signature(function.wanted)
        return result(*arguments)
    (overload,) = function.overloads.values()
    return overload.signature


def address_of(function) -> int:
    """Where the machine code of a compiled function of one signature begins; the function must outlive its use."""
    known = vars(ready(function))
    if "address" not in known:  # to ask for it takes 0.06 ms, and a run asks for fifty
        (result,) = function.overloads.values()
        known["address"] = result.library.get_pointer_to_function(result.fndesc.llvm_func_name)
    return known["address"]


def compiled(signature: str | tuple, key: str | None = None, name: str | None = None, by=None, memory: bool = False):
    """Compile a function for one signature, without the interpreter lock.

    It waits until it is needed: a run of the baseline needs 16 of 30. With a key or a name it is compiled
    at once.
    ``key`` tells closures apart that share a name; ``key=""`` keeps the function out of the disk cache, as a user's
    own mechanism must be: its file can change under us. ``name`` replaces the function's own name and key in the cache.
    With ``by``, a compiled function of an address and the arguments, Python calls this one through that one: what makes
    a function callable from Python takes a fifth of the time that a pass takes to compile.
    Only with ``memory`` may it allocate arrays: to count who holds each of its arrays took a third of the time in which
    the core's largest function was compiled (5.0 and 3.4 s, AMD EPYC).
    """

    def decorate(function):
        if config.DISABLE_JIT:
            return function
        stored = key != ""
        known = name or f"{function.__module__}.{function.__qualname__}:{key or ''}"
        identity = known if stored else f"local:{uuid.uuid4().hex}"
        wrappers = {"no_cfunc_wrapper": True, "no_cpython_wrapper": by is not None}
        own = _renamed(function, f"{identity}:{signature}")
        dispatcher = numba.njit(nogil=True, _nrt=memory, **wrappers, **_OPTIONS)(own)
        if stored:
            dispatcher._cache = DiskCache(identity)
        dispatcher.wanted, dispatcher.by = signature, by
        dispatcher.__class__ = _Waiting
        return dispatcher if key is None and name is None else ready(dispatcher)

    return decorate


def _renamed(function, identity: str):
    """A copy of a function whose name is its identity.

    numba names machine code by the function's name and a count of this process. Two closures of one name, compiled in
    two processes, can so bear the same symbol, and the linker then calls whichever was loaded first.
    """
    copy = types.FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    copy.__doc__, copy.__module__ = function.__doc__, function.__module__
    copy.__qualname__ = f"{function.__qualname__}_{hashlib.sha256(identity.encode()).hexdigest()[:20]}"
    return copy


def _sources() -> list[Path]:
    root = Path(__file__).resolve().parent.parent
    return sorted(path for package in _COMPILED_PACKAGES for path in (root / package).rglob("*.py"))


def _stamps() -> tuple:
    return tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in _sources())


def _unchanged() -> bool:
    """Whether the sources are still those this process was started with.

    After an edit, the code in memory and the files on disk are two things, and neither may be stored under the
    other's name: an edit made and taken back while a process ran once left its code behind for all later ones.
    """
    try:
        return _stamps() == _AT_START
    except OSError:
        return False


def fingerprint() -> str:
    """Hash of everything that can change compiled code, except the processor (numba adds that)."""
    return _FINGERPRINT


def _hash_sources() -> str:
    digest = hashlib.sha256()
    for part in (numba.__version__, llvmlite.__version__, sys.version, *LLVM_OPTIONS, repr(sorted(_OPTIONS.items()))):
        digest.update(part.encode() + b"\0")
    for path in _sources():
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:24]


# Taken when this module is imported, before any module with code to compile.
_AT_START = _stamps()
_FINGERPRINT = _hash_sources()


def _cache_roots() -> list[Path]:
    named = os.environ.get("STACKCAST_CACHE_DIR")
    if named:
        return [Path(named)]
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return [Path(base) / "stackcast", Path(tempfile.gettempdir()) / f"stackcast-cache-{os.getuid()}"]


def _owned_by_us(folder: Path) -> bool:
    """A cache holds code: never read one that another user could have written."""
    status = folder.stat()
    return status.st_uid == folder.lstat().st_uid == os.getuid() and not status.st_mode & 0o022


@functools.cache
def cache_folder() -> Path | None:
    """The folder of this build's compiled functions, or None where nothing can be written."""
    for root in _cache_roots():
        folder = root / fingerprint()
        try:
            # The root as well: who owns it can put another folder in place of ours.
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            if not (_owned_by_us(root) and _owned_by_us(folder) and os.access(folder, os.W_OK)):
                continue
            os.utime(folder)
            _prune(root, keep=folder)
            _sweep(folder)
        except OSError:
            continue
        return folder
    return None


_BUILD = re.compile("[0-9a-f]{24}")  # nothing but our own folders may be removed from a directory the user named


def _prune(root: Path, keep: Path) -> None:
    """Drop the caches of old builds; the newest few stay, so that switching branches costs nothing."""
    others = [path for path in root.iterdir() if _BUILD.fullmatch(path.name) and path.is_dir() and path != keep]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in others[_KEPT_CACHES - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Drop what processes that were killed while they wrote have left."""
    for path in folder.glob("*.part"):
        if time.time() - path.stat().st_mtime > _ABANDONED:
            path.unlink(missing_ok=True)


def is_stored(name: str, signature: str) -> bool:
    """Whether the function of this name in the cache need not be compiled."""
    path = DiskCache(name)._path(signature, cpu_target.target_context.codegen())
    return path is not None and path.exists()


class DiskCache(_Cache):
    """One file per compiled function, keyed by name, signature and processor.

    numba's own cache hashes a closure's variables by pickling them, and a compiled function pickles
    differently in every process: closures over kernels would never be found again.
    """

    _lock = threading.Lock()
    _warned = False

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def cache_path(self) -> str:
        return str(cache_folder())

    def enable(self) -> None: ...

    def disable(self) -> None: ...

    def flush(self) -> None: ...

    def _path(self, signature, codegen) -> Path | None:
        folder = cache_folder()
        if folder is None:
            return None
        text = repr((self._name, str(signature), codegen.magic_tuple()))
        return folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.nbc"

    def load_overload(self, signature, target_context):
        # What machine code from disk needs of numba's memory management. All that its compiler knows (and SciPy with
        # it) need not be loaded: a third of a second of every run.
        rtsys.initialize(target_context)
        path = self._path(signature, target_context.codegen())
        if path is None or not path.exists():
            return None
        try:
            content = path.read_bytes()  # once: another process may be replacing it
            checksum, payload = content[:32], content[32:]
            if hashlib.sha256(payload).digest() != checksum:
                raise EOFError("checksum differs")
            return compiler.CompileResult._rebuild(target_context, *pickle.loads(payload))
        except Exception as problem:
            self._recover(path, problem)
            return None

    def _recover(self, path: Path, problem: Exception) -> None:
        path.unlink(missing_ok=True)
        with self._lock:
            if not DiskCache._warned:
                DiskCache._warned = True
                warnings.warn(f"compile cache: {path.name} was unreadable ({problem}); compiled again", stacklevel=2)

    def save_overload(self, signature, result) -> None:
        path = self._path(signature, result.codegen)
        if path is None or result.library.has_dynamic_globals or not _unchanged():
            return
        payload = serialize.dumps(result._reduce())
        part = path.with_name(f"{path.stem}.{uuid.uuid4().hex[:12]}.part")
        try:
            part.write_bytes(hashlib.sha256(payload).digest() + payload)
            os.replace(part, path)
        except OSError:
            part.unlink(missing_ok=True)
