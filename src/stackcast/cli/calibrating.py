"""`stackcast calibrate` and `backtest`: check everything, run, write, print."""

from __future__ import annotations

import datetime
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import StackcastError
from ..limits import MAX_SEED, MAX_THREADS, whole_number
from ..processors import cores
from .asking import Request
from .running import print_json

if TYPE_CHECKING:
    from ..calibrate.calibration import Calibration

MOST_PARTICLES = 2**20
MOST_MEMBERS = 4096


@dataclass(frozen=True)
class Sizes:
    """Numbers of a calibration, checked."""

    particles: int
    seed: int
    threads: int


def sizes(request: Request, particles: str | None, default: int) -> Sizes:
    """Particles, seed and threads within bounds."""
    return Sizes(
        particles=default if particles is None else whole_number("-n", particles, 64, MOST_PARTICLES),
        seed=1 if request.seed is None else whole_number("--seed", request.seed, 0, MAX_SEED),
        threads=cores() if request.threads is None else whole_number("--threads", request.threads, 1, MAX_THREADS),
    )


def date_of(option: str, text: str) -> datetime.date:
    """A date in ISO form, or one line."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise StackcastError(f"{option} = {text}: allowed: a date such as 2024-12-31") from None


def calibrate(
    path: str,
    as_of: str,
    particles: str | None,
    members: str | None,
    out: str | None,
    files: tuple[str, ...],
    public_only: bool,
    request: Request,
) -> int:
    """Condition a scenario on the record, write its ensemble and report beside it, print what was learned."""
    from ..calibrate.calibration import MEMBERS, PARTICLES
    from ..calibrate.calibration import calibrate as condition

    day, chosen = date_of("--as-of", as_of), sizes(request, particles, PARTICLES)
    kept = MEMBERS if members is None else whole_number("--members", members, 1, MOST_MEMBERS)
    scenario = request.scenario(path)
    target = _target(out, f"{scenario.name}-{day}.parquet")
    partial = target.with_suffix(".partial.npz")
    with request.progress(f"{scenario.name} [% of the record's weight]") as report:
        found = condition(
            scenario, day, chosen.particles, chosen.seed, chosen.threads, files, not public_only,
            progress=report, resume=partial,
        )  # fmt: skip
    found.write(target, kept)
    partial.unlink(missing_ok=True)
    _show(found, target, request)
    return 0


def _target(out: str | None, name: str) -> Path:
    target = Path(name if out is None else out)
    if target.suffix != ".parquet":
        raise StackcastError(f"--out = {target}: allowed: a file ending in .parquet")
    if target.is_dir() or not os.access(target.absolute().parent, os.W_OK):
        raise StackcastError(f"--out = {target}: cannot be written: allowed: a file in a folder that can")
    return target


def _show(found: Calibration, target: Path, request: Request) -> None:
    from ..calibrate.summary import summarise
    from ..report.calibration import calibration_records, calibration_text, fit_figure

    summary = summarise(found)
    records: dict[str, Any] = calibration_records(found, summary)
    target.with_suffix(".json").write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    fit_figure(found, summary).savefig(target.with_suffix(".png"), dpi=110)
    if request.json:
        print_json(records)
        return
    print(calibration_text(found, summary), end="")
    print(f"Written: {target}, {target.with_suffix('.json').name}, {target.with_suffix('.png').name}", flush=True)


@dataclass(frozen=True)
class Choice:
    """The options of `stackcast backtest` as they were typed."""

    cutoffs: tuple[str, ...]
    particles: str | None
    out: str | None
    files: tuple[str, ...]
    widen: bool
    pooled: bool


def backtest(path: str, choice: Choice, request: Request) -> int:
    """Forecast at the cut-offs, write the report's folder, print the tables."""
    from ..backtest.forecasting import PARTICLES
    from ..backtest.run import CUTOFFS
    from ..backtest.run import backtest as run_backtest
    from ..backtest.table import records
    from ..report.backtest import backtest_text, write_report

    days = tuple(date_of("--cutoff", text) for text in choice.cutoffs) or CUTOFFS
    chosen = sizes(request, choice.particles, PARTICLES)
    scenario = request.scenario(path)
    folder = Path(f"backtest-{scenario.name}" if choice.out is None else choice.out)
    if folder.is_file() or not os.access(folder if folder.is_dir() else folder.absolute().parent, os.W_OK):
        raise StackcastError(f"--out = {folder}: no such folder can be made: allowed: one where it can")
    with request.progress(f"{scenario.name} [% of the record's weight]") as report:
        found = run_backtest(
            scenario, days, chosen.particles, chosen.seed, chosen.threads, choice.files, choice.widen, choice.pooled,
            report,
        )  # fmt: skip
    write_report(found, folder)
    if request.json:
        print_json(records(found.frame))
        return 0
    print(backtest_text(found), end="")
    print(f"Written: {folder / 'report.html'} and beside it {', '.join(REPORT_FILES)}", flush=True)
    return 0


REPORT_FILES = ("scores.json", "summary.json", "fans.png", "places.png", "skill.png")
