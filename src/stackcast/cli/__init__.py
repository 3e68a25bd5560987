"""The `stackcast` command: parse, call, print. `main` is the entry point."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .process import Stopper, conclude, leave


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and end the process with its exit code."""
    stopper = Stopper()
    stopper.install()
    leave(conclude(lambda: _call(sys.argv[1:] if arguments is None else arguments, stopper)))


def _call(arguments: Sequence[str], stopper: Stopper) -> int:
    from .app import call

    return call(arguments, stopper)
