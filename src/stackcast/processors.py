"""How many processors there are for us, and how Python is started on another."""

from __future__ import annotations

import os
import sys


def cores() -> int:
    """Cores this process may use, which in a container or under taskset is less than the machine has."""
    count = getattr(os, "process_cpu_count", None)
    if count is not None:
        return count() or 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def python_command(code: str) -> list[str]:
    """What starts another Python that runs ``code``; empty where that would start a program that Python is part of."""
    if not sys.executable or getattr(sys, "frozen", False):
        return []
    return [sys.executable, "-P", "-c", code]  # -P: modules of the folder that the user is in are not ours
