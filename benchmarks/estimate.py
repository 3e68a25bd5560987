"""How much smaller the error of every output is under each way of drawing: ``python -m benchmarks.estimate``.

Every scheme runs the same number of trajectories with the same seeds, and an output's error is the standard deviation
of its estimates over the seeds: nothing that the runs say of their own errors is used. Writes docs/estimate.md.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.machine import machine, versions
from benchmarks.paths import BASELINE, ROOT
from stackcast.engine.driver import simulate
from stackcast.engine.program import build
from stackcast.engine.sampling import Sampling
from stackcast.forecast.cells import Cells
from stackcast.forecast.frames import KEYS, tidy_frame
from stackcast.ledger.layers import LAYERS
from stackcast.scenario import load_scenario

PAGE = ROOT / "docs" / "estimate.md"
SCHEMES = {
    "independent": Sampling(),
    "sobol": Sampling("sobol"),
    "lattice": Sampling("lattice"),
    "independent, antithetic": Sampling(antithetic=True),
    "sobol, antithetic": Sampling("sobol", antithetic=True),
}
BASE, *OTHERS = SCHEMES
STATISTICS = ("mean", "p5", "p50", "p95", "probability")
SIGNIFICANCE = 0.05


def estimates(program, trajectories: int, seed: int) -> pd.Series:
    """Mean, quantiles and probabilities of every output, by (metric, layer, period, statistic)."""
    cells = Cells(simulate(program, trajectories, seed, threads=2, sample=0).aggregates, program.start)
    frame = tidy_frame(cells)
    frame.loc[frame["unit"] == "probability", "statistic"] = "probability"
    # The date of an event moves in steps of a quarter: its probabilities by year say the same without steps.
    return frame[frame["statistic"].isin(STATISTICS) & (frame["period"] != "event")].set_index(KEYS)["value"]


def measure(replications: int, trajectories: int) -> tuple[dict[str, pd.DataFrame], dict[str, float]]:
    """Estimates (output, seed) of every scheme and the time of all its runs; seed by seed, all schemes in turn."""
    scenario = load_scenario(BASELINE)
    programs = {name: build(scenario.sampled(sampling)) for name, sampling in SCHEMES.items()}
    columns: dict[str, list[pd.Series]] = {name: [] for name in SCHEMES}
    seconds = dict.fromkeys(SCHEMES, 0.0)
    for seed in range(1, replications + 1):
        for name, program in programs.items():
            began = time.perf_counter()
            columns[name].append(estimates(program, trajectories, seed))
            seconds[name] += time.perf_counter() - began
        print(f"seed {seed} of {replications}", file=sys.stderr, flush=True)
    return {name: pd.concat(found, axis=1, keys=range(len(found))) for name, found in columns.items()}, seconds


def gains(found: dict[str, pd.DataFrame], name: str) -> pd.Series:
    """Error of independent draws over that of a scheme, by output; outputs that do not vary are left out."""
    base, other = (found[one].std(axis=1) for one in (BASE, name))
    return (base / other)[(base > 0.0) & (other > 0.0)]


def layer_gains(found: dict[str, pd.DataFrame], name: str) -> pd.Series:
    """Gains of the mean layer shares in 2030."""
    rows = [("share", layer, "2030", "mean") for layer in LAYERS]
    return gains({one: found[one].loc[rows] for one in (BASE, name)}, name).set_axis(LAYERS)


def geometric(values: pd.Series) -> float:
    return float(np.exp(np.log(values).mean()))


def jackknife(found: dict[str, pd.DataFrame], name: str) -> float:
    """Standard error of the geometric mean of the layers' gains: one seed left out at a time."""
    seeds = found[BASE].columns
    rest = [
        geometric(layer_gains({one: found[one].drop(columns=seed) for one in (BASE, name)}, name)) for seed in seeds
    ]
    return float(np.sqrt((len(seeds) - 1) * np.var(rest)))


def layer_table(found: dict[str, pd.DataFrame]) -> list[str]:
    """Errors of the mean shares in 2030, and how many times smaller they are."""
    rows = ["| layer | error, independent [% of all gross profit] | " + " | ".join(OTHERS) + " |"]
    rows.append("|---" * (2 + len(OTHERS)) + "|")
    by_scheme = {name: layer_gains(found, name) for name in OTHERS}
    for layer in LAYERS:
        error = 100.0 * found[BASE].loc[("share", layer, "2030", "mean")].std()
        rows.append(f"| {layer} | {error:.4f} | " + " | ".join(f"{by_scheme[one][layer]:.2f}" for one in OTHERS) + " |")
    means = (f"**{geometric(by_scheme[one]):.2f}** +- {jackknife(found, one):.2f}" for one in OTHERS)
    return [*rows, "| geometric mean | | " + " | ".join(means) + " |"]


def worse(found: dict[str, pd.DataFrame], name: str, statistic: str) -> tuple[int, pd.Series]:
    """How many outputs have a larger error beyond chance, and all gains of the statistic.

    The ratio of two variances of normal estimates has an F distribution; the level is shared among the outputs
    (Bonferroni), so that one false alarm in twenty tables is expected.
    """
    some = gains(found, name)
    some = some[some.index.get_level_values("statistic") == statistic]
    degrees = found[BASE].shape[1] - 1
    limit = stats.f.isf(SIGNIFICANCE / max(len(some), 1), degrees, degrees)
    return int((some**-2.0 > limit).sum()), some


def output_table(found: dict[str, pd.DataFrame]) -> list[str]:
    """Gains over all outputs, by scheme and statistic."""
    rows = [
        "| sampling | statistic | outputs | geometric mean | 5 % to 95 % of outputs | smallest, of | larger error |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in OTHERS:
        for statistic in STATISTICS:
            count, some = worse(found, name, statistic)
            low, high = some.quantile([0.05, 0.95])
            metric, layer, period, _ = some.idxmin()
            where = f"{metric}{f'[{layer}]' if layer else ''} @ {period}"
            rows.append(
                f"| {name} | {statistic} | {len(some)} | {geometric(some):.2f} | {low:.2f} to {high:.2f} | "
                f"{some.min():.2f}, {where} | {count} |"
            )
    return rows


def page(found: dict[str, pd.DataFrame], seconds: dict[str, float], trajectories: int) -> str:
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
            *layer_table(found),
            "",
            "Goal: 2 under quasi-random sampling. +-: standard error, by leaving out one seed at a time.",
            "",
            "## All outputs",
            "",
            *output_table(found),
            "",
            "*Larger error*: outputs whose variance is larger than with independent trajectories beyond chance (F test",
            f"at {SIGNIFICANCE:.0%} shared among the outputs of the row). *Probability*: events by year, categories.",
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
    found, seconds = measure(given.replications, given.trajectories)
    text = page(found, seconds, given.trajectories)
    PAGE.write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
