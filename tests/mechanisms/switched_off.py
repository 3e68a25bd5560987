"""Runs one future for many sets of mechanisms that are off, and prints what became infinite or no longer adds up.

Run as a program with NUMBA_DISABLE_JIT=1: every set is a program of its own, and to compile each would take minutes.
"""

from __future__ import annotations

import itertools
import sys

import numpy as np

from stackcast.engine.assembly import build
from stackcast.engine.replay import replay
from stackcast.mechanisms import MECHANISMS
from stackcast.scenario import draw, load_scenario
from tests.mechanisms.baseline import BASELINE

NAMES = tuple(name for name in MECHANISMS if name != "audit")
# Mechanisms that pass rows to each other in both directions.
NEIGHBOURS = (
    "moats",
    "tooling",
    "data_market",
    "compute_supply",
    "open_closed",
    "lab_competition",
    "cloud_competition",
)
TOLERANCE = 1e-12


def chosen() -> list[tuple[str, ...]]:
    """Each alone, neighbours in pairs and all together, all but one."""
    alone = [(name,) for name in NAMES]
    all_but_one = [tuple(other for other in NAMES if other != name) for name in NAMES]
    return [*alone, *itertools.combinations(NEIGHBOURS, 2), NEIGHBOURS, *all_but_one]


def once(made):
    """The same prior of another set of mechanisms has the same quantile function: half of the time went there."""
    known: dict[str, tuple] = {}

    def built(model, convert):
        said = repr((model, convert))
        if said not in known:
            known[said] = made(model, convert)
        return known[said]

    return built


def faults(off: tuple[str, ...]) -> list[str]:
    """Rows that are not finite and identities that fail on one future."""
    audit = "false" if "ledger" in off else "true"
    switches = [f"mechanisms.{name}=false" for name in off]
    scenario = load_scenario(BASELINE, set=["outputs.quarterly=[]", f"mechanisms.audit={audit}", *switches])
    rows = replay(build(scenario), 3, 7)
    found = [name for name, values in rows.items() if not np.isfinite(values).all()]
    return found + [name for name in rows if name.startswith("identity_") and not rows[name][-1] < TOLERANCE]


if __name__ == "__main__":
    draw.build_quantile = once(draw.build_quantile)
    bad = {off: found for off in chosen() if (found := faults(off))}
    for off, found in bad.items():
        print("off:", ", ".join(off), "| at fault:", ", ".join(found))
    print(len(chosen()), "sets")
    sys.exit(1 if bad else 0)
