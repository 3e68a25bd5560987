"""The profile of a scenario as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .tables import plain_table, plain_text

if TYPE_CHECKING:
    from ..engine.profile import Profile

PROFILE = """\
Every part is timed by itself, block after block of the same futures, with the loops of each mechanism merged among
themselves; {call:.0f} ns a call are taken off. The run merges loops across mechanisms, so that a row read by several is
loaded once, and calls nothing one by one: it is measured in the same rounds, and need not equal the sum."""


def profile_text(profile: Profile, head: str) -> str:
    """Microseconds a trajectory by part, their sum, and the run itself."""
    table = plain_table("Microseconds a trajectory, one thread: median (smallest - largest) of the rounds")
    for heading in ("part", "us", "range", "% of the sum"):
        table.add_column(heading, justify="left" if heading == "part" else "right", no_wrap=True)
    kind = "mechanism"
    for part in profile.parts:
        if part.kind != kind:
            table.add_section()
            kind = part.kind
        table.add_row(part.name, *_cells(part.microseconds), f"{100 * part.share:.1f}")
    table.add_section()
    table.add_row("sum of the parts", *_cells(profile.total), "100.0")
    table.add_row("the run", *_cells(profile.run), f"{100 * profile.run.median / profile.total.median:.1f}")
    return plain_text(head, table, PROFILE.format(call=profile.call_nanoseconds.median))


def _cells(spread: Any) -> tuple[str, str]:
    return f"{spread.median:.3f}", f"{spread.low:.3f} - {spread.high:.3f}"


def profile_records(profile: Profile) -> list[dict[str, Any]]:
    """The same as plain data; `kind` is mechanism, engine, sum or run."""
    sum_and_run = (("sum of the parts", "sum", profile.total), ("the run", "run", profile.run))
    rows = [(part.name, part.kind, part.microseconds, part.share) for part in profile.parts]
    rows += [(name, kind, spread, spread.median / profile.total.median) for name, kind, spread in sum_and_run]
    return [
        {"mechanism": name, "kind": kind, "microseconds": spread.median, "low": spread.low, "high": spread.high,
         "share": share}
        for name, kind, spread, share in rows
    ]  # fmt: skip
