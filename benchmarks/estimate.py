"""How much smaller the error of every output is under each way of drawing: ``python -m benchmarks.estimate``.

Every scheme runs the same number of trajectories with the same seeds, and an output's error is the standard deviation
of its estimates over the seeds: nothing that the runs say of their own errors is used. Those are shown beside it for
the layers' shares, because they are known better: each run has 15 degrees of freedom. Writes docs/estimate.md.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.machine import machine, versions
from benchmarks.paths import BASELINE, ROOT
from stackcast.engine.assembly import build
from stackcast.engine.driver import simulate
from stackcast.engine.sampling import Sampling
from stackcast.forecast.cells import Cells
from stackcast.forecast.frames import KEYS, tidy_frame
from stackcast.forecast.rows import columns_of
from stackcast.ledger.layers import LAYERS
from stackcast.scenario import load_scenario

PAGE = ROOT / "docs" / "estimate.md"
SCHEMES = {
    "independent": Sampling(),
    "sobol": Sampling("sobol"),
    "lattice": Sampling("lattice"),
}
BASE, *OTHERS = SCHEMES
Table = dict[str, pd.DataFrame]
"""By scheme, (output, seed)."""
STATISTICS = ("mean", "p5", "p50", "p95", "probability")
SIGNIFICANCE = 0.05
ROUNDING = 1e-9
"""An output that varies less than this, relative to its size, is a constant with rounding errors."""


def estimates(program, trajectories: int, seed: int) -> pd.DataFrame:
    """Mean, quantiles and probabilities of every output, by (metric, layer, period, statistic): value, stated error,
    and whether the run itself says that its error means nothing (a tail too heavy)."""
    cells = Cells(simulate(program, trajectories, seed, threads=2, sample=0).aggregates, program.start)
    frame = tidy_frame(columns_of(cells))
    frame.loc[frame["unit"] == "probability", "statistic"] = "probability"
    # The date of an event moves in steps of a quarter: its probabilities by year say the same without steps.
    return frame[frame["statistic"].isin(STATISTICS) & (frame["period"] != "event")].set_index(KEYS)[
        ["value", "mcse", "tail_flag"]
    ]


def measure(replications: int, trajectories: int) -> tuple[Table, Table, pd.Series, dict[str, float]]:
    """Estimates (output, seed) of every scheme, their errors as the runs state them, in which share of all runs an
    output's error is marked as meaningless, and the time of each scheme's runs; seed by seed, all schemes in turn."""
    scenario = load_scenario(BASELINE)
    programs = {name: build(scenario.sampled(sampling)) for name, sampling in SCHEMES.items()}
    columns: dict[str, list[pd.DataFrame]] = {name: [] for name in SCHEMES}
    seconds = dict.fromkeys(SCHEMES, 0.0)
    for seed in range(1, replications + 1):
        for name, program in programs.items():
            began = time.perf_counter()
            columns[name].append(estimates(program, trajectories, seed))
            seconds[name] += time.perf_counter() - began
        print(f"seed {seed} of {replications}", file=sys.stderr, flush=True)
    marks = pd.concat(_side_by_side(columns, "tail_flag").values(), axis=1).mean(axis=1)
    return _side_by_side(columns, "value"), _side_by_side(columns, "mcse"), marks, seconds


def _side_by_side(columns: dict[str, list[pd.DataFrame]], column: str) -> Table:
    return {
        name: pd.concat([one[column] for one in found], axis=1, keys=range(len(found)))
        for name, found in columns.items()
    }


def gains(found: Table, name: str) -> pd.Series:
    """Error of independent draws over that of a scheme, by output; outputs that do not vary are left out."""
    base, other = (found[one].std(axis=1) for one in (BASE, name))
    least = ROUNDING * found[BASE].abs().max(axis=1)
    return (base / other)[(base > least) & (other > 0.0)]


def stated_gains(stated: Table, name: str) -> pd.Series:
    """The same for the mean layer shares in 2030, from the errors that the runs state."""
    rows = [("share", layer, "2030", "mean") for layer in LAYERS]
    base, other = ((stated[one].loc[rows] ** 2).mean(axis=1) for one in (BASE, name))
    return ((base / other) ** 0.5).set_axis(LAYERS)


def layer_gains(found: Table, name: str) -> pd.Series:
    """Gains of the mean layer shares in 2030."""
    rows = [("share", layer, "2030", "mean") for layer in LAYERS]
    return gains({one: found[one].loc[rows] for one in (BASE, name)}, name).set_axis(LAYERS)


def geometric(values: pd.Series) -> float:
    return float(np.exp(np.log(values).mean()))


def jackknife(gains_of: Callable[[Table, str], pd.Series], table: Table, name: str) -> float:
    """Standard error of the geometric mean of the layers' gains: one seed left out at a time."""
    seeds = table[BASE].columns
    rest = [geometric(gains_of({one: table[one].drop(columns=k) for one in (BASE, name)}, name)) for k in seeds]
    return float(np.sqrt((len(seeds) - 1) * np.var(rest)))


