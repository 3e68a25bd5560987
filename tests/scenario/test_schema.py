"""The JSON Schema accepts what the loader accepts, and is made without the engine."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from stackcast.scenario import json_schema

jsonschema = pytest.importorskip("jsonschema")

ROOT = Path(__file__).resolve().parents[2]


def validator():
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_schema_accepts_shipped_scenarios():
    for path in sorted((ROOT / "configs").rglob("*.toml")):
        data = json.loads(json.dumps(tomllib.loads(path.read_text()), default=str))
        if "priors" in data or "run" in data:
            # A scenario that extends another may give a part of a prior only.
            complete = {name: prior for name, prior in data.get("priors", {}).items() if {"dist", "value"} & set(prior)}
            validator().validate({**data, "priors": complete})


def test_the_schema_tells_good_from_bad():
    good = {"priors": {"x": {"dist": "lognormal", "p5": 1, "p97_5": 2, "unit": "1", "source": "s"}}}
    check = validator()
    assert check.is_valid(good)
    assert check.is_valid({"run": {"trajectories": 1e6}, "mechanisms": {"power": False, "own": {"file": "x.py"}}})
    assert check.is_valid({"events": {"a": False, "b": {"from": "2027Q1"}}})
    assert not check.is_valid({"priors": {"x": {"dist": "lognormal", "p5": "a", "unit": "1", "source": "s"}}})
    assert not check.is_valid({"priors": {"x": {"dist": "lognormal", "p5": 1, "source": "s"}}})
    assert not check.is_valid({"runs": {}})
    assert "null" not in json.dumps(json_schema())


def test_the_schema_needs_neither_numba_nor_scipy():
    code = (
        "import sys; from stackcast.scenario import json_schema; json_schema()\n"
        "assert not {'numba', 'scipy', 'pandas', 'numpy'} & set(sys.modules), sorted(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
