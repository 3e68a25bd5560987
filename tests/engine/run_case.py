"""Run programs in a process of their own and print what came out, as one line of JSON.

    python -m tests.engine.run_case toy baseline --trajectories 64 --seed 5

Meant for processes that differ in what cannot change within one: the compiler switched off
(``NUMBA_DISABLE_JIT=1``) or another processor pretended (``NUMBA_CPU_NAME`` and ``NUMBA_CPU_FEATURES``).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from pathlib import Path

import numpy as np

from stackcast.engine.assembly import build
from stackcast.engine.driver import simulate
from stackcast.engine.intrinsics import JIT
from stackcast.engine.lanes import BoundLoop, compile_pass
from stackcast.engine.program import Program
from stackcast.engine.replay import replay
from stackcast.engine.sampling import Sampling
from stackcast.engine.vecmath import exp
from tests.engine import toy
from tests.engine.digests import sample_bytes

SAMPLED = {
    "sobol": Sampling("sobol"),
    "lattice": Sampling("lattice", 4),
    "antithetic": Sampling(antithetic=True),
    "sobol, antithetic": Sampling("sobol", 2, antithetic=True),
}
ROOT = Path(__file__).resolve().parents[2]


def program_of(name: str) -> Program:
    """The toy, the toy drawn in another way, the baseline, or the program of a scenario file."""
    if name == "toy":
        return toy.standard()
    if name in SAMPLED:
        return toy.sampled(SAMPLED[name])
    from stackcast.scenario import load_scenario

    return build(load_scenario(ROOT / "configs" / "baseline.toml" if name == "baseline" else name))


def _probe(x, y):
    return (exp(x) + y,)


def registers() -> dict[str, int]:
    """How often the assembly of one loop over lanes names the registers of each vector extension."""
    if not JIT:
        return {}
    loop = BoundLoop("probe", "_probe", _probe, ((0, 0), (1, 1)), (2,), cached=False)
    assembly = "".join(compile_pass([loop]).function.inspect_asm().values())
    return {name: len(re.findall(rf"%{name}\d+", assembly)) for name in ("xmm", "ymm", "zmm")}


def outcome(name: str, trajectories: int, seed: int, threads: int = 2) -> dict:
    """Digest of the aggregates, hash of the sample, and of every row of one replayed trajectory."""
    program = program_of(name)
    result = simulate(program, trajectories, seed, threads=threads, sample=64)
    rows = replay(program, 140, seed)  # in the second half of its block
    table = np.array([rows[row] for row in sorted(rows)])
    return {
        "digest": result.aggregates.digest(),
        "sample": hashlib.sha256(sample_bytes(result.sample)).hexdigest(),
        "replay": hashlib.sha256(sample_bytes(table)).hexdigest(),
    }


def main() -> None:
    """Print the outcome of every program, and the registers this process computes in."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs", nargs="*", default=["toy"], help="toy, sobol, ..., baseline or a scenario file")
    parser.add_argument("--trajectories", type=int, default=64)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    found = {name: outcome(name, given.trajectories, given.seed, given.threads) for name in given.programs}
    print(json.dumps({**found, "registers": registers()}))


if __name__ == "__main__":
    main()
