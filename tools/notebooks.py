"""Notebooks from their sources in percent format: the same bytes whenever and wherever they are made.

Cells are numbered, outputs are empty, and the metadata names Python, not a machine's kernel.
"""

from __future__ import annotations

import json
from pathlib import Path

_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def pairs(root: Path) -> list[tuple[Path, Path]]:
    """Every source and the notebook made from it."""
    return [(source, source.with_suffix(".ipynb")) for source in sorted((root / "notebooks").glob("*.py"))]


def converted(source: Path) -> bytes:
    """The notebook of a source, as the file's bytes."""
    import jupytext

    notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    cells = [_cell(number, cell) for number, cell in enumerate(notebook.cells, 1)]
    content = {"cells": cells, "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _cell(number: int, cell) -> dict:
    made = {"cell_type": cell.cell_type, "id": f"cell-{number:02d}", "metadata": {}}
    if cell.cell_type == "code":
        made |= {"execution_count": None, "outputs": []}
    return made | {"source": cell.source.splitlines(keepends=True)}
