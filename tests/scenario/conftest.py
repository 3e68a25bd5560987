"""A small model and a writer of scenario files."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.scenario import Scenario, load_scenario


def _fleet(last_fleet, growth):
    return (last_fleet + growth,)


def _price(fleet, price_level, shortage_hazard, shortage_from):
    return (price_level / fleet + 0.0 * shortage_hazard * shortage_from,)


FLEET = Mechanism(
    name="fleet",
    doc="A fleet that grows.",
    loops=(Loop(_fleet, ("fleet",)),),
    writes={"fleet": Row("H100e", "stock", "chips in use", "positive")},
    priors={"growth": "H100e_per_quarter"},
    carries={"fleet": "start_fleet"},
    neutral={"fleet": "start_fleet"},
)
PRICE = Mechanism(
    name="price",
    doc="A price that falls with the fleet.",
    loops=(Loop(_price, ("price",)),),
    writes={"price": Row("USD_k", "price", "price of a chip", "positive", metric="chip_price")},
    priors={"price_level": "USD_k", "shortage_hazard": "per_quarter", "shortage_from": "calendar_year"},
    reads=("fleet",),
)
REGISTRY = {"fleet": FLEET, "price": PRICE}

BASE = """
[priors]
growth = { dist = "lognormal", p5 = 0.1, p95 = 0.4, unit = "million_H100e_per_year", source = "a paper" }
start_fleet = { value = 0.29e6, unit = "H100e", source = "a count" }
price_level = { dist = "normal", mean = 30, sd = 2, unit = "USD_k", source = "assumption" }
shortage_hazard = { dist = "uniform", min = 0, max = 0.4, unit = "per_year", source = "assumption: no record" }
shortage_from = { value = 2023, unit = "calendar_year", source = "assumption" }
"""


class Files:
    """Writes and loads scenario files in a folder of the test's own."""

    registry = REGISTRY
    base = BASE

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, text: str, name: str = "s.toml") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, text: str, name: str = "s.toml", registry=None, **options) -> Scenario:
        return load_scenario(self.write(text, name), registry={} if registry is None else registry, **options)

    def model(self, text: str = "", name: str = "s.toml", **options) -> Scenario:
        """The small model's priors with more TOML after them."""
        return self.load(BASE + text, name, registry=REGISTRY, **options)

    def prior(self, body: str, unit: str = "1"):
        """The resolved prior of one inline table."""
        return self.load(f'[priors]\nx = {{ {body}, unit = "{unit}", source = "assumption" }}').priors["x"]


@pytest.fixture
def files(tmp_path) -> Files:
    return Files(tmp_path)
