"""Blocks of the documentation that quote a run of the baseline."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from stackcast.forecast.figures import PICTURES as PICTURES
from stackcast.forecast.labels import layer_name, limit_name
from stackcast.forecast.limits import by_year, said_of
from stackcast.ledger.layers import GROUPS, LAYERS
from stackcast.report.bands import standings
from stackcast.report.variance import assumption_shares

YEARS = (2024, 2026, 2028, 2030, 2035)
YEARS_AFTER = (2026, 2027, 2028, 2030, 2035)

QUESTIONS = (
    ("Chips take more than 40 % of gross profit in 2030", "share", {"layer": "chips", "year": 2030, "above": 0.4}),
    ("The cloud makes a loss in 2030", "gross_profit", {"layer": "cloud", "year": 2030, "below": 0}),
    ("The cloud has been the largest earner in some quarter by the end of 2030", "lead_cloud", {"year": 2030}),
    ("Applications have been the largest earner in some quarter by the end of 2035", "lead_apps", {"year": 2035}),
    ("Closed models keep more than half of their revenue as gross profit in 2030",
     "gross_margin", {"layer": "closed_models", "year": 2030, "above": 0.5}),
    ("Capital spending exceeds end spend in the last quarter of 2030", "overhang", {"year": 2030, "above": 1}),
    ("Power is what binds at the end of 2030", "binding_constraint", {"year": 2030, "equals": "power"}),
    ("Usable text is exhausted by the end of 2030", "exhaustion", {"year": 2030}),
)  # fmt: skip

_HASH = re.compile(r"scenario `([0-9a-f]{12})`")


def scenario_hash(text: str) -> str | None:
    """Hash of the scenario that a block says it is of."""
    found = _HASH.search(text)
    return found[1] if found else None


def origin(forecast) -> str:
    """Which run this is, so that it can be repeated."""
    manifest = forecast.manifest
    return (
        f"Run of `configs/baseline.toml`: {forecast.n:,} trajectories, seed {manifest['seed']}, scenario "
        f"`{manifest['scenario']['hash']}`,\nstream version {manifest['stream_version']}, digest "
        f"`{forecast.digest()}`."
    )


def table(header: list[str], rows: list[list[str]], right: int = 0) -> str:
    """A Markdown table; the last `right` columns are numbers."""
    rule = ["---"] * (len(header) - right) + ["---:"] * right
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, rule, *rows))


def layer_table(forecast) -> str:
    """Shares of gross profit by layer and year, accrual book."""
    return _shares(forecast, "share", LAYERS)


def group_table(forecast) -> str:
    """The same for groups of layers."""
    return _shares(forecast, "share", tuple(GROUPS))


def cash_table(forecast) -> str:
    """Shares of gross profit by layer and year, cash book."""
    return _shares(forecast, "share_cash", LAYERS)


def calibrated(forecast) -> str:
    """Shares from the ensemble of the end of 2025, as many trajectories as the run of the baseline has."""
    import stackcast

    path = Path(__file__).resolve().parent.parent / "configs" / "baseline_2025.toml"
    run = stackcast.run(path, trajectories=forecast.n)
    manifest = run.manifest
    origin_of = f"Run of `configs/baseline_2025.toml`: {run.n:,} trajectories, seed {manifest['seed']}"
    said = f"{origin_of}, digest\n`{run.digest()}`."
    return f"{_shares(run, 'share', LAYERS, YEARS_AFTER)}\n\n{said}"


def _shares(forecast, metric: str, layers: tuple[str, ...], years: tuple[int, ...] = YEARS) -> str:
    rows = [[layer_name(layer), *(_range(forecast, metric, layer, year) for year in years)] for layer in layers]
    if layers == LAYERS and metric == "share":
        rows.append(["loss ratio", *(_range(forecast, "loss_ratio", "", year) for year in years)])
    return table(["% of gross profit", *map(str, years)], rows, right=len(years))


def _range(forecast, metric: str, layer: str, year: int) -> str:
    low, middle, high = (
        _percent(value) for value in forecast.quantile(metric, layer=layer, year=year, q=[0.05, 0.5, 0.95])
    )
    return f"{middle} [{low} to {high}]"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.0f}" if abs(fraction) >= 0.0995 else f"{100 * fraction:.1f}"


def limits(forecast) -> str:
    """Which limit binds, year by year, with errors."""
    years = by_year(forecast.cells)
    names = list(dict.fromkeys(name for one in years for name in one.parts))
    rows = [[str(one.year), *(_with_error(one.parts.get(name)) for name in names)] for one in years]
    return table([f"%, {said_of(years)}", *map(limit_name, names)], rows, right=len(names))


def _with_error(found) -> str:
    return f"{100 * found.value:.2f} ± {100 * found.mcse:.2f}" if found else ""


def answers(forecast) -> str:
    """Probabilities of some statements, and how each is asked for."""
    rows = []
    for statement, metric, chosen in QUESTIONS:
        found = forecast.probability(metric, **chosen)
        given = ", ".join([f'"{metric}"', *(f"{name}={json.dumps(value)}" for name, value in chosen.items())])
        rows.append([statement, f"{found.value:.4f} ± {found.mcse:.4f}", f"`forecast.probability({given})`"])
    header = ["statement", "probability ± Monte Carlo error", "asked by"]
    return table(header, rows)


def claims(forecast) -> str:
    """Probability of every essay's claim in a run of the same size and seed."""
    import stackcast
    from stackcast.claims import by_claim

    root = Path(__file__).resolve().parent.parent
    seed = forecast.manifest["seed"]
    verdicts = stackcast.theses(root / "configs" / "baseline.toml", trajectories=forecast.n, seed=seed)
    years = [*sorted({verdict.thesis.year for verdict in verdicts} - {None}), None]
    rows, essays = [], set()
    for (name, condition), found in by_claim(verdicts).items():
        thesis = next(iter(found.values())).thesis
        if thesis.essay not in essays:
            rows.append(["", f"*{thesis.essay}*", *[""] * len(years)])
            essays.add(thesis.essay)
        said = thesis.general if condition is None else f"if `{condition}`"
        cells = [_claimed(found[year]) if year in found else "" for year in years]
        rows.append([name if condition is None else "", said, *cells])
    header = ["", "probability ± Monte Carlo error", *map(str, years[:-1]), "as said"]
    return table(header, rows, right=len(years))


