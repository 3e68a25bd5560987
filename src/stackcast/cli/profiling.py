"""`stackcast profile`: time a scenario part by part."""

from __future__ import annotations

import sys

from .asking import Request
from .running import print_json

MOST = 100_000


def profile(path: str, request: Request) -> int:
    """Print microseconds a trajectory by mechanism, and of everything else a run does."""
    from ..api import settle
    from ..engine.assembly import build
    from ..engine.profile import TRAJECTORIES
    from ..engine.profile import profile as measure
    from ..limits import whole_number
    from ..report.profiling import profile_records, profile_text
    from ..timing import ROUNDS

    scenario = request.scenario(path)
    given = TRAJECTORIES if request.trajectories is None else request.trajectories
    number = whole_number("--trajectories", given, 1, MOST)
    seed = settle(scenario, trajectories=number, seed=request.seed, threads=1, sample=0, prefix="--").seed
    if not request.quiet and sys.stderr is not None:
        print(f"{scenario.name}: {ROUNDS} rounds of {number:,} trajectories", file=sys.stderr, flush=True)
    found = measure(build(scenario), number, seed)
    if request.json:
        print_json(profile_records(found))
        return 0
    head = (
        f"{scenario.name}: {found.rounds} rounds of {found.trajectories:,} trajectories, seed {seed}, "
        f"scenario {scenario.hash()}"
    )
    print(profile_text(found, head), end="", flush=True)
    return 0
