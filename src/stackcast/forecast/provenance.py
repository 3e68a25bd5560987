"""Where a forecast comes from: everything needed to repeat it, and what its numbers resolve."""

from __future__ import annotations

import functools
import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .._version import __version__
from ..engine.philox import STREAM_VERSION
from ..engine.sampling import INDEPENDENT
from .forecast import PRIOR, Forecast, with_digest
from .sample import Sample

FORMAT = "stackcast run 1"
_PACKAGES = ("numpy", "numba", "llvmlite", "scipy", "pandas", "pyarrow")
_NOT_HASHED = ("checksum", "seconds")


def forecast_of(
    result: Any, scenario: Any, *, seed: int, threads: int | None = None, chunk: int | None = None
) -> Forecast:
    """Wrap the result of a simulation with where it came from; threads and chunk are those that the engine chose."""
    aggregates = result.aggregates
    manifest = {
        "format": FORMAT,
        "scenario": {
            "name": scenario.name,
            "file": str(getattr(scenario.path, "name", scenario.path)),
            "hash": scenario.hash(),
            "resolved": scenario.resolved(),
        },
        "start": float(scenario.start),
        "quarters": int(scenario.quarters),
        "priors": {
            name: {"unit": str(prior.unit), "assumption": bool(prior.assumption)}
            for name, prior in scenario.priors.items()
        },
        "seed": int(seed),
        "trajectories": int(aggregates.n),
        "sampling": str(getattr(scenario, "sampling", INDEPENDENT)),
        "sample": len(result.sample),
        "threads": getattr(result, "threads", threads),
        "chunk": getattr(result, "chunk", chunk),
        "seconds": round(float(result.seconds), 3),
        "versions": versions(),
        "stream_version": STREAM_VERSION,
        "resolution": resolution(aggregates.cells),
        "messages": [str(message) for message in scenario.messages],
        "digest": aggregates.digest(),
    }
    return with_digest(Forecast(aggregates, Sample.of(result.sample, result.sample_columns), manifest))


def parameter_names(manifest: Mapping[str, Any], assumption: bool) -> list[str]:
    """Sample columns of the priors that are marked as assumptions, or of those that have a source."""
    return [PRIOR + name for name, prior in manifest["priors"].items() if prior["assumption"] is assumption]


def resolution(cells: Sequence[Any]) -> dict[str, str]:
    """Width of the bins by kind of output: no quantile is off by more, whatever the number of trajectories."""
    return {cell.scale.kind: cell.scale.resolution for cell in cells}


def versions() -> dict[str, str]:
    """Versions that a repeated run may want to compare."""
    return dict(_installed())


@functools.cache
def _installed() -> dict[str, str]:
    """Reading the metadata of packages takes longer than a small run: once a process."""
    found = {"stackcast": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def checksum(manifest: Mapping[str, Any]) -> str:
    """Hash of what a manifest says, the time that the run took left out."""
    said = {key: value for key, value in manifest.items() if key not in _NOT_HASHED}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
