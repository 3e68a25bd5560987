"""A second process that compiles, for numba lets only one thread of a process do so.

The caller compiles a program's passes from the first on; the helper takes the core and then the passes from the last
on, and what either has done the other finds in the disk cache. The helper decides nothing and may die at any time.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence

from stackcast.engine.jit import cache_folder
from stackcast.processors import cores, python_command

WORTH = 8
"""Passes to compile from which on a helper is started: half a second each on a slow machine, two for it to begin."""

_COMMAND = "from stackcast.engine.ahead import help_out; help_out"


@contextlib.contextmanager
def helping(passes: Sequence[list]) -> Iterator[None]:
    """Have passes compiled into the disk cache while the block runs; they are given as plain data (``lanes.tell``)."""
    process = None
    wanted = len(passes) >= WORTH and cores() > 1 and cache_folder() is not None
    if wanted and python_command(""):
        with contextlib.suppress(OSError):  # no processes, no temporary files: then there is no help
            process = _start(passes)
    try:
        yield
    finally:
        if process is not None:
            process.kill()
            process.wait()


def _start(passes: Sequence[list]) -> subprocess.Popen:
    # By a file: a pipe holds less, and would wait for the helper's imports.
    with tempfile.TemporaryFile("w+") as told:
        json.dump(passes, told)
        told.seek(0)
        command = python_command(f"{_COMMAND}({os.getpid()})")
        return subprocess.Popen(command, stdin=told, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def help_out(parent: int) -> None:
    """What the second process does, as long as the first is there."""
    passes = json.load(sys.stdin)
    importlib.import_module("stackcast.engine.driver").compile_core()
    lanes = importlib.import_module("stackcast.engine.lanes")
    for told in reversed(passes):
        if os.getppid() != parent:
            return
        lanes.compile_told(told)
