"""Scenarios built on scenarios: the ``extends`` chain, ``--set``, and where every value came from."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackcast.errors import ScenarioError, shorten
from stackcast.scenario import reading
from stackcast.scenario.models import MAX_TEXT, Described, Document
from stackcast.scenario.problem import unknown

COMMAND_LINE = "--set"
_MAX_CHAIN = 20
_SHAPE_FREE = frozenset(Described.model_fields)
_WORDS = _SHAPE_FREE - {"unit"}


@dataclass
class Layers:
    """A merged scenario and, for every path, the file that gave it last."""

    path: Path
    shown: str
    data: dict[str, Any] = field(default_factory=dict)
    origins: dict[tuple[str, ...], str] = field(default_factory=dict)
    folders: dict[str, Path] = field(default_factory=dict)
    sourced: dict[str, dict[str, Any]] = field(default_factory=dict)
    dated: dict[str, dict[str, Any]] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)

    def origin(self, place: Iterable[str]) -> str:
        """The file that gave the value at this path, or its nearest parent."""
        parts = tuple(place)
        while parts:
            if parts in self.origins:
                return self.origins[parts]
            parts = parts[:-1]
        return self.shown

    def folder(self, place: Iterable[str]) -> Path:
        """The folder relative file names at this path are meant from."""
        return self.folders.get(self.origin(place), Path())

    def rank(self, place: Iterable[str]) -> int:
        """How late the value at this path was given: the innermost file is 0, the command line comes last."""
        return self.ranks.get(self.origin(place), len(self.ranks))

    def renewed(self, rank: int) -> set[str]:
        """Priors whose numbers were given at this rank or later."""
        found = {path[1] for path, origin in self.origins.items()
                 if path[0] == "priors" and len(path) > 1 and (len(path) == 2 or path[2] not in _WORDS)
                 and self.ranks.get(origin, len(self.ranks)) >= rank}  # fmt: skip
        priors = self.data.get("priors", {})
        return found | (set(priors) if self.rank(("priors",)) >= rank else set())


def shipped_folders() -> list[Path]:
    """Where the scenarios that come with stackcast lie: inside the package, or beside its sources."""
    package = Path(__file__).resolve().parent.parent
    return [folder for folder in (package / "configs", package.parent.parent / "configs") if folder.is_dir()]


def find(name: str, folder: Path) -> Path | None:
    """A scenario file: relative to ``folder``, else among the shipped ones; the suffix may be left out."""
    for base in (folder, *shipped_folders()):
        for candidate in (base / name, base / f"{name}.toml"):
            try:
                if candidate.is_file():
                    return candidate
            except (OSError, ValueError):
                return None
    return None


def load_layers(path: Path, settings: Iterable[str]) -> Layers:
    """Read a file, the files it extends, and lay ``--set`` over them."""
    chain = _chain(path)
    merged = Layers(path=chain[0][0], shown=chain[0][1])
    for file, shown, data in reversed(chain):
        merged.folders[shown] = file.parent
        merged.ranks[shown] = len(merged.ranks)
        data.pop("extends", None)
        # A name and a description belong to the file that says them.
        merged.data.pop("name", None)
        merged.data.pop("description", None)
        data = _named_correlations(data, shown)
        _merge(merged, merged.data, data, shown, ())
        _remember(merged, data)
    for setting in (settings := list(settings)):
        _assign(merged, setting)
    for setting in settings:
        _remember(merged, _nested(*parse_setting(setting)))
    _drop_vintages(merged)
    _name_changes(merged)
    return merged


def _nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    for part in reversed(path):
        value = {part: value}
    return value


def _remember(layers: Layers, given: dict[str, Any]) -> None:
    """Keep what a source, or vintages, were given for: the numbers at the end of the layer that names them."""
    priors, merged = given.get("priors"), layers.data.get("priors")
    for name, said in priors.items() if isinstance(priors, dict) else ():
        table = merged.get(name) if isinstance(merged, dict) else None
        if isinstance(said, dict) and isinstance(table, dict):
            if "source" in said:
                layers.sourced[name] = copy.deepcopy(table)
            if "vintages" in said:
                layers.dated[name] = copy.deepcopy(table)


def _drop_vintages(layers: Layers) -> None:
    """What was known earlier was known of the numbers it was given with: changed numbers have no vintages."""
    priors = layers.data.get("priors")
    for name, then in layers.dated.items():
        now = priors.get(name) if isinstance(priors, dict) else None
        if isinstance(now, dict) and _numbers(now) != _numbers(then):
            now.pop("vintages", None)


def _name_changes(layers: Layers) -> None:
    """A number changed later is not the source's: the source says so, and what it was the source of."""
    priors = layers.data.get("priors")
    for name, then in layers.sourced.items():
        now = priors.get(name) if isinstance(priors, dict) else None
        source = then.get("source")
        if isinstance(now, dict) and isinstance(source, str) and _numbers(now) != _numbers(then):
            changed = f"changed from {shorten(_before(_numbers(then), now))}"
            now["source"] = f"assumption: {changed} (was: {source})"[:MAX_TEXT]


