"""The same bits without the compiler and on processors with narrower vectors."""

import functools
import json
import os
import subprocess
import sys

import llvmlite.binding
import pytest

from stackcast.engine.intrinsics import JIT
from tests.engine.run_case import ROOT, SAMPLED, outcome, registers

pytestmark = pytest.mark.skipif(not JIT, reason="compares with compiled code")

SEED = 5
# name -> (environment, trajectories). Both variables are needed: the name alone keeps the host's features.
CASES = {
    "no compiler": ({"NUMBA_DISABLE_JIT": "1"}, 64),
    "AVX2": ({"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ""}, 20_000),
    "generic": ({"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}, 20_000),
}


PROGRAMS = ("toy", *SAMPLED, "baseline")


def start(environment: dict, trajectories: int) -> subprocess.Popen:
    """A process that runs one case; warnings are errors in it."""
    command = ["-W", "error", "-W", "ignore:First-class function type", "-m", "tests.engine.run_case", *PROGRAMS]
    path = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]))
    return subprocess.Popen(
        [sys.executable, *command, "--trajectories", str(trajectories), "--seed", str(SEED)],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, **environment, "PYTHONPATH": path},
    )  # fmt: skip


def told_apart(case: str) -> bool:
    """Whether the case differs from this machine: code for AVX2 is its own where it has nothing wider."""
    return case != "AVX2" or bool(llvmlite.binding.get_host_cpu_features().get("avx512f"))


@pytest.fixture(scope="module")
def cases():
    """Outcomes of all cases, run side by side."""
    processes = {name: start(*case) for name, case in CASES.items() if told_apart(name)}
    found = {}
    for name, process in processes.items():
        output, errors = process.communicate(timeout=300)
        assert process.returncode == 0, f"{name}: {errors[-2000:]}"
        found[name] = json.loads(output)
    return found


def case_of(cases, name):
    if name not in cases:
        pytest.skip(f"this machine's own code is for {name}, or it cannot run such")
    return cases[name]


@pytest.mark.parametrize(("name", "allowed"), [("AVX2", {"xmm", "ymm"}), ("generic", {"xmm"})])
def test_the_mask_took_effect(cases, name, allowed):
    used = {register for register, count in case_of(cases, name)["registers"].items() if count}
    assert used == allowed


def test_the_host_uses_its_widest_registers():
    features = llvmlite.binding.get_host_cpu_features()
    used = registers()
    if features.get("avx2"):
        assert used["ymm"] + used["zmm"] > 0
    if not features.get("avx512f"):
        assert used["zmm"] == 0


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("name", CASES)
def test_same_bits(cases, name, program):
    here = _here(program, CASES[name][1])
    found = case_of(cases, name)[program]
    assert found["replay"] == here["replay"]
    assert found["sample"] == here["sample"]
    assert found["digest"] == here["digest"]


@functools.cache
def _here(program: str, trajectories: int) -> dict:
    return outcome(program, trajectories, SEED)
