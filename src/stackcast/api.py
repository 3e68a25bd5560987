"""From a scenario to a forecast, and back to one future: what notebooks and the command line call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import StackcastError, shorten
from .limits import MAX_CHUNK, MAX_SEED, MAX_THREADS, MAX_TRAJECTORIES, check_size, largest, whole_number
from .processors import cores

if TYPE_CHECKING:
    import pandas as pd

    from .claims import Answer, Comparison, Verdict
    from .engine.program import Program
    from .engine.sampling import Sampling
    from .forecast import Forecast
    from .scenario import Scenario
    from .until import Goal, Round

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
    sampling: Sampling | str | None = None,
    until: str | Sequence[str] = (),
    min_trajectories: int | float | None = None,
    max_trajectories: int | float | None = None,
    progress: Progress | bool = False,
) -> Forecast:
    """Draw joint futures of a scenario (or of a scenario file) and return their distributions.

    What is not given comes from the scenario, `threads` from the machine. `sample` is how many trajectories, counted
    from the first, are kept in full. `sampling` is how trajectories are drawn: "independent", "sobol", "lattice", or a
    `Sampling` that says more. `progress` is called with (done, total) as chunks are finished; True draws a
    bar. An interrupt stops the computation within a fraction of a second.

    With targets in `until`, such as "se(share[chips] @ 2030) <= 0.0005", rounds of growing size are drawn until all of
    them hold, from `min_trajectories` (65,536) to `max_trajectories` (1e8, or what a month allows); `trajectories` is
    then refused, and `progress` counts each round. The forecast is that of the last round, which `manifest["until"]`
    describes; its entry "met" is False where the largest round did not reach a target. Raises StackcastError for
    what cannot be done, before anything is drawn.
    """
    chosen = _scenario(scenario)
    if sampling is not None:
        chosen = chosen.sampled(_sampling(sampling, chosen))
    given = {"seed": seed, "threads": threads, "chunk": chunk, "sample": sample}
    sizes = {"min_trajectories": min_trajectories, "max_trajectories": max_trajectories, "trajectories": trajectories}
    targets = [until] if isinstance(until, str) else list(until)
    if targets:
        plan = settle_until(chosen, targets, **sizes, **given)
        if progress is True:
            from .progress import rounds

            with rounds(chosen.name) as (report, note):
                return carry_out_until(plan, report, note)
        return carry_out_until(plan, progress or None)
    refuse_sizes(min_trajectories, max_trajectories)
    settings = settle(chosen, trajectories=trajectories, **given)
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

    from .engine.assembly import build
    from .engine.program import quarter_name
    from .engine.replay import replay as replay_rows

    chosen = _scenario(scenario)
    number = whole_number("trajectory", trajectory, 0, MAX_TRAJECTORIES - 1)
    rows = replay_rows(build(chosen, derive_quarters=True), number, _seed(chosen, seed))
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


@dataclass(frozen=True)
class UntilPlan:
    """A scenario, its program, and the targets found in it: a run in rounds, ready to be drawn."""

    scenario: Scenario
    settings: Settings
    program: Program
    goal: Goal


def settle_until(
    scenario: Scenario,
    until: Sequence[str],
    *,
    min_trajectories: object = None,
    max_trajectories: object = None,
    trajectories: object = None,
    prefix: str = "",
    folder: Path | None = None,
    **given: object,
) -> UntilPlan:
    """Targets that the scenario has, and sizes that can be finished, or one line that says what is wrong.

    `given` is passed on to `settle`. The settings of the plan are those of the first round.
    """
    from .engine.assembly import build
    from .engine.sampling import RANDOMISATIONS
    from .until import Goal, find, read, step_of

    option = f"{prefix}until"
    if 1 < scenario.sampling.sections < RANDOMISATIONS:
        raise StackcastError(
            f"{scenario.path}: run.randomisations = {scenario.sampling.randomisations}: with {option} allowed: "
            f"{RANDOMISATIONS} or more, since an error from fewer is too uncertain to stop on"
        )
    targets = [read(text, option) for text in until]
    if trajectories is not None:
        raise StackcastError(
            f"{prefix}trajectories = {shorten(trajectories)}: given with {option}: allowed: "
            f"{_named('min', prefix)}, {_named('max', prefix)}"
        )
    step = step_of(scenario)
    settings = settle(scenario, trajectories=1, prefix=prefix, **given)  # threads first: they bound the size
    first, most = _round_sizes(min_trajectories, max_trajectories, step, settings.threads, scenario.quarters, prefix)
    settle(scenario, trajectories=most, prefix=prefix, folder=folder, **given)
    program = build(scenario)
    found = tuple(find(target, program, option) for target in targets)
    return UntilPlan(scenario, replace(settings, trajectories=first), program, Goal(found, first, most, step))


def _round_sizes(least: object, most: object, step: int, threads: int, quarters: int, prefix: str) -> tuple[int, int]:
    """Sizes of the first and of the largest round, on the ladder."""
    from .until import FIRST, LEAST, MOST, at_least, at_most

    floor = at_least(LEAST, step)
    longest = min(MOST, largest(threads, quarters))
    if most is not None:
        longest = whole_number(_named("max", prefix), most, floor, 10**18)
        check_size(_named("max", prefix).removesuffix("trajectories"), longest, 0, threads, quarters, None)
    top = at_most(longest, step)
    if least is None:
        return min(FIRST, top), top
    return min(at_least(whole_number(_named("min", prefix), least, floor, longest), step), top), top


def _named(which: str, prefix: str = "") -> str:
    """min_trajectories, or --min-trajectories."""
    return f"{prefix}{which}{'-' if prefix else '_'}trajectories"


def refuse_sizes(least: object, most: object, prefix: str = "") -> None:
    """Sizes of rounds without a target would be ignored, which nobody wants."""
    for which, value in (("min", least), ("max", most)):
        if value is not None:
            name = _named(which, prefix)
            raise StackcastError(f"{name} = {shorten(value)}: allowed: only with {prefix}until")


def carry_out_until(
    plan: UntilPlan, progress: Progress | None = None, note: Callable[[str, str], None] | None = None
) -> Forecast:
    """Draw rounds until the targets hold; the last one's forecast, with its course in the manifest.

    `note` is called after each round with a line and with a few words that say how far the targets are.
    """
    from .until import carry_on, distance, missed, recorded, short_distance

    def draw(n: int) -> Forecast:
        return _drawn(plan.program, plan.scenario, replace(plan.settings, trajectories=n), progress)

    def watch(done: Round) -> None:
        if note is not None:
            note(distance(plan.goal, done), short_distance(done))

    forecast, course = carry_on(plan.goal, draw, watch)
    messages = [*forecast.manifest["messages"], *missed(course)]
    return replace(forecast, manifest={**forecast.manifest, "messages": messages, "until": recorded(course)})


def carry_out(scenario: Scenario, settings: Settings, progress: Progress | None = None) -> Forecast:
    """Build the program, simulate, and wrap the result with where it came from."""
    from .engine.assembly import build

    return _drawn(build(scenario), scenario, settings, progress)


def _drawn(program: Program, scenario: Scenario, settings: Settings, progress: Progress | None) -> Forecast:
    from .engine.driver import simulate
    from .forecast import forecast_of

    result = simulate(
        program,
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


def _sampling(given: Sampling | str, scenario: Scenario) -> Sampling:
    """A kind leaves the rest as the scenario has it, as on the command line."""
    return replace(scenario.sampling, kind=given) if isinstance(given, str) else given


def _seed(scenario: Scenario, seed: object, prefix: str = "") -> int:
    return whole_number(f"{prefix}seed", scenario.seed if seed is None else seed, 0, MAX_SEED)