def _before(then: dict[str, Any], now: dict[str, Any]) -> str:
    """The numbers that were changed or dropped; where some were only added, which."""
    numbers = [f"{key} = {value}" for key, value in then.items() if now.get(key) != value]
    return ", ".join(numbers or [f"no {key}" for key in _numbers(now) if key not in then])


def _numbers(prior: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in prior.items() if key not in _WORDS}


def _chain(path: Path) -> list[tuple[Path, str, dict[str, Any]]]:
    """The file and everything it extends, outermost first."""
    file, shown, base, extended_by = find(str(path), Path()) or path, str(path), "", ""
    chain: list[tuple[Path, str, dict[str, Any]]] = []
    seen: dict[Path, str] = {}
    while True:
        text = reading.read_text(file, shown)
        resolved = file.resolve()
        if resolved in seen:
            loop = " -> ".join([*list(seen.values())[list(seen).index(resolved) :], shown])
            raise ScenarioError(extended_by, "extends", base, f"must not be circular: {loop}")
        if len(chain) >= _MAX_CHAIN:
            raise ScenarioError(shown, "extends", None, f"at most {_MAX_CHAIN} files may extend one another")
        seen[resolved] = shown
        data = reading.parse(text, shown)
        chain.append((file, shown, data))
        base = data.get("extends")
        if base is None:
            return chain
        if not isinstance(base, str) or not base.strip():
            raise ScenarioError(shown, "extends", base, "must be the name of a scenario file")
        found = find(base, file.parent)
        if found is None:
            raise ScenarioError(shown, "extends", base, f"no such file beside {shown} or among the shipped scenarios")
        file, extended_by = found, shown
        shown = str(found if Path(shown).is_absolute() else _relative(found))


def _relative(path: Path) -> Path:
    """A path as a reader would type it, when it lies under the working directory."""
    try:
        return path.resolve().relative_to(Path.cwd())
    except ValueError:
        return path


def _named_correlations(data: dict[str, Any], shown: str) -> dict[str, Any]:
    """Turn ``[[correlations]]`` entries into named ones, so that tables merge: "a ~ b" names the pair."""
    entries = data.get("correlations")
    if not isinstance(entries, list):
        return data
    named: dict[str, Any] = {}
    for k, entry in enumerate(entries):
        between = entry.get("between") if isinstance(entry, dict) else None
        if not (isinstance(between, list) and between and all(isinstance(name, str) for name in between)):
            raise ScenarioError(
                shown, f"correlations.{k}", entry, "must be a table with between = [two or more priors]"
            )
        name = " ~ ".join(between)
        if name in named:
            raise ScenarioError(shown, f"correlations.{k}.between", between, "is given twice")
        named[name] = entry
    return {**data, "correlations": named}


def _merge(layers: Layers, below: dict, above: dict, shown: str, path: tuple[str, ...]) -> None:
    for key, value in above.items():
        place = (*path, key)
        inherited = below.get(key)
        if isinstance(value, dict) and isinstance(inherited, dict) and not _replaces(value, path):
            if path == ("priors",) and "value" in value:
                _drop_shape(inherited)
            _merge(layers, inherited, value, shown, place)
        else:
            below[key] = value
            _forget(layers, place)
            layers.origins[place] = shown


def _replaces(value: dict, path: tuple[str, ...]) -> bool:
    """Replaced whole: a prior that names its family, a correlation that names its priors, an event."""
    naming = {"priors": "dist", "correlations": "between"}
    return path == ("events",) or (len(path) == 1 and naming.get(path[0], "") in value)


