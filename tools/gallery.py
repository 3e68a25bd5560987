"""The gallery: every world of configs/ over the same futures, side by side.

python -m tools.gallery [--trajectories 1e5]    runs all worlds and rewrites docs/gallery.md and its picture

`make docs` does the same with everything else.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import stackcast
from stackcast.claims import judge, read_theses
from stackcast.forecast.canvas import Margins, grid, side_label, title
from stackcast.forecast.labels import layer_name, limit_name
from stackcast.forecast.limits import by_year, has_limits, said_of
from stackcast.forecast.palette import INK
from stackcast.forecast.plot import Plots, set_heading
from stackcast.ledger.layers import LAYERS
from stackcast.report.answers import with_error

if TYPE_CHECKING:
    from stackcast import Forecast
    from stackcast.claims import Comparison, Difference, Thesis, Verdict

ROOT = Path(__file__).resolve().parent.parent
CONFIGS = ROOT / "configs"
BASELINE = "baseline"
ESSAYS = ("platform_2023", "linux_moment", "gpu_constrained", "rebundling")
WALLS = ("scaling_wall", "data_wall", "power_wall")
ORDER = (BASELINE, *ESSAYS, *WALLS)
ESSAY_OF = {name: name for name in ESSAYS} | dict.fromkeys(WALLS, "after_scaling")
"""World -> file of the claims of its essay."""
YEARS = (2027, 2030, 2035)
LIMIT_YEAR = 2030
MOST = 100_000
_COLUMNS = 4


@dataclass(frozen=True)
class World:
    """A scenario, what its file says about it, and a run of it."""

    file: Path
    header: str
    forecast: Forecast

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return self.forecast.name


class Gallery:
    """All worlds of a folder run with one size and one seed, and compared with the baseline."""

    def __init__(self, trajectories: int, seed: int, folder: Path = CONFIGS) -> None:
        self.trajectories, self.seed, self.files = trajectories, seed, files(folder)

    @cached_property
    def worlds(self) -> list[World]:
        """One run each; the baseline comes first."""
        size = {"trajectories": self.trajectories, "seed": self.seed, "sample": 1}
        return [World(file, header(file.read_text("utf-8")), stackcast.run(file, **size)) for file in self.files]

    @cached_property
    def comparison(self) -> Comparison:
        """Differences to the baseline on the same futures."""
        return stackcast.compare(self.files, trajectories=self.trajectories, seed=self.seed)

    @cached_property
    def claims(self) -> dict[str, list[tuple[Verdict, Verdict]]]:
        """World -> claims of its essay (without further conditions), judged in it and in the baseline, the first."""
        asked = {file.stem: own_claims(file.stem) for file in self.files}
        every = list(dict.fromkeys(thesis for theses in asked.values() for thesis in theses))
        if not every:
            return {}
        based = dict(zip(every, self._judged(self.files[0], every), strict=True))
        return {
            file.stem: [(found, based[found.thesis]) for found in self._judged(file, asked[file.stem])]
            for file in self.files
            if asked[file.stem]
        }

    def _judged(self, file: Path, theses: Sequence[Thesis]) -> list[Verdict]:
        return judge(stackcast.load_scenario(file), theses, self.trajectories, self.seed, os.cpu_count() or 1)

    def page(self) -> str:
        """Tables of all worlds."""
        found: dict[tuple[str, str, int], Difference] = {
            (d.scenario, d.layer, d.year): d for d in self.comparison.differences if d.metric == "share"
        }
        limits = [_limits(self.worlds)] if all(has_limits(world.forecast.cells) for world in self.worlds) else []
        return "\n\n".join([self._origin(), *limits, *(self._world(world, found) for world in self.worlds)])

    def _world(self, world: World, found: Mapping[tuple[str, str, int], Difference]) -> str:
        judged = self.claims.get(world.file.stem)
        return "\n\n".join([_section(world, found), *([_claims(judged)] if judged else [])])

    def _origin(self) -> str:
        first = self.worlds[0].forecast
        return (
            f"{len(self.worlds)} worlds, {self.trajectories:,} trajectories each, seed {self.seed}; the baseline is "
            f"scenario `{first.manifest['scenario']['hash']}`."
        )

    def figure(self) -> Any:
        """Mean shares by year, a panel a world on the same axes."""
        rows = -(-len(self.worlds) // _COLUMNS)
        columns = min(len(self.worlds), _COLUMNS)
        margins = Margins(left=0.9, right=1.95, top=0.7, bottom=0.6, between_columns=0.35, between_rows=0.6)
        figure, axes = grid(rows, columns, (2.7 * columns + 2.8, 2.75 * rows + 1.0), margins, share_y=True)
        for ax, world in zip(axes, self.worlds, strict=False):
            Plots(world.forecast).share(ax=ax)
            set_heading(ax, world.name)
            ax.set(xlabel="", ylabel="")
            # Every fifth year: the first would run into the last of the panel before.
            ax.set_xticks([year for year in range(*map(int, ax.get_xlim())) if year % 5 == 0] + [int(ax.get_xlim()[1])])
            legend = ax.get_legend()
            handles, labels = legend.legend_handles, [text.get_text() for text in legend.get_texts()]
            legend.remove()
        for ax in axes[len(self.worlds) :]:
            ax.set_visible(False)
        axes[columns - 1].legend(handles, labels, loc="upper left", bbox_to_anchor=(1.03, 1.0), frameon=False)
        side_label(figure, "mean share of gross profit (accrual book) [fraction]")
        title(figure, "Who captures the gross profit in every world")
        said = f"{self.trajectories:,} common trajectories a world, seed {self.seed}"
        figure.text(0.995, 0.008, said, ha="right", va="bottom", fontsize=7, color=INK)
        return figure


CALIBRATED = "baseline_2025"


def files(folder: Path) -> list[Path]:
    """The worlds of a folder, the baseline first; those this file does not know come last.

    The calibrated baseline is not one: it begins where the record ends.
    """
    found = {file.stem: file for file in sorted(folder.glob("*.toml")) if file.stem != CALIBRATED}
    return [*(found.pop(name) for name in ORDER if name in found), *found.values()]


def own_claims(world: str) -> list[Thesis]:
    """The claims of a world's own essay, without the variants under further conditions."""
    if world not in ESSAY_OF:
        return []
    theses = read_theses(CONFIGS / "theses")
    return [thesis for thesis in theses if Path(thesis.file).stem == ESSAY_OF[world] and thesis.condition is None]


