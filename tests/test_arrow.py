"""Files written and read without pandas are those that pandas writes and reads."""

import io
import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from stackcast.arrow import read_parquet, to_numpy, write_csv, write_parquet

COLUMNS = {
    "text": ("plain", "", 'quo"ted, with a comma', "Grüße"),
    "double": np.array([0.1, math.nan, math.inf, -1e-300]),
    "single": np.array([1.5, -2.0, 3e38, 0.0], dtype=np.float32),
    "whole": np.array([1, -2, 2**62, 0]),
    "truth": np.array([True, False, False, True]),
}


def written(columns, **how):
    file = io.BytesIO()
    write_parquet(file, columns, **how)
    return pa.BufferReader(file.getvalue())


def test_pandas_reads_what_was_written():
    found = pd.read_parquet(written(COLUMNS))
    pd.testing.assert_frame_equal(found, pd.DataFrame(COLUMNS), check_dtype=False)
    assert found.dtypes[["double", "single", "whole", "truth"]].tolist() == ["float64", "float32", "int64", "bool"]


def test_what_is_not_a_number_is_missing():
    table = parquet.read_table(written(COLUMNS))
    assert [column.null_count for column in table.columns] == [0, 1, 0, 0, 0]


def test_csv_has_the_bytes_of_pandas():
    file, columns = io.BytesIO(), {name: values for name, values in COLUMNS.items() if name != "single"}
    write_csv(file, columns)
    assert file.getvalue() == pd.DataFrame(columns).to_csv(index=False).encode()


@pytest.mark.parametrize("rows", [0, 1, 9])
def test_columns_come_back(rows):
    columns = {name: values[:0] if rows == 0 else values * rows if name == "text" else np.tile(values, rows)
               for name, values in COLUMNS.items()}  # fmt: skip
    table = read_parquet(written(columns, row_group_size=3))
    for name, values in columns.items():
        np.testing.assert_array_equal(to_numpy(table.column(name)), np.asarray(values))


def test_a_table_of_pandas_is_read():
    file = io.BytesIO()
    pd.DataFrame(COLUMNS).to_parquet(file)
    table = read_parquet(pa.BufferReader(file.getvalue()))
    for name, values in COLUMNS.items():
        np.testing.assert_array_equal(to_numpy(table.column(name)), np.asarray(values))
