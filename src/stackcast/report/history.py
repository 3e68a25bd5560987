"""The record as a picture: the series that the model observes, by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..forecast.canvas import Margins, grid, title
from ..forecast.palette import INK
from .calibration import ATTRIBUTION

if TYPE_CHECKING:
    import pandas as pd

PANELS = (
    ("Data-centre and AI chips [$B a quarter]", (("data_center_revenue", "NVIDIA"),
     ("data_center_segment_revenue", "AMD"), ("ai_semiconductor_revenue", "Broadcom"))),
    ("Gross margin [fraction]", (("gross_margin_gaap", "NVIDIA"), ("gross_margin", "TSMC"))),
    ("TSMC [$B a quarter; share]", (("total_revenue_usd", "TSMC"), ("hpc_revenue_share", "TSMC"))),
    ("H100-equivalents shipped so far", (("cumulative_compute_shipped", "NVIDIA"),
     ("cumulative_compute_shipped", "Google TPU"), ("cumulative_compute_shipped", "AMD"))),
    ("Capital spending, cash [$B a quarter]", tuple(("capex_cash_ppe", who) for who in
     ("Alphabet", "Amazon", "Meta", "Microsoft", "Oracle"))),
    ("Clouds [$B a quarter]", (("cloud_revenue", "AWS"), ("cloud_revenue", "Google Cloud"),
     ("neocloud_revenue", "CoreWeave"))),
    ("Labs' run rates [$B a year]", tuple(("annualized_revenue", who) for who in
     ("OpenAI", "Anthropic", "xAI", "Cohere"))),
    ("Applications' run rates [$B a year]", (("arr", "Cursor (Anysphere)"), ("arr", "Lovable"), ("arr", "ElevenLabs"))),
    ("Tooling [$B a quarter]", (("product_revenue", "Snowflake"),)),
    ("Arena: closed less open [Elo]", (("arena_gap", "closed minus open"),)),
    ("Cheapest model at GPT-4's MMLU [$/Mtok]", (("lowest_price[MMLU at GPT-4-0314 level]", None),)),
    ("Training compute of notable models [FLOP]", (("training_compute", None),)),
)  # fmt: skip
COLOURS = ("#332288", "#CC6677", "#117733", "#88CCEE", "#882255")
FROM_YEAR = 2019


def record_figure(frame: pd.DataFrame) -> Any:
    """A panel a group of series; log axes."""
    figure, axes = grid(
        3, 4, (14.0, 9.0), Margins(left=0.65, top=0.85, bottom=0.6, between_columns=0.65, between_rows=0.6)
    )
    for ax, (heading, series) in zip(axes, PANELS, strict=True):
        _panel(ax, frame, heading, series)
    title(figure, f"The record: {len(frame):,} observations (log scales; guidance is not drawn)")
    figure.text(0.005, 0.006, ATTRIBUTION, fontsize=7, color=INK)
    return figure


def _panel(ax: Any, frame: pd.DataFrame, heading: str, series: tuple) -> None:
    from matplotlib.ticker import MaxNLocator

    for (name, entity), color in zip(series, COLOURS, strict=False):
        rows = frame[(frame["series"] == name) & (frame["value"] > 0)]
        rows = rows if entity is None else rows[rows["entity"] == entity]
        when = np.array([day.year + (day.timetuple().tm_yday - 1) / 365.25 for day in rows["date"]])
        late = when >= FROM_YEAR
        line = "none" if entity is None else "-"
        label = (entity if len({who for _, who in series}) > 1 else name.replace("_", " ")) or None
        ax.plot(when[late], rows["value"][late], linestyle=line, marker="o", ms=2.5, lw=1.0, color=color, label=label)
    ax.set_yscale("log")
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    ax.set_title(heading, fontsize=9, loc="left")
    ax.tick_params(labelsize=7, which="both")
    ax.grid(True, axis="y", lw=0.3)
    if len(series) > 1:
        ax.legend(fontsize=7, frameon=False, loc="best")
