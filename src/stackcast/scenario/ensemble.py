"""A posterior ensemble on disk: joint draws of parameters and of the state at a date, one row a member.

A Parquet file with a column ``prior:<name>`` for every parameter, in the unit the mechanisms work in, and a column
``state:<row>`` for every carried row, its value at the end of the quarter before ``stackcast.start``. The file's
metadata say that quarter, the hash of the scenario the priors were of, and the date of the record.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stackcast.arrow import read_parquet, to_numpy
from stackcast.errors import ScenarioError, StackcastError
from stackcast.scenario.files import MAX_BYTES
from stackcast.scenario.models import QUARTER
from stackcast.scenario.problem import Problem

STREAM = "ensemble"
"""The one random stream of all columns: a trajectory takes one member, parameters and state together."""
PRIOR = "prior:"
STATE = "state:"
MAX_VALUES = 2_000_000
_META = "stackcast."
_START = "start"
_LEVEL = 9


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Members by parameter and by carried row; ``metadata`` without the prefix of its keys in the file."""

    label: str
    digest: str
    start: str
    priors: Mapping[str, np.ndarray]
    state: Mapping[str, np.ndarray]
    metadata: Mapping[str, str]

    @property
    def members(self) -> int:
        """Number of rows."""
        return next((column.size for columns in (self.priors, self.state) for column in columns.values()), 0)


def write_ensemble(
    path: str | Path, priors: Mapping[str, np.ndarray], state: Mapping[str, np.ndarray], start: str,
    metadata: Mapping[str, str],
) -> None:  # fmt: skip
    """Write an ensemble: equal input, equal bytes; the file appears complete or not at all.

    ``start`` is the first quarter of a forecast from it, ``metadata`` such as scenario, as_of and digest
    (stored as ``stackcast.<key>``). Raises StackcastError.
    """
    import pyarrow
    from pyarrow import parquet

    path = Path(path)
    columns = {
        **{PRIOR + name: priors[name] for name in sorted(priors)},
        **{STATE + row: state[row] for row in sorted(state)},
    }
    try:
        table = {
            name: _checked(np.ascontiguousarray(values, dtype=np.float64), name) for name, values in columns.items()
        }
        said = {**{f"{_META}{key}": str(metadata[key]) for key in sorted(metadata)}, _META + _START: start}
        _check(table, said, path.name)
    except Problem as problem:
        raise _located(path, problem) from None
    made = pyarrow.table(table).replace_schema_metadata(said)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        # Bytes of equal weight side by side: signs and exponents of a column are nearly all the same.
        parquet.write_table(
            made, temporary, compression="zstd", compression_level=_LEVEL, use_dictionary=False,
            use_byte_stream_split=True, write_statistics=False, row_group_size=max(made.num_rows, 1),
        )  # fmt: skip
        os.replace(temporary, path)
    except OSError as problem:
        raise StackcastError(f"{path}: cannot be written: {problem.strerror or problem}") from None
    finally:
        temporary.unlink(missing_ok=True)


def read_ensemble(path: str | Path) -> Ensemble:
    """Read and check an ensemble; ``ScenarioError`` is one line that names the file."""
    try:
        return open_ensemble(Path(path), str(path))
    except Problem as problem:
        raise _located(path, problem) from None


def open_ensemble(path: Path, shown: str) -> Ensemble:
    """As ``read_ensemble``, with ``Problem`` for who knows where the file is named."""
    raw = _bytes(path)
    table, said = _parse(raw)
    start = _check(table, said, shown)
    return Ensemble(
        label=path.name,
        digest=hashlib.sha256(raw).hexdigest(),
        start=start,
        priors={name.removeprefix(PRIOR): column for name, column in table.items() if name.startswith(PRIOR)},
        state={name.removeprefix(STATE): column for name, column in table.items() if name.startswith(STATE)},
        metadata={key.removeprefix(_META): value for key, value in said.items() if key.startswith(_META)},
    )


