"""A second process that draws a run's pictures while the first makes its tables: Python uses one core at a time.

It is started before the run, so that its libraries are loaded by the time there is something to draw. It decides
nothing and may die at any time: then the first process draws.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .processors import cores, python_command

if TYPE_CHECKING:
    from .forecast import Forecast

WORTH = 10_000
"""Trajectories from which on it is started. It costs a second of a processor, and who makes many smaller runs has
other work for that one."""

PATIENCE = 60.0
"""Seconds that pictures may take once all else is written: they take three."""

_COMMAND = "from stackcast.drawing import draw_for_parent; draw_for_parent()"


class Drawing:
    """Draws the pictures of one run after another, in the second process if there is one; or none at all."""

    def __init__(self, process: subprocess.Popen[str] | None = None, wanted: bool = True) -> None:
        self._process, self._asked, self._wanted = process, False, wanted

    def begin(self, forecast: Forecast, folder: Path) -> None:
        """Have the pictures of a run drawn into ``folder``/figures; its aggregates are stored there already."""
        if not self._wanted:
            return
        (folder / "figures").mkdir()
        if self._process is not None:
            self._asked = True
            told = {"folder": str(folder.absolute()), "manifest": _needed(forecast.manifest)}
            with contextlib.suppress(OSError):  # it died
                print(json.dumps(told), file=self._process.stdin, flush=True)

    def finish(self, forecast: Forecast, folder: Path) -> list[str]:
        """Wait for the pictures; what could not be drawn, and why. Raises OSError where they cannot be written."""
        if not self._wanted:
            return []
        answer = self._answer()
        if answer is None:
            from .forecast.figures import write_all

            return write_all(forecast, folder / "figures")
        return answer

    def stop(self) -> None:
        """End the second process; may be called from another thread."""
        process, self._process, self._asked = self._process, None, False
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]

    def forget(self) -> None:
        """Draw no further what was begun and not waited for: its folder is about to go away."""
        if self._asked:
            self.stop()

    def _answer(self) -> list[str] | None:
        """What the second process says when it is done; None if it is not there, died, or hangs."""
        line = ""
        if self._process is not None and select.select([self._process.stdout], [], [], PATIENCE)[0]:
            line = self._process.stdout.readline()  # type: ignore[union-attr]
        if not line.endswith("\n"):
            self.stop()
            return None
        self._asked = False
        return json.loads(line)


@contextlib.contextmanager
def drawing(trajectories: float, wanted: bool = True) -> Iterator[Drawing]:
    """A second process for runs of this size, where pictures are wanted, it is worth it and can be had."""
    process, command = None, python_command(_COMMAND)
    if wanted and command and trajectories >= WORTH and cores() > 1:
        with contextlib.suppress(OSError):
            pipe = subprocess.PIPE
            process = subprocess.Popen(
                command, text=True, encoding="utf-8", stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
            )
    drawn = Drawing(process, wanted)
    try:
        yield drawn
    finally:
        drawn.stop()


def _needed(manifest: Any) -> dict[str, Any]:
    """What pictures say of a run."""
    scenario = manifest["scenario"]
    feedbacks = scenario.get("resolved", {}).get("feedbacks", {})
    told = {"name": scenario["name"], "resolved": {"feedbacks": feedbacks}}
    return {**{key: manifest[key] for key in ("start", "seed", "digest")}, "scenario": told}


def draw_for_parent() -> None:
    """What the second process does until its input ends."""
    figures = importlib.import_module("stackcast.forecast.figures")
    figures.warm_up()
    for line in sys.stdin:
        told = json.loads(line)
        folder = Path(told["folder"])
        messages = figures.write_all(_forecast(folder, told["manifest"]), folder / "figures")
        # What it cannot draw the first process tries: it has the whole run.
        print(json.dumps(None if messages else []), flush=True)


def _forecast(folder: Path, manifest: dict[str, Any]) -> Forecast:
    """As much of a run as its pictures show: the sample is not among it."""
    from .forecast.archive import read_aggregates
    from .forecast.forecast import Forecast, with_digest

    with open(folder / "aggregates.npz", "rb") as file:
        return with_digest(Forecast(read_aggregates(file), None, manifest))  # type: ignore[arg-type]
