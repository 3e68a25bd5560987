"""A calibration as text, as plain data and as a picture of its fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..forecast.canvas import Margins, grid, title
from ..forecast.palette import INK
from .tables import plain_table, plain_text

if TYPE_CHECKING:
    import pandas as pd

    from ..calibrate.calibration import Calibration
    from ..calibrate.summary import Summary

SHOWN = 15
COLUMNS = 4
_PRIOR, _POSTERIOR = "#BBBBBB", "#117733"
UNITS = {"USD_bn": "$B", "1": "fraction"}
LABELS = {"prior": "guided runs before their weights: 5 to 95 %", "posterior": "posterior: 5 to 95 %"}
ATTRIBUTION = (
    "Data: company filings and press as listed in the record; Epoch AI, published online at epoch.ai, CC BY 4.0; "
    "LMArena, CC BY 4.0; columns selected, units kept or converted"
)

ABOUT = """\
Shrinkage: one less the posterior's standard deviation over the prior's; shift: how far the mean moved, in prior
standard deviations; both on the scale on which the prior is normal. A parameter near 0 in both is one that the record
says nothing about: what a forecast owes to it is prior. Pairs: independent before the record; where they correlate
after it, the record knows a combination of the two and cannot tell them apart."""


def calibration_text(calibration: Calibration, summary: Summary) -> str:
    """Stages, the parameters that moved most, tied pairs, warnings."""
    head = (
        f"{calibration.scenario.name}, conditioned to the end of {calibration.last} on what was known on "
        f"{calibration.as_of}: {calibration.particles.count:,} particles ({summary.distinct:,} distinct), seed "
        f"{calibration.seed}, digest {calibration.digest[:16]}"
    )
    parts: list[Any] = [head, _stages(summary.stages), _parameters(summary.parameters), _pairs(summary.pairs)]
    warned = [f"warning: {line}" for line in summary.warnings] or ["No warning: prior and record agree."]
    return plain_text(*parts, ABOUT, "", *warned)


def _table(heading: str, columns: list[str], rows: list[list[str]]) -> Any:
    table = plain_table(heading)
    for k, name in enumerate(columns):
        table.add_column(name, justify="left" if k == 0 else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def _stages(frame: pd.DataFrame) -> Any:
    rows = [
        [str(s.stage), f"{s.temperature:.4f}", f"{s.effective:,.0f}", f"{100 * s.steps:.0f}", f"{100 * s.fresh:.0f}"]
        for s in frame.itertuples()
    ]
    columns = ["stage", "temperature", "effective sample size", "steps accepted [%]", "fresh shocks accepted [%]"]
    return _table("Stages: the record counts with the power `temperature`, 1 is whole", columns, rows)


def _parameters(frame: pd.DataFrame) -> Any:
    rows = [
        [p.parameter, _range(p, "prior"), _range(p, "posterior"), f"{p.shrinkage:.2f}", f"{p.shift:+.2f}"]
        for p in frame.head(SHOWN).itertuples()
    ]
    columns = ["parameter", "prior 5 / 50 / 95 %", "posterior", "shrinkage", "shift"]
    return _table(f"The {min(SHOWN, len(frame))} of {len(frame)} parameters that moved most", columns, rows)


def _range(row: Any, when: str) -> str:
    return " / ".join(f"{getattr(row, f'{when}_p{p}'):.3g}" for p in (5, 50, 95))


def _pairs(frame: pd.DataFrame) -> Any:
    rows = [[f"{p.first} and {p.second}", f"{p.correlation:+.2f}"] for p in frame.head(SHOWN).itertuples()]
    return _table(f"Pairs that the record ties together ({len(frame)} beyond 0.3)", ["pair", "correlation"], rows)


def calibration_records(calibration: Calibration, summary: Summary) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "scenario": calibration.scenario.name,
        "as_of": str(calibration.as_of),
        "last": calibration.last,
        "first": calibration.first,
        "particles": calibration.particles.count,
        "distinct": summary.distinct,
        "seed": calibration.seed,
        "digest": calibration.digest,
        "stages": summary.stages.to_dict("records"),
        "parameters": summary.parameters.to_dict("records"),
        "pairs": summary.pairs.to_dict("records"),
        "fit": summary.fit.assign(date=summary.fit["date"].astype(str)).to_dict("records"),
        "warnings": list(summary.warnings),
    }


def fit_figure(calibration: Calibration, summary: Summary) -> Any:
    """Every series of the record against what was predicted of it, before and after it was used."""
    groups = list(summary.fit.groupby(["series", "entity"], sort=False))
    rows = -(-len(groups) // COLUMNS)
    margins = Margins(left=0.6, right=0.15, top=1.0, bottom=0.6, between_columns=0.7, between_rows=0.6)
    figure, axes = grid(rows, COLUMNS, (13.0, 1.6 + 2.1 * rows), margins)
    for ax, ((series, entity), frame) in zip(axes, groups, strict=False):
        _panel(ax, series, entity, frame)
    for ax in axes[len(groups) :]:
        ax.set_visible(False)
    title(
        figure, f"What the record says and what was predicted of it, {calibration.scenario.name} to {calibration.last}"
    )
    handles = axes[0].get_legend_handles_labels()
    figure.legend(*handles, loc="upper left", bbox_to_anchor=(0.005, 0.972), ncol=3, frameon=False, fontsize=8)
    figure.text(0.005, 0.004, ATTRIBUTION, fontsize=7, color=INK)
    return figure


def _panel(ax: Any, series: str, entity: str, frame: pd.DataFrame) -> None:
    when = 2023.0 + (frame["position"] + 0.5) / 4.0
    for name, color, width in (("prior", _PRIOR, 4), ("posterior", _POSTERIOR, 2)):
        ax.vlines(when, frame[f"{name}_p5"], frame[f"{name}_p95"], color=color, lw=width, label=LABELS[name])
    ax.plot(when, frame["observed"], "o", ms=3, color="black", label="record")
    ax.set_yscale("log")
    unit = UNITS.get(frame["unit"].iloc[0], frame["unit"].iloc[0])
    ax.set_title(f"{series.replace('_', ' ')} [{unit}]\n{entity}", fontsize=8, loc="left")
    ax.set_xlim(2022.9, max(2026.0, float(when.max()) + 0.1))
    ax.tick_params(labelsize=6.5, which="both")
    ax.grid(True, axis="y", lw=0.3)