def embed(ensemble: Ensemble, tables: Mapping[str, str]) -> dict[str, Any]:
    """JSON-able copy; ``tables`` are hashes of the scenario's tables of the priors drawn from it."""
    values = {
        **{PRIOR + name: ensemble.priors[name] for name in tables},
        **{STATE + row: column for row, column in ensemble.state.items()},
    }
    return {
        "sha256": ensemble.digest,
        "metadata": dict(sorted(ensemble.metadata.items())),
        "tables": dict(sorted(tables.items())),
        "columns": {
            name: base64.b64encode(np.ascontiguousarray(column, dtype="<f8").tobytes()).decode("ascii")
            for name, column in sorted(values.items())
        },
    }


def restore(label: str, embedded: Mapping[str, Any]) -> Ensemble:
    """The ensemble of a resolved scenario; raises KeyError, TypeError, ValueError or Problem for damaged ones."""
    table = {
        name: np.frombuffer(base64.b64decode(text), dtype="<f8") for name, text in dict(embedded["columns"]).items()
    }
    said = {_META + key: str(value) for key, value in dict(embedded["metadata"]).items()}
    start = _check(table, said, label)
    return Ensemble(
        label=label,
        digest=str(embedded["sha256"]),
        start=start,
        priors={name.removeprefix(PRIOR): column for name, column in table.items() if name.startswith(PRIOR)},
        state={name.removeprefix(STATE): column for name, column in table.items() if name.startswith(STATE)},
        metadata={key.removeprefix(_META): value for key, value in said.items()},
    )


def _located(path: str | Path, problem: Problem) -> ScenarioError:
    field = problem.field if problem.field not in ("", "ensemble") else ""
    return ScenarioError(path, field, problem.given if field else None, problem.allowed)


def _bytes(path: Path) -> bytes:
    if path.suffix.lower() != ".parquet":
        raise Problem("ensemble", path.name, "must end in .parquet")
    try:
        if not path.is_file():
            raise Problem("ensemble", path.name, f"no such file in {path.parent}")
        if path.stat().st_size > MAX_BYTES:
            raise Problem("ensemble", path.name, f"is {path.stat().st_size:,} bytes long; {MAX_BYTES:,} are allowed")
        return path.read_bytes()
    except (OSError, ValueError) as problem:
        raise Problem("ensemble", path.name, f"cannot be read: {problem}") from None


def _parse(raw: bytes) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    import pyarrow

    try:
        table = read_parquet(pyarrow.BufferReader(raw))
        said = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
        if len(set(table.column_names)) != len(table.column_names):
            raise Problem("ensemble", None, "has two columns of the same name")
        columns = {name: to_numpy(table.column(name)) for name in table.column_names}
    except (pyarrow.ArrowException, OSError, ValueError, KeyError) as problem:
        raise Problem("ensemble", None, f"is not a Parquet table: {str(problem).splitlines()[0]}") from None
    return {name: _checked(column, name) for name, column in columns.items()}, said


def _checked(column: np.ndarray, name: str) -> np.ndarray:
    if column.dtype != np.float64 or column.ndim != 1:
        raise Problem(name, str(column.dtype), "must be a column of 64-bit floats")
    bad = np.flatnonzero(~np.isfinite(column))
    if bad.size:
        raise Problem(name, float(column[bad[0]]), f"must hold finite numbers (row {int(bad[0]) + 1})")
    return column


def _check(table: Mapping[str, np.ndarray], said: Mapping[str, str], shown: str) -> str:
    """First quarter of a forecast from this ensemble."""
    start = said.get(_META + _START, "")
    if not re.fullmatch(QUARTER, start):
        raise Problem(
            "stackcast.start", start or None, 'the metadata of an ensemble must say its first quarter, "2026Q1"'
        )
    for name in table:
        if not name.startswith((PRIOR, STATE)) or name in (PRIOR, STATE):
            raise Problem(name, None, f"a column of an ensemble is {PRIOR}<name> or {STATE}<row>")
    sizes = {column.size for column in table.values()}
    if len(sizes) != 1 or 0 in sizes:
        raise Problem("ensemble", shown, "must have at least one row, and columns of one length")
    if sum(column.size for column in table.values()) > MAX_VALUES:
        raise Problem("ensemble", shown, f"may hold at most {MAX_VALUES:,} values (members times columns)")
    return start
