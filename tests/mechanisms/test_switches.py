"""Mechanisms that are off, alone or together: the rest runs, stays finite, and its books close."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.mechanisms import switched_off
from tests.mechanisms.baseline import BASELINE


def test_any_set_of_mechanisms_may_be_off():
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-m", "tests.mechanisms.switched_off"]
    run = subprocess.run(command, cwd=BASELINE.parents[1], env=environment, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    assert run.stdout.split() == [str(len(switched_off.chosen())), "sets"]
