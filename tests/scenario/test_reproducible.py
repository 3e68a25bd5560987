"""What a scenario hands to the engine: the same bits with and without the compiler, and quickly."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from stackcast.engine.shaping import TABLE_KNOTS
from stackcast.scenario import load_scenario

ROOT = Path(__file__).resolve().parents[2]

PRIORS = """
[priors]
a = { dist = "lognormal", p5 = 1, p97_5 = 30, low = 0.5, high = 40, unit = "x_per_year", source = "s" }
b = { dist = "beta", p5 = 0.1, p95 = 0.4, unit = "1", source = "s" }
c = { dist = "normal", quantiles = [[0.1, -1], [0.5, 0], [0.9, 1.1]], high = 0.7, unit = "1", source = "s" }
d = { dist = "pert", p5 = 1, p50 = 2, p95 = 4, unit = "USD_bn", source = "s" }
e = { dist = "student_t", df = 3, p5 = 1, p95 = 2, unit = "1", source = "s" }
f = { dist = "mixture", weights = [1, 2], unit = "1", source = "s", components = [
    { dist = "gamma", p5 = 1, p95 = 3 }, { dist = "triangular", p5 = 1, p50 = 2, p95 = 4 }] }
[correlations.x]
between = ["a", "b", "c"]
matrix = [[1], [0.9, 1], [-0.9, 0.9, 1]]
source = "s"
"""

PRINT = """
import sys, hashlib, numpy as np
from stackcast.scenario import load_scenario
digest = hashlib.sha256()
plan = load_scenario(sys.argv[1], registry={}).plan
for prior in plan.priors:
    q = prior.quantile
    digest.update(repr([float(x).hex() for x in (q.a, q.b, q.c, q.u_low, q.u_high)]).encode())
    digest.update(b"" if q.knots is None else np.ascontiguousarray(q.knots, dtype="<f8").tobytes())
for group in plan.correlations:
    digest.update(np.ascontiguousarray(group.cholesky, dtype="<f8").tobytes())
print(digest.hexdigest())
"""


def test_the_plan_of_draws_has_the_same_bits_without_the_compiler(files):
    path = files.write(PRIORS)
    digests = []
    for extra in ({}, {"NUMBA_DISABLE_JIT": "1"}):
        done = subprocess.run(
            [sys.executable, "-c", PRINT, str(path)], env={**os.environ, **extra}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        digests.append(done.stdout)
    assert digests[0] == digests[1]


def test_tables_are_rounded_so_that_a_last_bit_cannot_reach_a_draw(files):
    knots = files.load(PRIORS).priors["b"].draw.quantile.knots
    assert knots.shape == (TABLE_KNOTS,)
    mantissa = np.frexp(knots)[0] * 2.0**28
    assert np.array_equal(mantissa, np.rint(mantissa))


def test_the_baseline_loads_in_a_third_of_a_second():
    path = ROOT / "configs" / "baseline.toml"
    load_scenario(path)
    seconds = []
    for _ in range(3):
        begin = time.process_time()
        load_scenario(path)
        seconds.append(time.process_time() - begin)
    assert min(seconds) < 0.3
