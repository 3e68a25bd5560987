"""A backtest as text, as pictures and as one page."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..backtest.rivals import RIVALS, random_walk
from ..backtest.table import ALL_RIVALS, PLACES, by_horizon, by_series, headline, places, records
from ..forecast.canvas import Margins, grid, title
from ..forecast.palette import INK
from .calibration import UNITS
from .tables import plain_table, plain_text

if TYPE_CHECKING:
    import pandas as pd

    from ..backtest.case import Case
    from ..backtest.run import Backtest

COLUMNS = 4
_MODEL, _RIVAL = "#117733", "#CC6677"
_SHADES = ((0.05, 0.95, 0.18), (0.10, 0.90, 0.28), (0.25, 0.75, 0.42))

ABOUT = """\
CRPS: continuous ranked probability score on natural logs, lower is better; 0.10 is about what a forecast earns that is
sure and 10 % off. Skill: 1 - CRPS / CRPS of the rival. Bias: log of the median over the outcome. Means over series give
every series the same weight. The best rival is the one with the lowest mean over all series, chosen once."""
CARE = """\
Read with care: overlapping horizons and series that move together make few independent outcomes of these rows, all of
one regime; the mechanisms were chosen by people who knew 2023 to 2025, and no widening of priors takes that back."""


def backtest_text(found: Backtest) -> str:
    """Headline, tables, how the priors were known."""
    return plain_text(head_line(found), "", _series_table(found.frame), _priors_table(found), ABOUT, "", CARE)


def head_line(found: Backtest) -> str:
    """The result in two lines."""
    said, frame = headline(found.frame), found.frame
    covered = ", ".join(f"{level} %: {100 * part:.0f} %" for level, part in said.coverage.items())
    against = ", ".join(f"{_name(name)} {value:+.2f}" for name, value in said.skills.items())
    short = sorted({name for forecast in found.forecasts for name in forecast.short})
    left = f"; left out for fewer than three public figures at a cut-off: {', '.join(short)}" if short else ""
    what = "pooled forecast (model and random walk)" if found.pooled else "model"
    return (
        f"{found.scenario.name}, {what}: skill {said.skill:+.3f} against the best rival ({_name(said.rival)}) in the "
        f"mean over {said.series} series at two quarters and longer ({said.rows} outcomes of {len(frame)}).\n"
        f"Against each: {against}. Coverage of intervals: {covered}.\n{_as_given(found)}"
        f"{found.unmapped:,} rows of the record are of series that no map names and are left out{left}."
    )


def _as_given(found: Backtest) -> str:
    if found.as_given is None:
        return "Priors of their own width: what was believed at the end of 2025.\n"
    return (
        f"With priors of their own width, as believed at the end of 2025, the skill is {found.as_given.skill:+.3f} and "
        f"90 % intervals hold {100 * found.as_given.coverage[90]:.0f} %.\n"
    )


def _name(rival: str) -> str:
    return rival.replace("_", " ") if rival in RIVALS else "prior without calibration"


def _series_table(frame: pd.DataFrame) -> Any:
    table = plain_table("Mean CRPS on logs, and the model's in dollars, at horizons of two quarters and longer")
    heads = [
        "series",
        "outcomes",
        "model",
        "pool",
        *(_name(r) for r in ALL_RIVALS),
        "skill",
        "bias",
        "in 90 %",
        "model [$B]",
    ]
    for k, name in enumerate(heads):
        table.add_column(_short(name), justify="left" if k == 0 else "right", no_wrap=True)
    for cells in series_rows(frame):
        table.add_row(*cells)
    return table


def _short(name: str) -> str:
    return name.replace("prior without calibration", "prior")


def series_rows(frame: pd.DataFrame) -> list[list[str]]:
    """Cells of the table by series, the mean over series last."""
    means = by_series(frame)
    rows = [[f"{r.series} of {r.entity}", *_cells(r, str(r.n))] for r in means.itertuples()]
    total = means.mean(numeric_only=True)
    total["skill"], total["crps_value"] = headline(frame).skill, np.nan  # dollars of unlike series have no mean
    return [*rows, ["mean over series", *_cells(total, str(int(means["n"].sum())))]]


def _cells(row: Any, count: str) -> list[str]:
    scores = ["crps", "crps_pooled", *(f"crps_{name}" for name in ALL_RIVALS)]
    return [
        count, *(f"{getattr(row, name):.3f}" for name in scores), f"{row.skill:+.2f}", f"{row.bias:+.2f}",
        f"{100 * row.in90:.0f}", "-" if np.isnan(row.crps_value) else f"{row.crps_value:.2f}",
    ]  # fmt: skip


def _priors_table(found: Backtest) -> Any:
    table = plain_table("Priors as they were known at the cut-offs")
    kinds = list(found.forecasts[0].known.counts)
    for k, name in enumerate(["cut-off", *kinds, "effective particles"]):
        table.add_column(name, justify="left" if k == 0 else "right", no_wrap=True)
    for forecast in found.forecasts:
        stages = forecast.particles.stages
        effective = f"{min(stage.effective for stage in stages):,.0f}" if stages else "-"
        table.add_row(str(forecast.cutoff), *(str(forecast.known.counts[kind]) for kind in kinds), effective)
    return table


def summary_records(found: Backtest) -> dict[str, Any]:
    """What the tables say, as plain data."""
    said = headline(found.frame)
    return {
        "scenario": found.scenario.name,
        "scenario_hash": found.scenario.hash(),
        "cutoffs": [str(forecast.cutoff) for forecast in found.forecasts],
        "particles": found.forecasts[0].particles.count,
        "headline": vars(said),
        "as_given": None if found.as_given is None else vars(found.as_given),
        "unmapped_rows": found.unmapped,
        "priors": {str(forecast.cutoff): forecast.known.counts for forecast in found.forecasts},
        "short": {str(forecast.cutoff): list(forecast.short) for forecast in found.forecasts},
        "places": places(found.frame).tolist(),
        "series": series_rows(found.frame),
        "by_series": by_series(found.frame).to_dict("records"),
        "by_horizon": by_horizon(found.frame).to_dict("records"),
    }


def write_report(found: Backtest, folder: Path) -> None:
    """Scores, summary, pictures and the page, into a folder."""
    folder.mkdir(exist_ok=True)
    pictures = figures(found)
    for name, picture in pictures.items():
        picture.savefig(folder / f"{name}.png", dpi=100, metadata={"Software": None})
    _write(folder / "scores.json", json.dumps(records(found.frame), indent=1))
    _write(folder / "summary.json", json.dumps(summary_records(found), indent=1))
    _write(folder / "report.html", page(found, pictures))


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(path)


def page(found: Backtest, pictures: Mapping[str, Any]) -> str:
    """One page with tables and pictures inside."""
    images = "\n".join(f'<img alt="{name}" src="data:image/png;base64,{_encoded(p)}">' for name, p in pictures.items())
    text = html.escape(backtest_text(found))
    return f"{_HEAD}<h1>Backtest of {html.escape(found.scenario.name)}</h1><pre>{text}</pre>{images}</html>"


_HEAD = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Backtest</title><style>body{font-family:sans-serif;'
    "max-width:75em;margin:2em auto}img{max-width:100%}pre{font-size:.8em;overflow-x:auto}</style>"
)


def _encoded(figure: Any) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    return base64.b64encode(buffer.getvalue()).decode()


def figures(found: Backtest) -> dict[str, Any]:
    """Fans against outcomes at the latest cut-off with a year ahead of it, places of the outcomes, skill by series."""
    return {"fans": fans_figure(found), "places": places_figure(found), "skill": skill_figure(found)}


def fans_figure(found: Backtest) -> Any:
    """Every scored series at the first cut-off: past, forecast, what followed, and the random walk."""
    forecast = max(found.forecasts, key=lambda one: len(one.cases))
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in forecast.cases:
        groups.setdefault((case.series, case.entity), []).append(case)
    rows = -(-len(groups) // COLUMNS)
    margins = Margins(left=0.6, right=0.15, top=1.0, bottom=0.45, between_columns=0.7, between_rows=0.6)
    figure, axes = grid(rows, COLUMNS, (13.0, 1.5 + 2.2 * rows), margins)
    for ax, cases in zip(axes, groups.values(), strict=False):
        _fan(ax, sorted(cases, key=lambda case: case.quarter))
    for ax in axes[len(groups) :]:
        ax.set_visible(False)
    title(figure, f"Forecasts from what was public on {forecast.cutoff}, and what followed (log scale)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper left", bbox_to_anchor=(0.005, 0.97), ncol=6, frameon=False, fontsize=8)
    return figure


def _fan(ax: Any, cases: list[Case]) -> None:
    first = cases[0]
    past = 2023.125 + first.history_quarters / 4.0
    shown = past >= 2021.0
    when = np.array([2023.125 + case.quarter / 4.0 for case in cases])
    draws = [np.log(case.draws) for case in cases]
    for low, high, alpha in _SHADES:
        ends = np.exp([np.quantile(d, (low, high)) for d in draws])
        label = f"model {round(100 * (high - low))} %"
        ax.fill_between(when, ends[:, 0], ends[:, 1], color=_MODEL, alpha=alpha, lw=0, label=label)
    ax.plot(when, np.exp([np.median(d) for d in draws]), color=_MODEL, lw=1.2, label="model median")
    walks = [random_walk(case) for case in cases]
    ax.plot(when, np.exp([w.mean for w in walks]), color=_RIVAL, lw=1.0, label="random walk: median, 90 %")
    for sign in (-1.0, 1.0):
        ax.plot(when, np.exp([w.mean + sign * 1.645 * w.sd for w in walks]), color=_RIVAL, lw=0.7, ls=":")
    ax.plot(past[shown], first.history[shown], "-", color=INK, lw=1.0)
    ax.plot(when, [case.observed for case in cases], "o", ms=3.5, color="black", label="what followed")
    ax.set_yscale("log")
    unit = UNITS.get(first.unit, first.unit)
    ax.set_title(f"{first.series.replace('_', ' ')} [{unit}]\n{first.entity}", fontsize=8, loc="left")
    ax.tick_params(labelsize=6.5, which="both")
    ax.grid(True, axis="y", lw=0.3)


def places_figure(found: Backtest) -> Any:
    """Where outcomes lay among the draws: flat where the forecast knows how sure it is."""
    figure, (ax,) = grid(1, 1, (7.0, 3.6), Margins(left=0.8, bottom=0.7, top=0.5))
    counts = places(found.frame)
    ax.bar((np.arange(PLACES) + 0.5) / PLACES, counts, width=0.95 / PLACES, color=_MODEL)
    ax.axhline(counts.sum() / PLACES, color="black", lw=0.8)
    ax.set_xlabel("place of the outcome among the forecast's draws")
    ax.set_ylabel("outcomes")
    title(figure, "Places of outcomes (PIT); the line is what a perfect forecast expects")
    return figure


def skill_figure(found: Backtest) -> Any:
    """Skill against the headline rival by series; left of the line the model lost."""
    means = by_series(found.frame).sort_values("skill")
    figure, (ax,) = grid(1, 1, (9.0, 1.4 + 0.32 * len(means)), Margins(left=3.4, bottom=0.7, top=0.5))
    names = [f"{row.entity}: {row.series.replace('_', ' ')}" for row in means.itertuples()]
    ax.barh(names, means["skill"], color=np.where(means["skill"] >= 0.0, _MODEL, _RIVAL))
    ax.axvline(0.0, color="black", lw=0.8)
    ax.set_xlabel("skill: 1 - CRPS / CRPS of the rival")
    title(figure, f"Skill against {_name(headline(found.frame).rival)} at two quarters and longer")
    return figure
