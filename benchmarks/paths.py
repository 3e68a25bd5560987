"""Where things lie."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BASELINE = ROOT / "configs" / "baseline.toml"
PAGE = ROOT / "docs" / "benchmarks.md"
FINDINGS = Path(__file__).parent / "findings.json"
"""What was last found, section by section: the page is made from it."""

RIVALS = ROOT / ".rivals"
"""Rivals' packages, apart from .venv: some of them would be imported, or slow an import, wherever they are found."""

SCRATCH = ROOT / ".benchmarks"