def header(text: str) -> str:
    """The comment a file begins with, as paragraphs."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line[1:].strip())
    return "\n".join(lines).strip()


def _section(world: World, found: Mapping[tuple[str, str, int], Difference]) -> str:
    based = any((world.name, layer, year) in found for layer in LAYERS for year in YEARS)
    place = f"[`configs/{world.file.name}`](../configs/{world.file.name})"
    heading = ["% of gross profit", *map(str, YEARS), *(f"{year} less baseline" for year in YEARS if based)]
    rows = [_row(world, layer, [found.get((world.name, layer, year)) for year in YEARS], based) for layer in LAYERS]
    return f"## {world.name}\n\n{place}\n\n{world.header}\n\n{_table(heading, rows)}"


def _row(world: World, layer: str, differences: Sequence[Difference | None], based: bool) -> list[str]:
    cells = [_share(world.forecast, layer, year) for year in YEARS]
    return [layer_name(layer), *cells, *(_difference(d) for d in differences if based)]


def _share(forecast: Forecast, layer: str, year: int) -> str:
    number = forecast.cells.index["share"][layer].get(str(year))
    if number is None:
        return ""
    mean = next(s for s in forecast.cells.statistics(number) if s.name == "mean")
    return _written(mean.value, mean.mcse)


def _difference(found: Difference | None) -> str:
    if found is None:
        return ""
    if found.difference == 0.0 and found.mcse == 0.0:
        return "same"
    return f"{'+' if found.difference > 0.0 else ''}{_written(found.difference, found.mcse)}"


def _claims(judged: Sequence[tuple[Verdict, Verdict]]) -> str:
    """Probability of every claim of the world's essay, in the world and in the baseline."""
    heading = ["", "claim of the essay", "probability in this world", "in the baseline"]
    rows = [[here.thesis.id, here.thesis.statement, _probability(here), _probability(base)] for here, base in judged]
    return _table(heading, rows, right=2)


def _probability(verdict: Verdict) -> str:
    if verdict.probability is None or verdict.mcse is None:
        return f"too few ({verdict.answer.n_condition:,})"
    return with_error(verdict.probability, verdict.mcse).replace("+-", "±")


def _written(value: float, error: float) -> str:
    return with_error(100.0 * value, 100.0 * error).replace("+-", "±")


def _limits(worlds: Sequence[World]) -> str:
    """Which limit binds in one year, a row a world."""
    found = {}
    for world in worlds:
        years = by_year(world.forecast.cells)
        found[world.name] = next((one for one in years if one.year == LIMIT_YEAR), years[-1])
    names = list(dict.fromkeys(name for one in found.values() for name in one.parts))
    rows = [
        [name, *(_written(*one.parts[limit]) if limit in one.parts else "" for limit in names)]
        for name, one in found.items()
    ]
    first = next(iter(found.values()))
    said = f"Which limit binds in {first.year}, {said_of([first])}:"
    return f"{said}\n\n{_table(['%', *map(limit_name, names)], rows)}"


def _table(heading: list[str], rows: list[list[str]], right: int | None = None) -> str:
    from tools.quoted import table

    return table(heading, rows, right=len(heading) - 1 if right is None else right)


_made: dict[str, Gallery] = {}


def of(forecast: Forecast) -> Gallery:
    """The gallery that goes with a run of the baseline: its seed, and its size up to `MOST`."""
    key = forecast.digest()
    if key not in _made:
        _made[key] = Gallery(min(forecast.n, MOST), int(forecast.manifest["seed"]))
    return _made[key]


BLOCKS = {"gallery": lambda forecast: of(forecast).page()}
PICTURES = {"gallery": lambda forecast: of(forecast).figure()}


def main(arguments: list[str] | None = None) -> int:
    """Rewrite the page and its picture alone; the exit code."""
    from tools import docs

    parser = argparse.ArgumentParser(prog="python -m tools.gallery", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trajectories", type=float, default=MOST, help=f"size of every run ({MOST:,})")
    given = parser.parse_args(arguments)
    gallery = Gallery(int(given.trajectories), stackcast.load_scenario(CONFIGS / f"{BASELINE}.toml").seed)
    page = ROOT / "docs" / "gallery.md"
    page.write_text(docs.replaced(page.read_text("utf-8"), lambda name: gallery.page()), encoding="utf-8")
    docs.save(gallery.figure(), ROOT / docs.IMAGES / "gallery.png")
    print(f"written: {page.relative_to(ROOT)}, {docs.IMAGES / 'gallery.png'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
