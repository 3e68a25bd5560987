"""Blocks of the documentation that follow from the sources alone: options, laws, signatures, counts."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

from tools import scored
from tools.quoted import table

TOPICS = ("scaling", "adoption", "learning", "pricing", "datacentre", "growth", "dynamics", "conditioning")
_LAYERED = "by layer"

SMALL = 4096


def command_options(name: str) -> Callable[[Any], str]:
    """Arguments and options of a command, from the parser that reads them."""

    def block(scenario) -> str:
        from typer.main import get_command

        from stackcast.cli.app import app

        command = get_command(app).commands[name]
        usage = ["[OPTIONS]", *(_written(p).strip("`") for p in command.params if p.param_type_name == "argument")]
        rows = [[_written(option), _sentence(option.help)] for option in command.params]
        rows.append(["`--help`", "Say this and leave."])
        text = f"`stackcast {name} {' '.join(usage)}`\n\n{inspect.cleandoc(command.help)}"
        return f"{text}\n\n{table(['', ''], rows)}"

    return block


def _written(option) -> str:
    if option.param_type_name == "argument":
        return f"`{option.metavar}{'...' if option.nargs == -1 else ''}`"
    text = f"`{' '.join(filter(None, [option.opts[0], option.metavar]))}`".replace("|", "\\|")
    return f"{text}, repeatable" if option.multiple else text


def _sentence(text: str) -> str:
    return text.replace("|", "\\|")


def mechanisms(scenario) -> str:
    """What runs in a quarter, in order."""
    rows = [
        [f"`{m.name}`", m.doc, str(len(m.priors)), ", ".join(f"`{shock}`" for shock in m.shocks)]
        for m in scenario.mechanisms
    ]
    return table(["mechanism", "what it does", "priors it uses", "shocks"], rows)


def small_run(scenario) -> str:
    """Digest of a small run: it says when the numbers on these pages are not those of the code any more."""
    import stackcast

    digest = stackcast.run(scenario, trajectories=SMALL, sample=1).digest()
    return f"Its first {SMALL:,} trajectories alone have the digest `{digest}`."


def priors(scenario) -> str:
    """How many priors there are, and how many rest on nothing public."""
    found = scenario.priors.values()
    constant = sum(prior.draw.quantile.kind == "constant" for prior in found)
    assumed = sum(prior.assumption for prior in found)
    return (
        f"The baseline has {len(found)} priors ({constant} of them constants): {len(found) - assumed} name a public "
        f"source, {assumed} are marked as assumptions."
    )


def feedbacks(scenario) -> str:
    """What can be cut, and what its priors are then."""
    from stackcast.mechanisms.feedbacks import FEEDBACKS

    rows = [
        [f"`{name}`", feedback.doc, ", ".join(f"`{prior}` = {value:g}" for prior, value in feedback.cut.items())]
        for name, feedback in FEEDBACKS.items()
    ]
    return table(["feedback", "what it is", "cut by"], rows)


def core(scenario) -> str:
    """Size of the baseline's program."""
    from stackcast.engine.assembly import build

    program = build(scenario)
    bins = sum(cell.scale.bins for cell in program.cells)
    rows = [
        ["rows of the block table", f"{program.rows:,}"],
        ["size of the table of 256 lanes", f"{program.rows * 256 * 8 / 1e6:.2f} MB"],
        ["loops a quarter", str(len(program.loops))],
        ["loops at the start", str(len(program.start_loops))],
        ["loops at a year's end", str(len(program.year_loops))],
        ["parameters", str(len(program.plan.priors))],
        ["shocks a quarter", str(len(program.shocks))],
        ["outputs (metric, layer, period)", f"{len(program.cells):,}"],
        ["bins of all histograms", f"{bins:,}"],
    ]
    return table(["baseline", ""], rows, right=1)


def outputs(scenario) -> str:
    """Every reported metric with its unit and the periods it is reported for."""
    from stackcast.engine.assembly import build
    from stackcast.forecast.labels import metric_name

    known: dict[str, dict[str, Any]] = {}
    for cell in build(scenario).cells:
        name = "lead_LAYER" if cell.metric.startswith("lead_") else cell.metric
        entry = known.setdefault(name, {"unit": cell.unit, "kind": cell.scale.kind, "layered": False, "periods": {}})
        entry["layered"] |= bool(cell.layer)
        entry["periods"][_period(cell.period)] = None
    docs = _row_docs(scenario)
    rows = [
        [f"`{name}`", _LAYERED if entry["layered"] else "market", entry["unit"], entry["kind"],
         ", ".join(entry["periods"]), docs.get(name, metric_name(name))]
        for name, entry in known.items()
    ]  # fmt: skip
    return table(["metric", "of", "unit", "kind", "periods", "what it is"], rows)


def _period(period: str) -> str:
    if "-" in period:
        return "whole run"
    return "event" if period == "event" else ("quarters" if "Q" in period else "years")


def _row_docs(scenario) -> dict[str, str]:
    docs = {name: row.doc for m in scenario.mechanisms for name, row in m.writes.items() if row.report}
    return {**docs, **_DERIVED}


_DERIVED = {
    "revenue": "what a layer is paid",
    "gross_profit": "revenue less cost of revenue, depreciation included (accrual book)",
    "gross_profit_cash": "the same with the cloud's capital spending instead of depreciation (cash book)",
    "operating_surplus": "accrual gross profit less training and other research",
    "share": "positive gross profit over the sum of the positive gross profits, accrual book",
    "share_cash": "the same in the cash book",
    "gross_margin": "gross profit over revenue",
    "loss_ratio": "sum of the losses over the sum of the positive gross profits",
    "layer_hhi": "concentration over layers: sum of the squared shares",
    "cumulative_gross_profit": "gross profit summed over the run",
    "discounted_gross_profit": "the same, discounted from the middle of each year to the start of 2026",
    "lead_LAYER": "first quarter in which the layer has the largest accrual gross profit",
}


