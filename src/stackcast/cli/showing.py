"""`stackcast show` and `stackcast schema`: print what is there."""

from __future__ import annotations

import json
from pathlib import Path

from ..errors import StackcastError

FORMATS = ("table", "csv", "json")


def show(folder: str, *, metric: str | None, layer: str | None, year: str | None, grouped: bool, how: str) -> int:
    """Print the tables of a stored run, or the chosen figures of it."""
    if how not in FORMATS:
        raise StackcastError(f"--format = {how}: allowed: {', '.join(FORMATS)}")
    if not Path(folder).is_dir():
        raise StackcastError(f"{folder}: no such run folder: allowed: a folder that `stackcast run` has written")
    from ..forecast import open_run
    from ..report import tables

    text = tables.show(open_run(folder), metric=metric, layer=layer, year=year, grouped=grouped, format=how)
    print(text, end="" if text.endswith("\n") else "\n")
    return 0


def schema() -> int:
    """Print the JSON Schema of the scenario file."""
    from ..scenario import json_schema

    print(json.dumps(json_schema(), indent=2))
    return 0
