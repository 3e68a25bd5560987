"""Reading TOML that may be hostile: size, encoding, depth and numbers are checked, every failure is one line."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stackcast.errors import ScenarioError

MAX_BYTES = 1_000_000
MAX_LINE = 8_000
MAX_DEPTH = 12
MAX_INTEGER = 2**63 - 1

# tomllib spends the square of a dotted key's length in time and memory: 100,000 parts are gigabytes.
_LONG_KEY = re.compile(r"(?<![\w.\-])(?:[\w\-]{1,200}[ \t]*\.[ \t]*){20}")


def read_text(path: Path, shown: str) -> str:
    """The file as text."""
    try:
        if not path.is_file():
            raise ScenarioError(shown, "", None, "is a folder, not a file" if path.is_dir() else "no such file")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ScenarioError(shown, "", None, f"is {size:,} bytes long; a scenario may have {MAX_BYTES:,}")
        raw = path.read_bytes()
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise ScenarioError(shown, "", None, f"cannot be read: {reason}") from None
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise ScenarioError(shown, "line 1", None, "starts with a byte order mark; save it as UTF-8 without one")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        raise ScenarioError(shown, f"line {line}", None, "is not text in UTF-8") from None


def parse(text: str, shown: str) -> dict[str, Any]:
    """TOML to a plain dictionary of finite values."""
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_LINE:
            raise ScenarioError(shown, f"line {number}", None, f"is longer than {MAX_LINE:,} characters; break it")
    long_key = _LONG_KEY.search(text)
    if long_key:
        line = text.count("\n", 0, long_key.start()) + 1
        raise ScenarioError(shown, f"line {line}", long_key.group(), "is nested too deep")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise _syntax_error(problem, text, shown) from None
    except RecursionError:
        raise ScenarioError(shown, "", None, f"is nested too deep; {MAX_DEPTH} levels are allowed") from None
    except ValueError as problem:
        raise _number_error(problem, text, shown) from None
    check_values(data, shown)
    return data


def _syntax_error(problem: tomllib.TOMLDecodeError, text: str, shown: str) -> ScenarioError:
    """Name the line and say it in words; tomllib has "(at line 3, column 8)" or "(at end of document)"."""
    message, _, place = str(problem).rpartition(" (at ")
    found = re.match(r"line (\d+)", place)
    lines = text.split("\n")
    number = int(found.group(1)) if found else max((k for k, line in enumerate(lines, 1) if line.strip()), default=1)
    message = message or str(problem)
    if "Cannot overwrite" in message or "twice" in message or "Duplicate" in message:
        message = "this key or table is given twice"
    given = lines[number - 1].strip() if number <= len(lines) else None
    return ScenarioError(shown, f"line {number}", given, f"not valid TOML: {message[:1].lower()}{message[1:]}")


def _number_error(problem: ValueError, text: str, shown: str) -> ScenarioError:
    """Python refuses integers of more than 4300 digits, and dates out of range, with a plain ValueError."""
    digits = re.search(r"\d[\d_]{4000,}", text)
    if digits:
        line = text.count("\n", 0, digits.start()) + 1
        given = f"an integer of {len(digits.group()):,} digits"
        return ScenarioError(shown, f"line {line}", given, f"must lie within +-{MAX_INTEGER}")
    return ScenarioError(shown, "", None, f"not valid TOML: {problem}")


def walk(data: Any) -> Iterator[tuple[str, Any, int]]:
    """All values of nested tables and arrays with their dotted path and depth; no recursion."""
    stack: list[tuple[str, Any, int]] = [("", data, 0)]
    while stack:
        path, value, depth = stack.pop()
        yield path, value, depth
        if depth > MAX_DEPTH:
            continue
        if isinstance(value, dict):
            stack.extend((f"{path}.{key}" if path else key, item, depth + 1) for key, item in value.items())
        elif isinstance(value, list):
            stack.extend((f"{path}.{k}", item, depth + 1) for k, item in enumerate(value))


def check_values(data: Any, shown: str) -> None:
    """Refuse what is nested too deep, numbers that are not finite, integers beyond 64 bits."""
    for path, value, depth in walk(data):
        if depth > MAX_DEPTH:
            raise ScenarioError(shown, path[:80], None, f"is nested too deep; {MAX_DEPTH} levels are allowed")
        if isinstance(value, float) and not math.isfinite(value):
            raise ScenarioError(shown, path, value, "must be a finite number")
        if isinstance(value, int) and abs(value) > MAX_INTEGER:
            given = f"an integer of {value.bit_length():,} bits"
            raise ScenarioError(shown, path, given, f"must lie within +-{MAX_INTEGER}")
