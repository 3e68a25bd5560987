"""Progress on standard error: a bar on a terminal, a line every tenth elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_BETWEEN_LINES = 5.0  # seconds: a log of a short run stays empty


@contextmanager
def bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """A function to call with (done, total)."""
    if sys.stderr is not None and sys.stderr.isatty():
        with _drawn(name) as report:
            yield report
    else:
        yield _written(name)


@contextmanager
def _drawn(name: str) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[count]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        # Until the first chunk is back the core is being compiled or read from the cache.
        task = progress.add_task(name, total=None, count="preparing")

        def report(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total, count=f"{done:,} of {total:,}")

        yield report


def _written(name: str) -> Callable[[int, int], None]:
    state = {"tenth": 0, "time": time.monotonic()}

    def report(done: int, total: int) -> None:
        tenth, now = 10 * done // total, time.monotonic()
        if tenth > state["tenth"] and now - state["time"] > _BETWEEN_LINES and sys.stderr is not None:
            state.update(tenth=tenth, time=now)
            print(f"{name}: {done:,} of {total:,} trajectories", file=sys.stderr, flush=True)

    return report
