"""`stackcast run`: check everything, then compute, store and print, one scenario after the other."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import StackcastError, shorten
from .process import Stopper

if TYPE_CHECKING:
    from ..api import Settings, UntilPlan
    from ..drawing import Drawing
    from ..forecast import Forecast
    from ..scenario import Scenario

RUNS = Path("runs")
DIFFERENT = 1
UNREACHED = 3


@dataclass(frozen=True)
class Request:
    """The options of `stackcast run` as they were typed."""

    trajectories: str | None
    seed: str | None
    threads: str | None
    chunk: str | None
    out: str | None
    sample: str | None
    sampling: str | None
    until: tuple[str, ...]
    min_trajectories: str | None
    max_trajectories: str | None
    settings: tuple[str, ...]
    force: bool
    no_figures: bool
    json: bool
    quiet: bool
    allow_code: bool

    def changes(self) -> list[str]:
        """What is to be set in a scenario."""
        drawn = [] if self.sampling is None else [sampling_setting(self.sampling)]
        return [*self.settings, *drawn]

    def not_for_a_repeat(self) -> list[str]:
        """Options given that would make a repeated run another one, or store it."""
        given = {
            "--trajectories": self.trajectories,
            "--seed": self.seed,
            "--out": self.out,
            "--sample": self.sample,
            "--sampling": self.sampling,
            "--until": self.until,
            "--min-trajectories": self.min_trajectories,
            "--max-trajectories": self.max_trajectories,
            "--set": self.settings,
            "--force": self.force,
            "--no-figures": self.no_figures,
        }
        return [name for name, value in given.items() if value]


def sampling_setting(kind: str) -> str:
    """The option --sampling as a setting of the scenario. Raises StackcastError."""
    from ..engine.sampling import KINDS

    if kind not in KINDS:
        raise StackcastError(f"--sampling = {shorten(kind)}: allowed: {', '.join(KINDS)}")
    return f'run.sampling="{kind}"'


@dataclass(frozen=True)
class Job:
    """One scenario, ready to be computed, and where its run goes; with a plan, in rounds until targets hold."""

    scenario: Scenario
    settings: Settings
    target: Path
    plan: UntilPlan | None = None


def run(paths: Sequence[str], request: Request, stopper: Stopper) -> int:
    """Everything that can be refused is refused before the first trajectory is drawn."""
    folders = [path for path in paths if Path(path).is_dir()]
    if folders and len(paths) > 1:
        raise StackcastError(f"{folders[0]}: a folder: allowed: scenario files, or one run folder alone")
    if folders:
        return repeat(Path(folders[0]), request)
    from ..drawing import drawing

    with drawing(_asked_for(request), wanted=not request.no_figures) as pictures:
        jobs = prepare(paths, request)
        stopper.watch_over(job.target for job in jobs)
        stopper.endings.append(pictures.stop)
        manifests = [_carry_out(job, request, pictures) for job in jobs]
    if request.json:
        print_json(manifests if len(manifests) > 1 else manifests[0])
    reached = all(manifest.get("until", {}).get("met", True) for manifest in manifests)
    return 0 if reached else UNREACHED


def _asked_for(request: Request) -> float:
    """Trajectories by the command line. What a scenario asks for is not known yet, and taken for many."""
    try:
        return math.inf if request.trajectories is None else float(request.trajectories)
    except ValueError:
        return 0.0


def prepare(paths: Sequence[str], request: Request) -> list[Job]:
    """Load and check all scenarios, sizes and folders."""
    from ..forecast import check_target
    from ..scenario import load_scenario

    jobs: list[Job] = []
    for path in paths:
        scenario = load_scenario(path, set=request.changes(), allow_code=request.allow_code)
        jobs.append(_job(scenario, request, alone=len(paths) == 1))
    targets = [job.target for job in jobs]
    for job in jobs:
        if targets.count(job.target) > 1:
            raise StackcastError(f"{job.target}: named by two of the scenarios: allowed: each scenario once")
        check_target(job.target, force=request.force)
    return jobs


def _job(scenario: Scenario, request: Request, alone: bool) -> Job:
    target = Path(request.out) if request.out and alone else None
    settings, plan = _sizes(scenario, request, target or Path(request.out or RUNS))
    name = f"{scenario.name}-{settings.seed}-{scenario.hash()}"
    return Job(scenario, settings, target or Path(request.out or RUNS) / name, plan)


def _sizes(scenario: Scenario, request: Request, folder: Path) -> tuple[Settings, UntilPlan | None]:
    """The size of the run, or its plan where it is made in rounds."""
    from ..api import refuse_sizes, settle, settle_until

    given: dict[str, Any] = {
        "trajectories": request.trajectories,
        "seed": request.seed,
        "threads": request.threads,
        "chunk": request.chunk,
        "sample": request.sample,
        "prefix": "--",
        "folder": folder,
    }
    least, most = request.min_trajectories, request.max_trajectories
    if not request.until:
        refuse_sizes(least, most, prefix="--")
        return settle(scenario, **given), None
    plan = settle_until(scenario, request.until, min_trajectories=least, max_trajectories=most, **given)
    return plan.settings, plan


def _carry_out(job: Job, request: Request, pictures: Drawing) -> dict[str, Any]:
    from ..forecast.store import saving

    scenario, settings = job.scenario, job.settings
    say = _silent if request.quiet else _say
    for message in scenario.messages:
        say(f"{scenario.name}: {message}")
    say(
        f"{scenario.name}: {_size(job)}, seed {settings.seed}, "
        f"{settings.threads} thread{'s' if settings.threads > 1 else ''}"
    )
    forecast = _compute(scenario, settings, request.quiet, job.plan)
    with saving(forecast, job.target, request.force, pictures):
        text = "" if request.json else _report(forecast)
    if not request.json:
        print(text, flush=True)
    say(f"{scenario.name}: stored in {job.target}")
    for message in forecast.manifest["messages"][len(scenario.messages) :]:
        _say(f"{scenario.name}: {message}")
    return dict(forecast.manifest)


def _report(forecast: Forecast) -> str:
    from ..report.tables import full_report

    return full_report(forecast)


def _size(job: Job) -> str:
    if job.plan is None:
        return f"{job.settings.trajectories:,} trajectories"
    goal = job.plan.goal
    count = len(goal.targets)
    wanted = "the target holds" if count == 1 else f"{count} targets hold"
    return f"{goal.first:,} trajectories, and up to {goal.most:,} until {wanted}"


def _compute(scenario: Scenario, settings: Settings, quiet: bool, plan: UntilPlan | None = None) -> Forecast:
    from ..api import carry_out, carry_out_until
    from ..progress import bar, rounds

    if plan is not None and quiet:
        return carry_out_until(plan)
    if plan is not None:
        with rounds(scenario.name) as (report, note):
            return carry_out_until(plan, report, note)
    if quiet:
        return carry_out(scenario, settings)
    with bar(scenario.name) as report:
        return carry_out(scenario, settings, report)


def repeat(folder: Path, request: Request) -> int:
    """Compute a stored run again and compare digests; nothing is written."""
    from ..api import settle
    from ..forecast import open_run
    from ..scenario import Scenario

    unfit = request.not_for_a_repeat()
    if unfit:
        raise StackcastError(f"{unfit[0]}: given with the run folder {folder}: allowed: only without one")
    stored = open_run(folder).manifest
    scenario = Scenario.from_resolved(stored["scenario"]["resolved"], allow_code=request.allow_code, path=folder)
    settings = settle(
        scenario,
        trajectories=stored["trajectories"],
        seed=stored["seed"],
        sample=stored["sample"],
        threads=request.threads,
        chunk=request.chunk,
        prefix="--",
    )
    forecast = _compute(scenario, settings, request.quiet)
    if request.json:
        print_json(dict(forecast.manifest))
    digest = forecast.digest()
    if digest != stored["digest"]:
        print(
            f"stackcast: {folder}: digest = {digest}: stored: {stored['digest']}{_why(stored, forecast)}",
            file=sys.stderr,
        )
        return DIFFERENT
    if not request.json:
        print(f"{folder}: same digest {digest}")
    return 0


def _why(stored: Any, forecast: Forecast) -> str:
    """The versions that differ, which is what usually explains another digest."""
    now = {**forecast.manifest["versions"], "stream": forecast.manifest["stream_version"]}
    then = {**stored["versions"], "stream": stored["stream_version"]}
    changed = [f"{name} {then.get(name)}, now {version}" for name, version in now.items() if then.get(name) != version]
    return f" (stored with {'; '.join(changed)})" if changed else ""


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    import json

    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False), flush=True)


def _say(text: str) -> None:
    if sys.stderr is not None:
        print(text, file=sys.stderr, flush=True)


def _silent(text: str) -> None:
    """Says nothing."""