def layer_table(found: Table, stated: Table) -> list[str]:
    """Errors of the mean shares in 2030, and how many times smaller they are."""
    rows = ["| layer | error, independent [% of all gross profit] | " + " | ".join(OTHERS) + " |"]
    rows.append("|---" * (2 + len(OTHERS)) + "|")
    by_scheme = {name: layer_gains(found, name) for name in OTHERS}
    for layer in LAYERS:
        error = 100.0 * found[BASE].loc[("share", layer, "2030", "mean")].std()
        rows.append(f"| {layer} | {error:.4f} | " + " | ".join(f"{by_scheme[one][layer]:.2f}" for one in OTHERS) + " |")
    rows.append("| geometric mean | | " + " | ".join(_mean(layer_gains, found, one) for one in OTHERS) + " |")
    rows.append(
        "| the same by stated errors | | " + " | ".join(_mean(stated_gains, stated, one) for one in OTHERS) + " |"
    )
    return rows


def _mean(gains_of: Callable[[Table, str], pd.Series], table: Table, name: str) -> str:
    return f"**{geometric(gains_of(table, name)):.2f}** +- {jackknife(gains_of, table, name):.2f}"


def worse(found: Table, name: str, statistic: str) -> tuple[pd.Series, pd.Series]:
    """Gains of the outputs that have a larger error beyond chance, and all gains of the statistic.

    The ratio of two variances of normal estimates has an F distribution; the level is shared among the outputs
    (Bonferroni), so that one false alarm in twenty tables is expected.
    """
    some = gains(found, name)
    some = some[some.index.get_level_values("statistic") == statistic]
    degrees = found[BASE].shape[1] - 1
    limit = stats.f.isf(SIGNIFICANCE / max(len(some), 1), degrees, degrees)
    return some[some**-2.0 > limit], some


def output_table(found: Table, marks: pd.Series) -> list[str]:
    """Gains over all outputs, by scheme and statistic."""
    rows = [
        "| sampling | statistic | outputs | geometric mean | 5 % to 95 % of outputs | smallest, of | larger error "
        "| of these marked |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in OTHERS:
        for statistic in STATISTICS:
            larger, some = worse(found, name, statistic)
            low, high = some.quantile([0.05, 0.95])
            marked = int((marks[larger.index] > 0.0).sum())
            rows.append(
                f"| {name} | {statistic} | {len(some)} | {geometric(some):.2f} | {low:.2f} to {high:.2f} | "
                f"{some.min():.2f}, {_where(some.idxmin())} | {len(larger)} | {marked} |"
            )
    return rows


def _where(key: tuple[str, str, str, str]) -> str:
    metric, layer, period, _ = key
    return f"{metric}{f'[{layer}]' if layer else ''} @ {period}"


def larger_table(found: Table, marks: pd.Series) -> list[str]:
    """Every output with a larger error: its gain, and in how many of all runs its error is marked."""
    rows = ["| sampling | statistic | output | gain | runs that mark it [%] |", "|---|---|---|---|---|"]
    for name in OTHERS:
        for statistic in STATISTICS:
            for key, gain in worse(found, name, statistic)[0].items():
                rows.append(f"| {name} | {statistic} | {_where(key)} | {gain:.2f} | {100.0 * marks[key]:.0f} |")
    return rows


def page(found: Table, stated: Table, marks: pd.Series, seconds: dict[str, float], trajectories: int) -> str:
    """The tables as Markdown."""
    count = found[BASE].shape[1]
    spread = np.sqrt(stats.f.ppf([0.025, 0.975], count - 1, count - 1))
    times = ", ".join(f"{name} {seconds[name] / seconds[BASE]:.2f}" for name in OTHERS)
    return "\n".join(
        [
            "# Errors by sampling scheme",
            "",
            "Generated by `make bench-estimate`. How many times smaller the standard deviation of an estimate is than",
            f"with independent trajectories, over {count} runs (seeds 1 to {count}) of {trajectories:,} trajectories",
            "each of `configs/baseline.toml`, with 16 randomisations. Twice smaller is worth four times as many",
            f"trajectories. A gain of 1.00 is measured between {spread[0]:.2f} and {spread[1]:.2f} nineteen times in",
            "twenty.",
            "",
            f"{datetime.date.today().isoformat()}; {machine()}; {versions()}.",
            "",
            "## Mean layer shares in 2030",
            "",
            *layer_table(found, stated),
            "",
            "Goal: 2 under quasi-random sampling. +-: standard error, by leaving out one seed at a time. The spread",
            "over so few seeds is itself uncertain, and all layers share its luck; the last line compares the errors",
            "that the runs state, from the spread of trajectories or of 16 randomisations: the better estimate.",
            "",
            "## All outputs",
            "",
            *output_table(found, marks),
            "",
            "*Larger error*: outputs whose variance is larger than with independent trajectories beyond chance (F test",
            f"at {SIGNIFICANCE:.0%} shared among the outputs of the row). *Probability*: events by year, categories.",
            "The test takes estimates as normal: where a mean hangs on single draws, it measures luck. *Marked*: one",
            "run or more, of any scheme, says itself that the output's tail is too heavy for its standard error to",
            "mean anything (the sign ! in a report).",
            "",
            *larger_table(found, marks),
            "",
            f"Time of all runs over that of the independent ones, tables included: {times}.",
            "",
        ]
    )


def main() -> int:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=32)
    parser.add_argument("--trajectories", type=int, default=2**17)
    given = parser.parse_args()
    text = page(*measure(given.replications, given.trajectories), given.trajectories)
    PAGE.write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
