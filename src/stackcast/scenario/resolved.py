"""The resolved form of a scenario: plain data that can be stored, hashed and loaded again."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stackcast.scenario.draw import Drawn
from stackcast.scenario.layers import Layers
from stackcast.scenario.models import Document, UserMechanism
from stackcast.scenario.select import Selection

if TYPE_CHECKING:
    from stackcast.scenario.members import Continued


def resolve(
    layers: Layers, document: Document, name: str, selection: Selection, drawn: Drawn, code_files: Mapping[str, str],
    cut: Sequence[str], continued: Continued,
) -> dict[str, Any]:  # fmt: skip
    """The scenario with nothing left to look up: defaults filled in, order spelled out, files inside."""
    own = {
        key: {"file": code_files[key]}
        for key, value in (document.mechanisms.__pydantic_extra__ or {}).items()
        if isinstance(value, UserMechanism)
    }
    priors = _plain(layers.data.get("priors", {}))
    for prior, label in drawn.labels.items():
        priors[prior]["file"] = label
    ensemble = {} if continued.ensemble is None else {"ensemble": continued.ensemble.label}
    inside = {} if continued.ensemble is None else {"ensemble": continued.embedded(priors)}
    return {
        "name": name,
        "description": document.description,
        **ensemble,
        "horizon": document.horizon.model_dump(),
        "run": document.run.written(),
        "outputs": document.outputs.model_dump(),
        "mechanisms": {"order": [mechanism.name for mechanism in selection.running], **own},
        # Only what is cut: a feedback that is on is the same scenario, written or not.
        "feedbacks": dict.fromkeys(cut, False),
        "events": _plain(layers.data.get("events", {})),
        "priors": priors,
        "correlations": _plain(layers.data.get("correlations", {})),
        "embedded": {"files": drawn.files.embedded(), "code": dict(selection.code), **inside},
    }


def digest(resolved: Mapping[str, Any]) -> str:
    """First 12 hexadecimal digits of the SHA-256 of a resolved scenario."""
    return hashlib.sha256(canonical_text(resolved).encode()).hexdigest()[:12]


def canonical_text(value: Any) -> str:
    """One text for equal data."""
    return json.dumps(_canonical(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _plain(value: Any) -> Any:
    """A copy in JSON's types; dates become text."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else value


def _canonical(value: Any) -> Any:
    """Equal numbers hash equally: 1e6 and 1000000 are the same setting."""
    if isinstance(value, Mapping):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2.0**53:
        return int(value)
    return value
