"""The import contract: the reader follows the data downwards, and `--help` loads nothing heavy."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import stackcast

SOURCE = Path(stackcast.__file__).parent
HEAVY = {"numpy", "numba", "pandas", "scipy", "matplotlib", "pyarrow", "pydantic", "xarray", "llvmlite"}
# What a part may not import: its own users, and libraries that belong at the border.
BORDER = {"pandas", "pydantic", "xarray", "matplotlib", "pyarrow", "typer", "rich", "tomllib"}
ABOVE_CORE = {
    "scenario", "claims", "forecast", "report", "api", "cli", "progress", "limits", "history", "calibrate", "backtest",
    "until",
}  # fmt: skip
FORBIDDEN = {
    "laws": BORDER | ABOVE_CORE | {"mechanisms", "ledger", "aggregate"},
    "engine": BORDER | ABOVE_CORE | {"mechanisms", "laws"},
    "mechanisms": BORDER | ABOVE_CORE,
    "ledger": BORDER | ABOVE_CORE | {"mechanisms"},
    "aggregate": BORDER | ABOVE_CORE | {"mechanisms"},
    "scenario": {"forecast", "report", "api", "cli", "progress", "pandas", "matplotlib", "typer", "rich"},
    "history": {
        "scenario",
        "engine",
        "calibrate",
        "backtest",
        "forecast",
        "report",
        "api",
        "cli",
        "matplotlib",
        "rich",
    },
    "calibrate": {"backtest", "forecast", "report", "api", "cli", "claims", "mechanisms", "progress", "matplotlib"},
    "backtest": {"forecast", "report", "api", "cli", "claims", "mechanisms", "progress", "matplotlib", "rich"},
    "claims": {"report", "api", "cli", "mechanisms", "progress", "matplotlib", "typer", "rich"},
    "until": {"report", "api", "cli", "mechanisms", "scenario", "progress", "matplotlib", "typer", "rich"},
    "forecast": {"report", "api", "cli", "mechanisms", "scenario"},
    "report": {"api", "cli", "mechanisms", "scenario"},
    "lazy.py": HEAVY | BORDER | ABOVE_CORE,
    "errors.py": HEAVY | BORDER | ABOVE_CORE,
    "limits.py": HEAVY | BORDER | ABOVE_CORE - {"limits"},
    "processors.py": HEAVY | BORDER | ABOVE_CORE,
    "progress.py": {"cli", "report", "forecast", "scenario"},
    "drawing.py": {"cli", "report", "api", "scenario", "mechanisms", "progress"},
    "api.py": {"cli", "report", "typer"},
}


def files_of(part):
    place = SOURCE / part
    return [place] if place.suffix == ".py" else sorted(place.rglob("*.py"))


def imported(file):
    """Top-level libraries, and first-level parts of stackcast, that a file imports outside of TYPE_CHECKING."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    package = ["stackcast", *file.relative_to(SOURCE).parent.parts]
    found = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {_part(alias.name.split(".")) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            path = [*base, *(node.module or "").split(".")] if node.module else base
            found |= {_part([*path, alias.name]) for alias in node.names}
    return found


def _part(path):
    return path[1] if path[0] == "stackcast" and len(path) > 1 else path[0]


@pytest.mark.parametrize("part", FORBIDDEN)
def test_imports_point_downwards(part):
    files = files_of(part)
    assert files
    for file in files:
        assert not imported(file) & FORBIDDEN[part], file


def test_contract_covers_every_part():
    parts = {path.name for path in SOURCE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert parts == {part for part in FORBIDDEN if not part.endswith(".py")} | {"cli"}


def test_contract_sees_each_form_of_import(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "SOURCE", tmp_path)
    (tmp_path / "engine").mkdir()
    file = tmp_path / "engine" / "a.py"
    for line in ("import pandas as pd", "from pandas.core import x", "def f():\n    import pandas"):
        file.write_text(line)
        assert imported(file) == {"pandas"}, line
    for line in (
        "from ..scenario import y",
        "from .. import scenario",
        "from stackcast import scenario",
        "import stackcast.scenario.load",
    ):
        file.write_text(line)
        assert imported(file) == {"scenario"}, line
    file.write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas\n")
    assert imported(file) == {"typing"}


def modules_loaded(*arguments):
    """Every module that a fresh process imports, by -X importtime."""
    command = [sys.executable, "-X", "importtime", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {name.strip() for name in re.findall(r"^import time:.*\|(.*)$", done.stderr, re.MULTILINE)}


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(arguments):
    loaded = modules_loaded("-m", "stackcast", *arguments)
    assert "typer" in loaded
    assert not loaded & HEAVY


def test_importing_the_package_loads_nothing_heavy():
    assert not modules_loaded("-c", "import stackcast") & HEAVY


def test_core_runs_without_scenario_and_pandas():
    loaded = modules_loaded("-c", "import stackcast.engine.driver, stackcast.laws, stackcast.mechanisms")
    assert "stackcast.engine.driver" in loaded
    assert not {name for name in loaded if name.split(".")[0] in BORDER - {"tomllib"}}
    assert not any(name.startswith(("stackcast.scenario", "stackcast.forecast")) for name in loaded)


def test_a_run_is_stored_and_printed_without_pandas(tmp_path):
    """pyarrow imports it at the first array made of Python objects: half a second of every run."""
    scenario = Path(__file__).parents[1] / "configs" / "baseline_2025.toml"
    options = "--trajectories", "1000", "--no-figures", "--quiet", "--out", str(tmp_path / "run")
    loaded = modules_loaded("-m", "stackcast", "run", str(scenario), *options)
    assert {"numba", "pyarrow", "stackcast.report.tables"} <= loaded
    assert not {name for name in loaded if name.split(".")[0] in ("pandas", "matplotlib", "xarray")}
