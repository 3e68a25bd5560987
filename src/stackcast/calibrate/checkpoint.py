"""A calibration that can be stopped: particles after every stage, in one file beside the ensemble to be."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import zipfile
from pathlib import Path

import numpy as np

from stackcast.calibrate.smc import Particles, Stage

_ARRAYS = ("scores", "origins", "log_weight", "kept")


def key_of(parts: object) -> str:
    """What a checkpoint is good for: the same scenario, record, sizes and seed."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def save(path: Path, key: str, particles: Particles) -> None:
    """Write particles; an older file is replaced whole or not at all."""
    stages = json.dumps([dataclasses.astuple(stage) for stage in particles.stages])
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            np.savez(
                file, key=np.array(key), stages=np.array(stages),
                numbers=np.array([particles.temperature, particles.step]),
                **{name: getattr(particles, name) for name in _ARRAYS},
            )  # fmt: skip
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def load(path: Path, key: str) -> Particles | None:
    """The particles of a calibration that was stopped; None where there are none, or of another one."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            if str(stored["key"]) != key:
                return None
            stages = tuple(Stage(*parts) for parts in json.loads(str(stored["stages"])))
            temperature, step = stored["numbers"]
            arrays = {name: stored[name] for name in _ARRAYS}
    except (OSError, EOFError, TypeError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    return Particles(**arrays, temperature=float(temperature), step=float(step), stages=stages)
