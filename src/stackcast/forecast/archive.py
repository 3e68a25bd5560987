"""Aggregates and sample as small files. Only bins that hold draws are written, their places as differences.

A million trajectories fill a few percent of the bins, so the file is a few megabytes and takes a fraction of a second.
The archive is a plain npz without pickles and has no time stamps: the same aggregates give the same bytes.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict, fields
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..aggregate.aggregates import Aggregates
from ..aggregate.outputs import Cell
from ..aggregate.pairs import Pairs
from ..aggregate.replicates import Replicates
from ..arrow import read_parquet, to_numpy, write_parquet
from ..engine.scales import Scale
from .sample import NUMBER, Sample

_QUICK = 1
_PARTS = "part_"
_PAIRS = ("pair_n", "pair_total", "pair_total_sq")
_SUMS = ("total", "total_sq", "minimum", "maximum")


def write_aggregates(file: IO[bytes], aggregates: Aggregates) -> None:
    """Write an npz that `read_aggregates` turns back into equal aggregates."""
    filled = np.flatnonzero(aggregates.counts)
    arrays = {
        "n": np.array(aggregates.n, dtype=np.int64),
        "cells": _text(_describe(aggregates.cells)),
        "offsets": np.asarray(aggregates.offsets, dtype=np.int64),
        "places": _smallest(np.diff(filled, prepend=0)),
        "counts": _smallest(np.asarray(aggregates.counts)[filled]),
        **{name: np.asarray(getattr(aggregates, name), dtype=np.float64) for name in _SUMS},
        **_parts(aggregates.replicates),
        **_pairs(aggregates.pairs),
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_QUICK) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


def read_aggregates(file: IO[bytes]) -> Aggregates:
    """Aggregates from a file of `write_aggregates`."""
    with np.load(file, allow_pickle=False) as arrays:
        offsets = arrays["offsets"].astype(np.int64)
        counts = np.zeros(int(offsets[-1]), dtype=np.int64)
        counts[np.cumsum(arrays["places"].astype(np.int64))] = arrays["counts"]
        return Aggregates(
            n=int(arrays["n"]),
            cells=_cells(json.loads(arrays["cells"].tobytes().decode())),
            counts=counts,
            offsets=offsets,
            **{name: arrays[name].astype(np.float64) for name in _SUMS},
            replicates=_replicates(arrays) if _PARTS + "n" in arrays else None,
            pairs=_read_pairs(arrays) if _PAIRS[0] in arrays else None,
        )


def _parts(replicates: Replicates | None) -> dict[str, np.ndarray]:
    if replicates is None:
        return {}
    found = {_PARTS + name: array for name, array in vars(replicates).items()}
    return {name: array if array.dtype == np.float64 else _smallest(array) for name, array in found.items()}


def _pairs(pairs: Pairs | None) -> dict[str, np.ndarray]:
    if pairs is None:
        return {}
    return dict(zip(_PAIRS, (np.array(pairs.n, dtype=np.int64), pairs.total, pairs.total_sq), strict=True))


def _read_pairs(arrays: Any) -> Pairs:
    n, total, total_sq = (arrays[name] for name in _PAIRS)
    return Pairs(int(n), total, total_sq)


def _replicates(arrays: Any) -> Replicates:
    found = {field.name: arrays[_PARTS + field.name] for field in fields(Replicates)}
    return Replicates(**{name: a if a.dtype == np.float64 else a.astype(np.int64) for name, a in found.items()})


def write_sample(file: IO[bytes], sample: Sample) -> None:
    """Write the sample as Parquet; exponents apart from digits (byte stream split) save a third of the size."""
    columns = {NUMBER: sample.numbers(), **dict(zip(sample.columns, sample.values.T, strict=True))}
    write_parquet(file, columns, use_dictionary=False, use_byte_stream_split=True)


def read_sample(path: Path) -> Sample:
    """The sample from a file of `write_sample`."""
    table = read_parquet(path)
    names = [name for name in table.column_names if name != NUMBER]
    values = [to_numpy(table.column(name)) for name in names]
    return Sample(tuple(names), np.stack(values, axis=1) if values else np.zeros((table.num_rows, 0), np.float32))


def _describe(cells: tuple[Cell, ...]) -> dict[str, Any]:
    """Names and scales as JSON; the few scales are written once."""
    scales = list(dict.fromkeys(cell.scale for cell in cells))
    number = {scale: i for i, scale in enumerate(scales)}
    rows = [[cell.metric, cell.layer, cell.period, cell.unit, number[cell.scale]] for cell in cells]
    return {"scales": [asdict(scale) for scale in scales], "cells": rows}


def _cells(described: dict[str, Any]) -> tuple[Cell, ...]:
    scales = [Scale(**given) for given in described["scales"]]
    return tuple(
        Cell(metric=metric, layer=layer, period=period, unit=unit, scale=scales[scale])
        for metric, layer, period, unit, scale in described["cells"]
    )


def _text(value: object) -> np.ndarray:
    return np.frombuffer(json.dumps(value, separators=(",", ":")).encode(), dtype=np.uint8)


def _smallest(values: np.ndarray) -> np.ndarray:
    """The same whole numbers in as few bytes each as they need."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))
