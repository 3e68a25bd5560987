"""`stackcast ask`, `compare` and `theses`: check everything, run, print."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import StackcastError
from .running import print_json

if TYPE_CHECKING:
    from ..api import Settings
    from ..claims import Answer
    from ..scenario import Scenario


PICTURES = (".png", ".svg", ".pdf")


@dataclass(frozen=True)
class Request:
    """The options of commands that question a run, as they were typed."""

    trajectories: str | None
    seed: str | None
    threads: str | None
    settings: tuple[str, ...]
    json: bool
    quiet: bool
    allow_code: bool

    def scenario(self, path: str) -> Scenario:
        """A scenario with the settings on top."""
        from ..scenario import load_scenario

        return load_scenario(path, set=list(self.settings), allow_code=self.allow_code)

    def load(self, path: str) -> tuple[Scenario, Settings]:
        """The scenario and the size of its run."""
        from ..api import settle

        scenario = self.scenario(path)
        given = {"trajectories": self.trajectories, "seed": self.seed, "threads": self.threads}
        return scenario, settle(scenario, **given, sample=0, prefix="--")

    @contextlib.contextmanager
    def progress(self, name: str) -> Iterator[Callable[[int, int], None] | None]:
        """What is told how far the run is, unless it is to be quiet."""
        if self.quiet:
            yield None
            return
        from ..progress import bar

        with bar(name) as report:
            yield report


def ask(
    path: str, expressions: Sequence[str], request: Request, against: str | None = None, rare: str | None = None
) -> int:
    """Print the answers of a scenario to claims."""
    from ..api import check_alone
    from ..claims import ask as ask_run
    from ..claims import ask_rare
    from ..report.answers import answer_text
    from ..report.text import cut_text

    if rare is not None:
        check_alone(against, "--")
    scenario, settings = request.load(path)
    others = [] if against is None else [request.scenario(against)] * len(expressions)
    expressions = [text[1:] if text.startswith(" -") else text for text in expressions]  # see app._claims_apart
    run = settings.trajectories, settings.seed
    with request.progress(scenario.name) as report:
        if rare is None:
            answers = ask_run(scenario, expressions, *run, settings.threads, report, others=others)
        else:
            answers = ask_rare(scenario, expressions, *run, rare, settings.threads, report)
    if request.json:
        print_json([found.as_dict() for found in answers])
        return 0
    print(f"{scenario.name}: {settings.trajectories:,} trajectories, seed {settings.seed}, scenario {scenario.hash()}")
    print(cut_text(scenario.cut_feedbacks) + _drawn(scenario, answers), end="")
    print("\n".join(answer_text(found) for found in answers), flush=True)
    return 0


def _drawn(scenario: Scenario, answers: Sequence[Answer]) -> str:
    """How trajectories were drawn and what an error is worth, where the scenario does not leave them independent."""
    from ..report.text import drawn_text

    if scenario.sampling.plain:
        return ""
    degrees = max((found.degrees or 0 for found in answers), default=0)
    return drawn_text(str(scenario.sampling), degrees) if degrees else "sampling: independent for these answers\n"


def compare(paths: Sequence[str], request: Request, figure: str | None) -> int:
    """Print the differences of scenarios to the first."""
    from ..claims import compare as compare_runs
    from ..report.comparison import comparison_text

    if len(paths) < 2:
        raise StackcastError(f"SCENARIO = {paths[0]}: one scenario: allowed: two or more")
    target = None if figure is None else picture(figure)
    first, settings = request.load(paths[0])
    scenarios = [first, *(request.scenario(path) for path in paths[1:])]
    with request.progress(" against ".join((first.name, "others"))) as report:
        found = compare_runs(scenarios, settings.trajectories, settings.seed, settings.threads, report)
    if target is not None:
        found.figure().savefig(target, dpi=110)
    if request.json:
        print_json(found.as_dict())
    else:
        print(comparison_text(found), end="", flush=True)
    return 0


def theses(path: str, folder: str | None, request: Request) -> int:
    """Print the probabilities of the claims in a folder."""
    from ..claims.theses import folder_of, judge, read_theses
    from ..report.answers import verdict_table
    from ..report.text import cut_text

    scenario, settings = request.load(path)
    listed = read_theses(folder_of(scenario) if folder is None else Path(folder))
    with request.progress(scenario.name) as report:
        verdicts = judge(scenario, listed, settings.trajectories, settings.seed, settings.threads, report)
    if request.json:
        print_json([verdict.as_dict() for verdict in verdicts])
        return 0
    print(f"{scenario.name}: {settings.trajectories:,} trajectories, seed {settings.seed}, scenario {scenario.hash()}")
    print(cut_text(scenario.cut_feedbacks) + verdict_table(verdicts), end="", flush=True)
    return 0


def picture(name: str, option: str = "--figure") -> Path:
    """A file that a picture can be written to, checked before the run."""
    path = Path(name)
    if path.suffix not in PICTURES:
        raise StackcastError(f"{option} = {name}: allowed: a file ending in {', '.join(PICTURES)}")
    if not path.absolute().parent.is_dir():
        raise StackcastError(f"{option} = {name}: no such folder: allowed: a file in an existing one")
    return path
