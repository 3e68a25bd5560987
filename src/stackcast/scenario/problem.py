"""How the parts of a scenario complain: a problem knows its field, the loader adds the file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class Problem(Exception):
    """Something wrong with one field; turned into a ``ScenarioError`` where the file is known."""

    def __init__(self, field: str, given: object, allowed: str) -> None:
        super().__init__(f"{field} = {given!r}: {allowed}")
        self.field = field
        self.given = given
        self.allowed = allowed


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to a mistyped one, None if nothing is close."""
    folded = {candidate.lower(): candidate for candidate in known}
    found = difflib.get_close_matches(name.lower()[:100], list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def unknown(name: str, known: Iterable[str], what: str = "key") -> str:
    """The "allowed" part of a message on an unknown name: the nearest known one, else all of them."""
    known = sorted(known)
    guess = nearest(name, known)
    if guess is not None:
        return f"unknown {what}; did you mean {guess!r}?"
    shown = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    return f"unknown {what}; known: {shown or 'none'}"