def _claimed(verdict) -> str:
    """A figure, or that too few trajectories met the condition."""
    from stackcast.report.answers import with_error

    if verdict.probability is None:
        return "too few"
    return with_error(verdict.probability, verdict.mcse).replace("+-", "±")


def bands(forecast) -> str:
    """Published ranges and where the run stands."""
    inside = {True: "yes", False: "no", None: "-"}
    rows = [
        [band.quantity, f"{band.published} ({band.source})", standing.text, inside[standing.inside]]
        for band, standing in standings(forecast)
    ]
    return table(["quantity", "published", "this run", "inside"], rows)


def assumptions(forecast) -> str:
    """Where the variance of each layer's share in 2030 comes from."""
    rows = [
        [
            layer_name(part.layer),
            f"{100 * max(part.assumption, 0.0):.0f} ± {100 * part.assumption_error:.0f}",
            f"{100 * max(part.sourced, 0.0):.0f} ± {100 * part.sourced_error:.0f}",
            f"{100 * min(part.rest, 1.0):.0f}",
        ]
        for part in assumption_shares(forecast, 2030)
    ]
    header = ["% of the variance", "priors marked assumption", "priors with a source", "shocks, events, interactions"]
    return table(header, rows, right=3)


_FILES = {
    "manifest.json": "where the numbers come from: scenario as resolved, seed, versions, digest, a hash of every file",
    "summary.parquet": "every statistic of every output, tidy",
    "summary.csv": "the same as text",
    "aggregates.npz": "the histograms and sums themselves; `open_run` answers every question from them",
    "sample.parquet": "the first 5,000 trajectories one by one",
    "figures/": "pictures (PNG)",
}


def folder(forecast) -> str:
    """Files of a run folder and their sizes."""
    rows = []
    with tempfile.TemporaryDirectory() as place:
        run = forecast.save(Path(place) / "run")
        for name, holds in _FILES.items():
            path = run / name
            files = sorted(path.iterdir()) if path.is_dir() else [path]
            rows.append([f"`{name}`", f"{sum(file.stat().st_size for file in files) / 1e6:.1f}", holds])
    return table(["file", "MB", "holds"], rows)


def resolution(forecast) -> str:
    """Width of the bins by kind of output."""
    rows = [[kind, text.replace("USD_bn", "$B")] for kind, text in forecast.manifest["resolution"].items()]
    return table(["kind", "width of a bin"], rows)


def sample_columns(forecast) -> str:
    """Columns of the sample by pattern."""
    count: dict[str, int] = {}
    for column in forecast.sample.columns:
        parts = column.split(".")
        pattern = {"prior": "prior.NAME", "event": "event.NAME", "trajectory": "trajectory"}.get(parts[0])
        pattern = pattern or (f"{parts[0]}.LAYER.YEAR" if len(parts) == 3 else "METRIC.YEAR")
        count[pattern] = count.get(pattern, 0) + 1
    return table(["column", "number of them"], [[f"`{name}`", str(number)] for name, number in count.items()], right=1)


BLOCKS: dict[str, Callable] = {
    "run": origin,
    "layer-table": layer_table,
    "calibrated": calibrated,
    "group-table": group_table,
    "cash-table": cash_table,
    "answers": answers,
    "limits": limits,
    "claims": claims,
    "bands": bands,
    "assumptions": assumptions,
    "folder": folder,
    "resolution": resolution,
    "sample-columns": sample_columns,
}
