"""The command in a process of its own, for what a process alone can show: signals, closed pipes; else in this one."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from stackcast.cli.app import call
from stackcast.cli.process import Stopper, conclude

ROOT = Path(__file__).parent.parent.parent
BASELINE = str(ROOT / "configs" / "baseline.toml")
SIZE = ("--trajectories", "512", "--sample", "300")
FEW = (*SIZE, "--no-figures")


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


def command(*arguments):
    return [sys.executable, "-m", "stackcast", *map(str, arguments)]


def start(*arguments, cwd, **options):
    """The command in its own process, without a terminal."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    # Unbuffered streams take a short write for a whole one, and a closed pipe goes unnoticed.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.Popen(command(*arguments), cwd=cwd, env=environment, **{**streams, **options})


def finish(*arguments, cwd, **options):
    process = start(*arguments, cwd=cwd, **options)
    out, err = process.communicate(timeout=300)
    return Done(process.returncode, out or "", err or "")


def finish_here(*arguments, streams):
    """The command in this process, which takes a tenth of the time; `streams` is pytest's capsys."""
    code = conclude(lambda: call([str(argument) for argument in arguments], Stopper()))
    said = streams.readouterr()
    return Done(code, said.out, said.err)
