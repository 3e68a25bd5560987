"""`stackcast run`: check everything, then compute, store and print, one scenario after the other."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import StackcastError, shorten
from .process import Stopper

if TYPE_CHECKING:
    from ..api import Settings
    from ..forecast import Forecast
    from ..scenario import Scenario

RUNS = Path("runs")
DIFFERENT = 1


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
    settings: tuple[str, ...]
    force: bool
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
            "--set": self.settings,
            "--force": self.force,
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
    """One scenario, ready to be computed, and where its run goes."""

    scenario: Scenario
    settings: Settings
    target: Path


def run(paths: Sequence[str], request: Request, stopper: Stopper) -> int:
    """Everything that can be refused is refused before the first trajectory is drawn."""
    folders = [path for path in paths if Path(path).is_dir()]
    if folders and len(paths) > 1:
        raise StackcastError(f"{folders[0]}: a folder: allowed: scenario files, or one run folder alone")
    if folders:
        return repeat(Path(folders[0]), request)
    jobs = prepare(paths, request)
    stopper.watch_over(job.target for job in jobs)
    manifests = [_carry_out(job, request) for job in jobs]
    if request.json:
        print_json(manifests if len(manifests) > 1 else manifests[0])
    return 0


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
    from ..api import settle

    target = Path(request.out) if request.out and alone else None
    settings = settle(
        scenario,
        trajectories=request.trajectories,
        seed=request.seed,
        threads=request.threads,
        chunk=request.chunk,
        sample=request.sample,
        prefix="--",
        folder=target or Path(request.out or RUNS),
    )
    name = f"{scenario.name}-{settings.seed}-{scenario.hash()}"
    return Job(scenario, settings, target or Path(request.out or RUNS) / name)


def _carry_out(job: Job, request: Request) -> dict[str, Any]:
    scenario, settings = job.scenario, job.settings
    say = _silent if request.quiet else _say
    for message in scenario.messages:
        say(f"{scenario.name}: {message}")
    say(
        f"{scenario.name}: {settings.trajectories:,} trajectories, seed {settings.seed}, "
        f"{settings.threads} thread{'s' if settings.threads > 1 else ''}"
    )
    forecast = _compute(scenario, settings, request.quiet)
    forecast.save(job.target, force=request.force)
    if not request.json:
        from ..report.tables import full_report

        print(full_report(forecast), flush=True)
    say(f"{scenario.name}: stored in {job.target}")
    return dict(forecast.manifest)


def _compute(scenario: Scenario, settings: Settings, quiet: bool) -> Forecast:
    from ..api import carry_out
    from ..progress import bar

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
