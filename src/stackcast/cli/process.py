"""The process around a command: signals, exit codes, closed pipes, one line per error.

Exit codes: 0 done; 1 a repeated run gave another digest; 2 bad input or nowhere to write; 3 a target of `--until` was
not reached; 130 stopped by Ctrl-C, 143 by SIGTERM; 141 when the reader of a pipe went away (what a shell reports for
SIGPIPE).
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from ..errors import StackcastError

BAD_INPUT = 2
BROKEN_PIPE = 128 + signal.SIGPIPE
# A stop is first an exception in the main thread, which unwinds every `finally`. Python cannot raise it while the main
# thread is inside a long C call (LLVM compiling a large function), so a second thread ends the process after this long.
PATIENCE = 1.5

_STOPS = (signal.SIGINT, signal.SIGTERM)
_arrived: list[int] = []


class Stopped(KeyboardInterrupt):
    """SIGINT or SIGTERM arrived; `code` is the exit code that says which."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = 128 + number


class Stopper:
    """Turns SIGINT and SIGTERM into `Stopped`, and ends the process when that does not get through in time.

    `targets` are the run folders being made: in the second case `endings` are called, which end who else writes there,
    and their temporary folders are removed.
    """

    def __init__(self) -> None:
        self.targets: list[Path] = []
        self.endings: list[Callable[[], None]] = []
        self._before: set[Path] = set()

    def install(self) -> None:
        """Take over both signals; only the main thread of a process can."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)  # written by the C handler, whatever Python is doing
        for number in _STOPS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup, or in a script's background job
                signal.signal(number, _raise)
        sys.unraisablehook = _without_stops
        threading.Thread(target=self._watch, args=(reader,), name="stopper", daemon=True).start()

    def watch_over(self, targets: Iterable[Path]) -> None:
        """Name the run folders whose temporary folders must not outlive the process."""
        self.targets = list(targets)
        self._before = set(self._temporary())

    def _watch(self, reader: int) -> None:
        while True:
            number = os.read(reader, 1)[0]
            if number in _STOPS:
                break
        time.sleep(PATIENCE)
        for end in self.endings:
            end()
        for folder in set(self._temporary()) - self._before:
            shutil.rmtree(folder, ignore_errors=True)
        os._exit(128 + number)

    def _temporary(self) -> Iterable[Path]:
        for target in self.targets:
            yield from target.parent.glob(f".{target.name}.*.tmp")


def _raise(number: int, frame: object) -> None:
    _ignore_stops()  # a second signal must not interrupt the clearing up, which the watcher bounds anyway
    _arrived.append(number)
    raise Stopped(number)


def _ignore_stops() -> None:
    for stop in _STOPS:
        signal.signal(stop, signal.SIG_IGN)


def _without_stops(unraisable: sys.UnraisableHookArgs) -> None:
    """A stop inside a callback from C (LLVM has such) cannot propagate: no traceback, the watcher ends the process."""
    if not isinstance(unraisable.exc_value, Stopped):
        sys.__unraisablehook__(unraisable)


def conclude(command: Callable[[], int]) -> int:
    """Run a command; turn what it raises into one line on stderr and an exit code."""
    try:
        return _conclude(command)
    except Exception:
        if _arrived:  # a library met the stop half-way and raised something of its own
            return 128 + _arrived[0]
        raise


def _conclude(command: Callable[[], int]) -> int:
    try:
        code = command()
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except Stopped as stop:
        return stop.code
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except StackcastError as error:
        return complain(str(error))
    except BrokenPipeError:
        return BROKEN_PIPE
    except MemoryError:
        return complain("out of memory: allowed: fewer threads, a smaller chunk or a smaller sample")
    except OSError as error:
        if error.errno is None:
            raise
        where = error.filename or ("standard output" if error.errno == errno.ENOSPC else "file")
        return complain(f"{where}: {error.strerror}")


def complain(text: str) -> int:
    """One line on stderr; returns the exit code of bad input. After a stop it is the stop that counts."""
    if _arrived:
        return 128 + _arrived[0]
    _silently(lambda: print(f"stackcast: {' '.join(text.split())}", file=sys.stderr, flush=True))
    return BAD_INPUT


def leave(code: int) -> None:
    """End the process without the interpreter's complaint about a closed pipe or a full disk behind stdout."""
    _ignore_stops()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            _silently(stream.flush)
    # Threads of an interrupted computation may still be inside a kernel; they hold nothing that needs closing.
    os._exit(code)


def _silently(action: Callable[[], object]) -> None:
    try:
        action()
    except (OSError, ValueError):
        return
