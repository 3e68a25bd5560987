"""Columns as Parquet and CSV without pandas.

`pyarrow.array` and `pyarrow.parquet.read_table` import pandas, which takes half a second of a processor at every run;
arrays that are given and taken as buffers, and `ParquetFile`, do not.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa


def write_parquet(file: IO[bytes], columns: Mapping[str, np.ndarray | Sequence[str]], **how: Any) -> None:
    """Write columns of numbers, truth values (NumPy arrays) or text (sequences); ``how`` is passed on to pyarrow.

    What is not a number is missing.
    """
    import pyarrow as pa
    from pyarrow import parquet

    arrays = [_array(values) for values in columns.values()]
    parquet.write_table(pa.Table.from_arrays(arrays, names=list(columns)), file, compression="zstd", **how)


def read_parquet(source: Any) -> pa.Table:
    """A whole file, from its path or from an Arrow buffer."""
    from pyarrow import parquet

    with parquet.ParquetFile(source) as file:
        return file.read()


def to_numpy(column: pa.ChunkedArray) -> np.ndarray:
    """A column's values."""
    import pyarrow as pa

    numbers = pa.types.is_floating(column.type) or pa.types.is_integer(column.type)
    if not numbers or column.null_count or not column.num_chunks:
        return column.to_numpy()
    return np.concatenate([np.from_dlpack(chunk) for chunk in column.chunks])


def write_csv(file: IO[bytes], columns: Mapping[str, np.ndarray | Sequence[str]]) -> None:
    """Write a heading and rows in UTF-8, numbers in double precision; what is not a number is left empty."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*map(_plain, columns.values()), strict=True))
    text.detach()


def _plain(values: np.ndarray | Sequence[str]) -> Sequence[object]:
    """As Python's own objects, which are written in as few digits as tell them apart."""
    if not isinstance(values, np.ndarray):
        return values
    if values.dtype.kind != "f":
        return values.tolist()
    return [None if value != value else value for value in values.tolist()]


def _array(values: np.ndarray | Sequence[str]) -> pa.Array:
    import pyarrow as pa

    if not isinstance(values, np.ndarray):
        return _text(values)
    given = None
    if values.dtype.kind == "f" and (missing := np.isnan(values)).any():
        given = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    packed = np.packbits(values, bitorder="little") if values.dtype == bool else np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [given, pa.py_buffer(packed)])


def _text(values: Sequence[str]) -> pa.Array:
    import pyarrow as pa

    encoded = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))
