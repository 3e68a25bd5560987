"""The documented example is a scenario, and every family is documented."""

from __future__ import annotations

import re
from pathlib import Path

from stackcast.scenario.models import COMPONENTS, PRIORS

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "scenario.md").read_text()


def test_the_worked_example_loads(files):
    first = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)[0]
    scenario = files.load(first)
    assert scenario.name == "my_world"
    assert len(scenario.plan.correlations) == 1


def test_every_family_and_its_parameters_are_documented():
    for name in PRIORS:
        assert name in GUIDE
    for model in COMPONENTS.values():
        for parameters in model.own:
            for parameter in parameters:
                assert f"`{parameter}`" in GUIDE
