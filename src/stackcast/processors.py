"""How many processors there are for us."""

from __future__ import annotations

import os


def cores() -> int:
    """Cores this process may use, which in a container or under taskset is less than the machine has."""
    count = getattr(os, "process_cpu_count", None)
    if count is not None:
        return count() or 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
