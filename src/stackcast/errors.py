"""The exceptions a user of stackcast can meet: one base class, one line each."""

from __future__ import annotations

_SHOWN = 80


def shorten(value: object) -> str:
    """Return ``value`` as one short line, so that an error never prints a page of input."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except ValueError:  # Python prints no integer of more than 4,300 digits
        text = "an integer of thousands of digits"
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


class StackcastError(Exception):
    """Base of every error stackcast raises on purpose; its text is one line."""


class ScenarioError(StackcastError):
    """A scenario (or a setting of it) that cannot be used.

    The line names the file, the field, what was given and what is allowed.
    """

    def __init__(self, file: object, field: str, given: object, allowed: str) -> None:
        self.file = str(file)
        self.field = field
        self.given = given
        self.allowed = allowed
        where = f"{self.file}: {field}" if field else self.file
        shown = "" if given is None else f" = {shorten(given)}"
        super().__init__(f"{where}{shown}: {allowed}")


END = "the end"


class ClaimError(StackcastError):
    """An expression that cannot be read or answered.

    The line shows the expression, the character (counted from 1) and what stands there.
    """

    def __init__(self, text: str, position: int | None, given: object, problem: str) -> None:
        self.text = text
        self.position = position
        where = "" if position is None else f"character {position + 1}, " + ("" if given == END else "at ")
        shown = given if given == END or position is None else f"'{shorten(given)}'"
        super().__init__(_printable(f"claim '{shorten(text)}': {where}{shorten(shown)}: {problem}"))


class OutsideRun(ClaimError):
    """An expression that names a date which the run does not hold."""

    def __init__(self, text: str, position: int, date: str, span: str) -> None:
        self.reason = outside(date, span)
        super().__init__(text, position, date, f"outside the run: allowed: {span}")


def outside(date: str, span: str) -> str:
    """Why there is no figure of a date."""
    return f"outside the run: {date} (the run has {span})"


def _printable(text: str) -> str:
    """Control characters would move the cursor of a terminal, or end the line."""
    return "".join(character if character.isprintable() else "?" for character in text)


class ModelError(StackcastError):
    """A set of mechanisms whose rows do not fit together."""


class NumericalError(StackcastError):
    """A trajectory produced a value that is not finite; names mechanism, row and trajectory."""