def _drop_shape(prior: dict) -> None:
    """A fixed value takes the place of a distribution; unit and source stay."""
    for key in [key for key in prior if key not in _SHAPE_FREE]:
        del prior[key]


def _forget(layers: Layers, place: tuple[str, ...]) -> None:
    for known in [known for known in layers.origins if known[: len(place)] == place]:
        del layers.origins[known]


def parse_setting(setting: str) -> tuple[tuple[str, ...], Any]:
    """``priors.open_lag.p95=24`` to a path and a value; a bare word is a string."""
    path_text, equals, value_text = setting.partition("=")
    if not equals or not path_text.strip():
        raise ScenarioError(COMMAND_LINE, shorten(setting), None, "must be PATH=VALUE, such as priors.open_lag.p95=24")
    value = _setting_value(path_text.strip(), value_text.strip())
    try:
        nested: Any = reading.parse(f"{path_text.strip()} = 0", COMMAND_LINE)
    except ScenarioError:
        nested = None
    parts: list[str] = []
    while isinstance(nested, dict) and len(nested) == 1:
        key = next(iter(nested))
        parts.append(key)
        nested = nested[key]
    if not parts or isinstance(nested, dict):
        raise ScenarioError(COMMAND_LINE, shorten(path_text), None, "must be a dotted path such as priors.open_lag.p95")
    return tuple(parts), value


def _setting_value(path: str, text: str) -> Any:
    if "\n" in text or "\r" in text:
        raise ScenarioError(COMMAND_LINE, path, text, "must be one line")
    if not text:
        raise ScenarioError(COMMAND_LINE, path, None, "a value is missing after =")
    if re.fullmatch(r"[^\s\"'\[\]{}=#,]+", text):
        # Not TOML by itself: a bare word is a string.
        try:
            tomllib.loads(f"v = {text}")
        except tomllib.TOMLDecodeError:
            return text
        except (ValueError, RecursionError):
            pass
    try:
        return reading.parse(f"v = {text}", COMMAND_LINE)["v"]
    except ScenarioError as problem:
        raise ScenarioError(COMMAND_LINE, path, text, problem.allowed) from None


def _assign(layers: Layers, setting: str) -> None:
    path, value = parse_setting(setting)
    shown = ".".join(path)
    _check_path(layers, path, value, shown)
    if len(path) == 1 and path[0] == "extends":
        raise ScenarioError(COMMAND_LINE, shown, value, "cannot be set here; write a scenario file that extends it")
    parent: Any = layers.data
    for depth, part in enumerate(path[:-1]):
        if isinstance(parent, list):
            parent = _item(parent, part, shown)
        elif isinstance(parent, dict):
            parent = parent.setdefault(part, {})
        if not isinstance(parent, dict | list):
            raise ScenarioError(COMMAND_LINE, shown, value, f"{'.'.join(path[: depth + 1])} is not a table")
    last = path[-1]
    if isinstance(parent, list):
        _item(parent, last, shown)
        parent[int(last)] = value
        layers.origins[path] = COMMAND_LINE
        return
    if path[0] == "priors" and len(path) == 3 and last == "value":
        _drop_shape(parent)
    _merge(layers, parent, {last: value}, COMMAND_LINE, path[:-1])


def _item(items: list, part: str, shown: str) -> Any:
    if not part.isdecimal() or int(part[:9]) >= len(items):
        raise ScenarioError(COMMAND_LINE, shown, part, f"must be an index from 0 to {len(items) - 1}")
    return items[int(part)]


def _check_path(layers: Layers, path: tuple[str, ...], value: Any, shown: str) -> None:
    """Refuse an unknown path with the nearest known one; new priors and correlations need a whole table."""
    known = set(Document.model_fields)
    if path[0] not in known:
        raise ScenarioError(COMMAND_LINE, shown, value, unknown(path[0], known))
    if path[0] not in ("priors", "correlations") or len(path) < 2:
        return
    section = layers.data.get(path[0])
    names = set(section) if isinstance(section, dict) else set()
    if path[1] not in names and not (len(path) == 2 and isinstance(value, dict)):
        what = "prior" if path[0] == "priors" else "correlation"
        raise ScenarioError(COMMAND_LINE, shown, value, unknown(path[1], names, what))
