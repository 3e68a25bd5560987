"""The first trajectories of a run in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

NUMBER = "trajectory"


@dataclass(frozen=True, eq=False)
class Sample:
    """A column a figure, (trajectories, columns) in single precision, as it is stored; trajectory k is row k.

    Single precision ends at 3e38; the largest quantities of the model are 1e31.
    """

    columns: tuple[str, ...]
    values: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, columns: Sequence[str]) -> Sample:
        """The sample that a run leaves, in double precision."""
        return cls(tuple(columns), values.astype(np.float32))

    def __len__(self) -> int:
        return len(self.values)

    def numbers(self) -> np.ndarray:
        """Which trajectory each row is."""
        return np.arange(len(self), dtype=np.int64)

    def among(self, names: Sequence[str]) -> list[str]:
        """Those of the names that are columns."""
        known = set(self.columns)
        return [name for name in names if name in known]

    def of_columns(self, names: Sequence[str]) -> np.ndarray:
        """Columns by name, (trajectories, names). Raises KeyError."""
        place = {name: number for number, name in enumerate(self.columns)}
        return self.values[:, [place[name] for name in names]]

    def frame(self) -> pd.DataFrame:
        """As a frame, the trajectory's number in front."""
        import pandas as pd

        frame = pd.DataFrame(self.values, columns=list(self.columns))
        frame.insert(0, NUMBER, self.numbers())
        return frame

    def same(self, other: Sample) -> bool:
        """Same columns and values; what is not a number equals itself."""
        return self.columns == other.columns and np.array_equal(self.values, other.values, equal_nan=True)