def python_api(scenario) -> str:
    """Public names with signatures and the first line of their documentation."""
    import stackcast

    rows = []
    for name in ("load_scenario", "run", "ask", "compare", "theses", "open_run", "replay", "Sampling"):
        rows.append(_signature(f"stackcast.{name}", getattr(stackcast, name)))
    for name, member in _members(stackcast.Forecast):
        rows.append(_signature(f"Forecast.{name}", member))
    from stackcast.forecast.plot import Plots

    rows += [_signature(f"Forecast.plot.{name}", member) for name, member in _members(Plots)]
    for name in ("resolved", "hash", "sampled"):
        rows.append(_signature(f"Scenario.{name}", getattr(stackcast.Scenario, name)))
    return "\n".join(rows)


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    for name, member in vars(kind).items():
        if name.startswith("_") or name == "cells":
            continue
        if inspect.isfunction(member) or isinstance(member, property):
            yield name, member


def _signature(name: str, member: Any) -> str:
    if isinstance(member, property):
        return f"- `{name}`: {_first(member.fget)}"
    given = inspect.signature(member)
    shown = [
        p.replace(annotation=inspect.Parameter.empty)
        for p in given.parameters.values()
        if p.name not in ("self", "registry")
    ]
    text = str(given.replace(parameters=shown, return_annotation=inspect.Signature.empty))
    return f"- `{name}{text}`: {_first(member)}"


def _first(member: Any) -> str:
    return " ".join(inspect.getdoc(member).split("\n\n")[0].split())


def laws(scenario) -> str:
    """Every law by topic: signature, sentence, formula, units, source."""
    from stackcast import laws as package

    parts = []
    for topic in TOPICS:
        module = getattr(package, topic)
        parts.append(f"## stackcast.laws.{topic}\n\n{inspect.cleandoc(module.__doc__)}")
        parts += [_law(name, law) for name, law in vars(module).items() if _is_law(name, law, module)]
    return "\n\n".join(parts)


def _is_law(name: str, value: Any, module: Any) -> bool:
    return not name.startswith("_") and hasattr(value, "kernel") and value.__module__ == module.__name__


def _law(name: str, law: Any) -> str:
    given = inspect.signature(law)
    shown = given.replace(
        parameters=[p.replace(annotation=inspect.Parameter.empty) for p in given.parameters.values()],
        return_annotation=inspect.Signature.empty,
    )
    first, *rest = inspect.getdoc(law).split("\n\n")
    rest = [_prose(part) for part in rest]
    formula, said = rest[0], [text for text in rest[1:] if text]
    body = "\n\n".join([f"### `{name}{shown}`", " ".join(first.split()), f"```text\n{formula}\n```", *said])
    return body


def _prose(paragraph: str) -> str:
    """What a docstring says without its last sentence on errors, which is the same for all."""
    return re.sub(r"\s*Raises ValueError.*", "", paragraph, flags=re.DOTALL).strip()


def grammar(scenario) -> str:
    """The grammar of claims, as the parser reads it."""
    from stackcast.claims.parse import GRAMMAR

    return f"```text\n{GRAMMAR.read_text(encoding='utf-8').strip()}\n```"


def theses(scenario) -> str:
    """Every claim of the essays as its file has it."""
    import tomllib

    files = sorted((scenario.path.parent / "theses").glob("*.toml"))
    listed = [claim for file in files for claim in tomllib.loads(file.read_text(encoding="utf-8"))["claims"]]
    return table(["", "claim", "expression"], [_thesis(claim) for claim in sorted(listed, key=lambda c: c["id"])])


def _thesis(claim: dict[str, Any]) -> list[str]:
    parts = [" ".join(claim["expression"].split()), *([claim["condition"]] if "condition" in claim else [])]
    text = " | ".join(parts).replace("|", "\\|")
    notes = [f"{{any}}: {claim['any'][0]} to {claim['any'][1]}"] if "any" in claim else []
    notes += ["{each}: " + ", ".join(claim["each"].values())] if "each" in claim else []
    return [claim["id"], claim["statement"], f"`{text}`" + (f" ({'; '.join(notes)})" if notes else "")]


def by_hand(scenario) -> str:
    """Two quarters of the model, number by number."""
    from tools.two_quarters import block

    return block(scenario)


BLOCKS: dict[str, Callable[[Any], str]] = {
    "small-run": small_run,
    "cli-run": command_options("run"),
    "cli-ask": command_options("ask"),
    "cli-compare": command_options("compare"),
    "cli-theses": command_options("theses"),
    "cli-calibrate": command_options("calibrate"),
    "cli-backtest": command_options("backtest"),
    "cli-history": command_options("history"),
    "cli-profile": command_options("profile"),
    "cli-show": command_options("show"),
    "cli-schema": command_options("schema"),
    "mechanisms": mechanisms,
    "priors": priors,
    "core": core,
    "feedbacks": feedbacks,
    "grammar": grammar,
    "theses": theses,
    "outputs": outputs,
    "two-quarters": by_hand,
    "calibration": scored.calibration,
    "backtest-headline": scored.headline,
    "backtest-table": scored.by_series,
    "backtest-priors": scored.priors,
    "python-api": python_api,
    "laws": laws,
}
