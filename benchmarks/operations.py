"""Counts the operations of every loop of a program by running it once on numbers that count.

Runs in a process of its own without the compiler (``python -m benchmarks.operations SCENARIO``) and prints JSON:
exponentials, logarithms, square roots and divisions, rows in and out, per loop.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from typing import ClassVar

KINDS = ("exp", "log", "sqrt", "divide")


class Counted(float):
    """A float that counts divisions and stays counted through arithmetic."""

    tally: ClassVar[Counter] = Counter()

    def __truediv__(self, other):
        Counted.tally["divide"] += 1
        return Counted(float(self) / float(other) if other else 0.0)

    def __rtruediv__(self, other):
        Counted.tally["divide"] += 1
        return Counted(float(other) / float(self) if self else 0.0)


def _keep_counted(name: str) -> None:
    plain = getattr(float, name)

    def method(self, *others):
        result = plain(self, *others)
        return result if result is NotImplemented else Counted(result)

    setattr(Counted, name, method)


for _name in ("__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__neg__", "__abs__"):
    _keep_counted(_name)


def _counting(name: str, function):
    def call(x):
        Counted.tally[name] += 1
        before = Counted.tally["divide"]
        value = Counted(float(function(float(x))))
        Counted.tally["divide"] = before  # the function's own division is part of its cost
        return value

    return call


def count(scenario_path: str) -> dict:
    """Operations per loop of a scenario; call it only where the compiler is off."""
    from stackcast.engine import vecmath

    for name in ("exp", "log", "sqrt"):
        setattr(vecmath, name, _counting(name, getattr(vecmath, name)))
    from stackcast.engine.assembly import build
    from stackcast.scenario import load_scenario

    program = build(load_scenario(scenario_path))
    bodies = {}
    for when, wanted in (("quarter", program.loops), ("start", program.start_loops), ("year", program.year_loops)):
        bodies[when] = [_count_loop(loop) for loop in wanted]
    return bodies


def _count_loop(bound) -> dict:
    inputs = len(bound.reads)
    Counted.tally = Counter()
    bound.body(*[Counted(0.5 + 0.01 * k) for k in range(inputs)])
    found = {kind: Counted.tally[kind] for kind in KINDS}
    return {"mechanism": bound.mechanism, "loop": bound.label, "in": inputs, "out": len(bound.written), **found}


def counted_elsewhere(scenario_path: str) -> dict:
    """Count in a fresh process without the compiler."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-m", "benchmarks.operations", scenario_path]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    print(json.dumps(count(sys.argv[1])))
