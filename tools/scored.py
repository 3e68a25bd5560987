"""Blocks of the documentation that quote what `make calibrate` and `make backtest` wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tools.quoted import table

ROOT = Path(__file__).resolve().parent.parent
CALIBRATION = ROOT / "configs" / "baseline_2025.json"
BACKTEST = ROOT / "docs" / "backtest" / "summary.json"
MOVED = 12
RIVALS = {
    "random_walk": "random walk",
    "damped_trend": "damped trend",
    "constant_growth": "constant growth",
    "prior": "prior without calibration",
}


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def calibration(scenario) -> str:
    """Stages, the parameters that moved most, tied pairs, disagreements."""
    found = _read(CALIBRATION)
    stages, parameters = found["stages"], found["parameters"]
    head = (
        f"{found['particles']:,} particles, seed {found['seed']}, conditioned to the end of {found['last']} on what "
        f"was known on {found['as_of']};\ndigest `{found['digest']}`. {len(stages)} stages, each of which keeps "
        f"half of the particles in effect (effective sample size {min(s['effective'] for s in stages):,.0f} at the "
        f"least);\n{100 * stages[-1]['steps']:.0f} % of the steps and {100 * stages[-1]['fresh']:.0f} % of the fresh "
        f"shocks accepted in the last; {found['distinct']:,} particles distinct at the end."
    )
    rows = [
        [
            f"`{p['parameter']}`",
            _range(p, "prior"),
            _range(p, "posterior"),
            f"{p['shrinkage']:.2f}",
            f"{p['shift']:+.2f}",
        ]
        for p in parameters[:MOVED]
    ]
    moved = table(["parameter", "prior 5 / 50 / 95 %", "posterior", "shrinkage", "shift"], rows, right=4)
    still = sum(abs(p["shift"]) < 0.1 and p["shrinkage"] < 0.1 for p in parameters)
    pairs = "; ".join(f"`{p['first']}` and `{p['second']}` ({p['correlation']:+.2f})" for p in found["pairs"]) or "none"
    warned = " ".join(f"Warning: {line}." for line in found["warnings"]) or "No warning: prior and record agree."
    return (
        f"{head}\n\n{moved}\n\n{still} of {len(parameters)} parameters moved by less than a tenth of a standard "
        "deviation and shrank by less than a tenth.\n"
        f"Pairs that correlate beyond 0.3 after the record: {pairs}. {warned}"
    )


def _range(row: dict[str, Any], when: str) -> str:
    return " / ".join(f"{row[f'{when}_p{p}']:.3g}" for p in (5, 50, 95))


def headline(scenario) -> str:
    """The result in a few lines."""
    found = _read(BACKTEST)
    said, given = found["headline"], found["as_given"]
    against = ", ".join(f"{RIVALS[name]} {value:+.2f}" for name, value in said["skills"].items())
    covered = ", ".join(f"{part * 100:.0f} % for {level} %" for level, part in said["coverage"].items())
    held = 100 * given["coverage"]["90"]
    lines = (
        f"**Skill {said['skill']:+.2f}** against the rival with the best mean over all series "
        f"({RIVALS[said['rival']]}),",
        f"in the mean over {said['series']} series at two quarters and longer: {said['rows']} outcomes,",
        f"{found['particles']:,} particles a cut-off. Against each: {against}.",
        f"Intervals held {covered}. {_without_best(found)}",
        f"With priors of their own width the skill is {given['skill']:+.2f} and 90 % intervals hold {held:.0f} %.",
        f"{found['unmapped_rows']:,} rows of the record are of series that no map names, and left out.",
    )
    return "\n".join(lines)


def _without_best(found: dict[str, Any]) -> str:
    """What is left of the skill without the series in which the headline rival fails most."""
    rival = f"crps_{found['headline']['rival']}"
    rows = sorted(found["by_series"], key=lambda row: row["crps"] - row[rival])
    rest, gone = rows[1:], rows[0]
    skill = 1.0 - sum(row["crps"] for row in rest) / sum(row[rival] for row in rest)
    return f"Without {gone['entity']}, in which that rival loses most, the skill is {skill:+.2f}."


def by_series(scenario) -> str:
    """Mean CRPS on logs by series, skill, bias, coverage."""
    heads = ["series", "outcomes", "model", "pool", *RIVALS.values(), "skill", "bias", "in 90 %", "model [$B]"]
    return table(heads, _read(BACKTEST)["series"], right=len(heads) - 1)


def priors(scenario) -> str:
    """How many priors were known at each cut-off, and how."""
    found = _read(BACKTEST)["priors"]
    kinds = list(next(iter(found.values())))
    rows = [[cutoff, *(str(counts[kind]) for kind in kinds)] for cutoff, counts in found.items()]
    return table(["cut-off", *kinds], rows, right=len(kinds))
