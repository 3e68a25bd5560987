"""A resolved scenario is plain data: stored, hashed and loaded again without any of its files."""

from __future__ import annotations

import json

import numpy as np
import pytest

from stackcast.engine.draws import draw_values
from stackcast.errors import ScenarioError
from stackcast.scenario import Scenario

FULL = """
as_of = { dist = "lognormal", p5 = 1, p97_5 = 3, unit = "1", source = "s", as_of = 2024-06-01 }
u = { dist = "empirical", file = "draws/d.csv", column = "u", unit = "1", source = "s" }
v = { dist = "empirical", file = "draws/d.csv", column = "v", unit = "1", source = "s" }
other = { dist = "empirical", file = "more/d.csv", column = "u", unit = "1", source = "s" }
tariff_rate = { value = 0.25, unit = "1", source = "assumption" }
[mechanisms]
price = false
[mechanisms.my_tariff]
file = "code/my_tariff.py"
after = "fleet"
[events]
shortage = { from = "2027Q1" }
[[correlations]]
between = ["growth", "as_of"]
rank = 0.5
source = "s"
"""
CODE = """
from stackcast.engine.declare import Loop, Mechanism, Row
def _tariff(fleet, tariff_rate):
    return (fleet * tariff_rate,)
MECHANISM = Mechanism(name="t", doc="", loops=(Loop(_tariff, ("tariff",)),), reads=("fleet",),
    writes={"tariff": Row("1", "price", "t", "positive")}, priors={"tariff_rate": "1"})
"""


@pytest.fixture
def full(files):
    files.write("u,v\n" + "\n".join(f"{k},{k * k}" for k in range(30)), "draws/d.csv")
    files.write("u\n" + "\n".join(str(k / 7) for k in range(9)), "more/d.csv")
    files.write(CODE, "code/my_tariff.py")
    return files.model(FULL, allow_code=True)


def test_a_resolved_scenario_loads_again_from_json_without_its_files(files, full):
    stored = json.dumps(full.resolved(), sort_keys=True)
    for path in sorted(files.folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    again = Scenario.from_resolved(json.loads(stored), allow_code=True, registry=files.registry)
    assert again.hash() == full.hash()
    assert again.resolved() == full.resolved()
    assert [m.name for m in again.mechanisms] == [m.name for m in full.mechanisms]
    assert (again.name, again.seed, again.quarters) == (full.name, full.seed, full.quarters)
    one, two = (draw_values(scenario.plan, 5, 0, 500) for scenario in (full, again))
    assert one.keys() == two.keys()
    assert all(np.array_equal(one[name], two[name]) for name in one)
    assert again.priors["as_of"].as_of == full.priors["as_of"].as_of


def test_stored_code_needs_permission_too(files, full):
    with pytest.raises(ScenarioError, match="--allow-code"):
        Scenario.from_resolved(full.resolved(), registry=files.registry)


def test_two_files_of_one_name_are_not_drawn_together(full):
    streams = {name: prior.draw.stream for name, prior in full.priors.items()}
    assert streams["u"] == streams["v"] == "file:d.csv"
    assert streams["other"] == "prior:other"


def test_the_hash_sees_every_part(files, full):
    seen = {full.hash()}
    for old, new in (
        ("p5 = 1", "p5 = 1.1"),
        ("rank = 0.5", "rank = 0.4"),
        ("price = false", "price = true"),
        ("2027Q1", "2028Q1"),
    ):
        seen.add(files.model(FULL.replace(old, new), allow_code=True).hash())
    files.write("u,v\n" + "\n".join(f"{k},{k * k + 1}" for k in range(30)), "draws/d.csv")
    seen.add(files.model(FULL, allow_code=True).hash())
    assert len(seen) == 6
    assert all(len(text) == 12 for text in seen)


def test_the_hash_ignores_comments_layout_and_the_way_numbers_are_written(files):
    plain = files.model()
    styled = files.load("# a comment\n" + files.base.replace("0.29e6", "290_000"), registry=files.registry)
    assert styled.hash() == plain.hash()


def test_a_resolved_scenario_cannot_be_changed_through_its_copy(full):
    full.resolved()["priors"].clear()
    assert full.resolved()["priors"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"embedded": {"files": {"d.csv": {}}, "code": {}}}, "embedded: cannot be read"),
        ({"embedded": 3}, "embedded: cannot be read"),
        ({"embedded": {"files": {}, "code": {}}}, "is not in this resolved scenario"),
        ({"priors": 3}, "priors = 3: must be a table"),
        ({"more": 3}, "more = 3: unknown key"),
        ({"run": {"seed": float("nan")}}, "run.seed = nan: must be a finite number"),
    ],
)
def test_a_damaged_resolved_scenario_is_one_line(files, full, change, said):
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_resolved(
            {**full.resolved(), **change}, allow_code=True, registry=files.registry, path="run/manifest.json"
        )
    assert str(caught.value).startswith("run/manifest.json: ")
    assert said in str(caught.value)
