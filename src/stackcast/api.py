"""From a scenario to a forecast, and back to one future: what notebooks and the command line call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import StackcastError
from .limits import MAX_CHUNK, MAX_SEED, MAX_THREADS, MAX_TRAJECTORIES, check_size, cores, whole_number

if TYPE_CHECKING:
    import pandas as pd

    from .claims import Answer, Comparison, Verdict
    from .forecast import Forecast
    from .scenario import Scenario

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Settings:
    """How large a run is and how it is carried out; only `seed` and `trajectories` change a number."""

    trajectories: int
    seed: int
    sample: int
    threads: int
    chunk: int | None


def run(
    scenario: Scenario | str | PathLike[str],
    *,
    trajectories: int | float | None = None,
    seed: int | None = None,
    threads: int | None = None,
    chunk: int | None = None,
    sample: int | None = None,
    progress: Progress | bool = False,
) -> Forecast:
    """Draw joint futures of a scenario (or of a scenario file) and return their distributions.

    What is not given comes from the scenario, `threads` from the machine. `sample` is how many trajectories, counted
    from the first, are kept in full. `progress` is called with (done, total) as chunks are finished; True draws a
    bar. An interrupt stops the computation within a fraction of a second.
    """
    chosen = _scenario(scenario)
    settings = settle(chosen, trajectories=trajectories, seed=seed, threads=threads, chunk=chunk, sample=sample)
    if progress is True:
        from .progress import bar

        with bar(chosen.name) as report:
            return carry_out(chosen, settings, report)
    return carry_out(chosen, settings, progress or None)


def ask(
    scenario: Scenario | str | PathLike[str],
    *expressions: str,
    against: Scenario | str | PathLike[str] | None = None,
    rare: str | Sequence[str] | None = None,
    trajectories: int | float | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> list[Answer]:
    """Answers to claims such as "share[chips] > 0.4 @ 2030 | scaling_break < 2028", from every trajectory of a run.

    What is not given comes from the scenario, as for `run`. All expressions are checked before anything is drawn.
    `against` is the scenario that `other(...)` in an expression speaks of; it runs on the same trajectories. `rare`
    names priors, in a list or between commas, that are drawn where the (rare) conditions asked for are met; every
    condition then has a run of its own, and its answer says in `rare` how much it can be relied on.
    """
    from .claims import ask as ask_run
    from .claims import ask_rare

    chosen = _scenario(scenario)
    settings = settle(chosen, trajectories=trajectories, seed=seed, threads=threads, sample=0)
    run = settings.trajectories, settings.seed
    if rare is not None:
        check_alone(against)
        return ask_rare(chosen, expressions, *run, rare, settings.threads, progress)
    others = [] if against is None else [_scenario(against)] * len(expressions)
    return ask_run(chosen, expressions, *run, settings.threads, progress, others=others)


def check_alone(against: object, prefix: str = "") -> None:
    """Refuse a second scenario beside `rare`."""
    if against is not None:
        raise StackcastError(f"{prefix}rare: one scenario only: allowed: no {prefix}against beside it")


def compare(
    scenarios: Sequence[Scenario | str | PathLike[str]],
    *,
    trajectories: int | float | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Differences of layer shares and profits to the first scenario, with the error of the difference.

    All scenarios run on the same trajectories. What is not given comes from the first scenario.
    """
    from .claims.comparing import compare as compare_runs

    chosen = [_scenario(scenario) for scenario in scenarios]
    if not chosen:
        raise StackcastError("compare: no scenarios: allowed: two or more")
    settings = settle(chosen[0], trajectories=trajectories, seed=seed, threads=threads, sample=0)
    return compare_runs(chosen, settings.trajectories, settings.seed, settings.threads, progress)


def theses(
    scenario: Scenario | str | PathLike[str],
    *,
    claims: str | PathLike[str] | None = None,
    trajectories: int | float | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> list[Verdict]:
    """Probabilities of the claims of essays, each with its statement in words, conditional variants included.

    `claims` is a folder of claim files; if not given, the folder `theses` beside the scenario, or the shipped one.
    """
    from .claims.theses import folder_of, judge, read_theses

    chosen = _scenario(scenario)
    settings = settle(chosen, trajectories=trajectories, seed=seed, threads=threads, sample=0)
    listed = read_theses(folder_of(chosen) if claims is None else Path(claims))
    return judge(chosen, listed, settings.trajectories, settings.seed, settings.threads, progress)


def replay(scenario: Scenario | str | PathLike[str], *, trajectory: int, seed: int | None = None) -> pd.DataFrame:
    """Every row of one future by quarter: the trajectory of that number in any run with this scenario and seed."""
    import pandas as pd

    from .engine.program import build, quarter_name
    from .engine.replay import replay as replay_rows

    chosen = _scenario(scenario)
    number = whole_number("trajectory", trajectory, 0, MAX_TRAJECTORIES - 1)
    rows = replay_rows(build(chosen), number, _seed(chosen, seed))
    quarters = [quarter_name(chosen.start, step) for step in range(chosen.quarters)]
    return pd.DataFrame(rows, index=pd.Index(quarters, name="quarter"))


def settle(
    scenario: Scenario,
    *,
    trajectories: object = None,
    seed: object = None,
    threads: object = None,
    chunk: object = None,
    sample: object = None,
    prefix: str = "",
    folder: Path | None = None,
) -> Settings:
    """Whole numbers within bounds and a size that can be finished, or one line that says which is not.

    `prefix` is how the caller writes the names ("--" on the command line). `folder` is where the run will be stored.
    """
    count = scenario.trajectories if trajectories is None else trajectories
    number = whole_number(f"{prefix}trajectories", count, 1, 10**18)
    kept = scenario.sample if sample is None else sample
    settings = Settings(
        trajectories=number,
        seed=_seed(scenario, seed, prefix),
        sample=whole_number(f"{prefix}sample", kept, 0, MAX_TRAJECTORIES),
        threads=cores() if threads is None else whole_number(f"{prefix}threads", threads, 1, MAX_THREADS),
        chunk=None if chunk is None else whole_number(f"{prefix}chunk", chunk, 1, MAX_CHUNK),
    )
    where = f"{scenario.path}: run." if trajectories is None else prefix
    check_size(where, settings.trajectories, settings.sample, settings.threads, scenario.quarters, folder)
    return settings


def carry_out(scenario: Scenario, settings: Settings, progress: Progress | None = None) -> Forecast:
    """Build the program, simulate, and wrap the result with where it came from."""
    from .engine.driver import simulate
    from .engine.program import build
    from .forecast import forecast_of

    result = simulate(
        build(scenario),
        settings.trajectories,
        settings.seed,
        threads=settings.threads,
        chunk=settings.chunk,
        sample=min(settings.sample, settings.trajectories),
        progress=progress,
    )
    return forecast_of(result, scenario, seed=settings.seed, threads=settings.threads, chunk=settings.chunk)


def _scenario(scenario: Scenario | str | PathLike[str]) -> Scenario:
    from .scenario import load_scenario

    return load_scenario(scenario) if isinstance(scenario, str | PathLike) else scenario


def _seed(scenario: Scenario, seed: object, prefix: str = "") -> int:
    return whole_number(f"{prefix}seed", scenario.seed if seed is None else seed, 0, MAX_SEED)
