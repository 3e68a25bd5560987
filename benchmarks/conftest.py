"""What all benchmarks share: the baseline's program and a place for the figures they find."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BASELINE = ROOT / "configs" / "baseline.toml"
FINDINGS = ROOT / ".benchmarks" / "findings.json"


@pytest.fixture(scope="session")
def program():
    from stackcast.engine.program import build
    from stackcast.scenario import load_scenario

    return build(load_scenario(BASELINE))


@pytest.fixture(scope="session")
def findings():
    """Rows (name, measured, target, note) of the table; kept on disk for the page generated from them."""
    # A benchmark run alone (-k) renews its own row and leaves the others as they were measured.
    rows: dict[str, dict] = json.loads(FINDINGS.read_text()) if FINDINGS.exists() else {}
    yield rows
    FINDINGS.parent.mkdir(exist_ok=True)
    FINDINGS.write_text(json.dumps(rows, indent=1) + "\n")
