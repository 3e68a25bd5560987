"""What the figures of a benchmark hold for: the processor and the versions."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def _described() -> dict[str, str]:
    """What Linux says of the first processor; elsewhere nothing."""
    file = Path("/proc/cpuinfo")
    first = file.read_text().split("\n\n")[0] if file.exists() else ""
    pairs = (line.split(":", 1) for line in first.splitlines() if ":" in line)
    return {name.strip(): value.strip() for name, value in pairs}


def _wide(described: dict[str, str]) -> bool:
    return "avx512f" in described.get("flags", "").split()


def machine() -> str:
    """Processor, cores and vector width, as a page names them."""
    described = _described()
    name = described.get("model name") or platform.processor()
    return f"{name}, {os.cpu_count()} cores{', AVX-512' if _wide(described) else ''}"


def bind() -> None:
    """Bind this process to one processor, where the system can.

    To be called before NumPy and JAX are imported: their pools have a thread for each processor they may use.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def kind() -> str:
    """The kind of processor: ratios of two pieces of code are alike only on the same."""
    described = _described()
    name = described.get("model name") or platform.processor() or platform.machine()
    numbers = ", ".join(f"{key} {described[key]}" for key in ("cpu family", "model") if key in described)
    return f"{name}{f' ({numbers})' if numbers else ''}{', AVX-512' if _wide(described) else ''}"


def versions() -> str:
    """What compiles and runs the code."""
    import numba
    import numpy

    return f"Python {platform.python_version()}, numba {numba.__version__}, NumPy {numpy.__version__}"
