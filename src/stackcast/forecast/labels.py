"""Names and units as a reader wants them; what is not listed keeps the name that its mechanism gave it."""

from __future__ import annotations

LAYER_NAMES = {
    "foundry": "Foundry & memory",
    "chips": "Chips",
    "cloud": "Cloud",
    "closed_models": "Closed models",
    "open_models": "Open models",
    "tooling": "Tooling",
    "data": "Data",
    "apps": "Applications",
    "infrastructure": "Infrastructure",
    "models": "Models",
    "tooling_data": "Tooling & data",
    "applications": "Applications",
    "": "Market",
}

METRIC_NAMES = {
    "share": "share of gross profit (accrual book)",
    "share_cash": "share of gross profit (cash book)",
    "gross_profit": "gross profit (accrual book)",
    "gross_profit_cash": "gross profit (cash book)",
    "operating_surplus": "operating surplus",
    "gross_margin": "gross margin",
    "cumulative_gross_profit": "cumulated gross profit",
    "discounted_gross_profit": "discounted gross profit",
    "exhaustion": "usable text exhausted",
    "frontier_flop": "largest training run",
    "fleet_h100e": "accelerators in use",
}

UNIT_NAMES = {
    "USD_bn": "billion US dollars, nominal",
    "USD_per_H100e": "US dollars per H100-equivalent",
    "USD_per_H100e_per_hour": "US dollars per H100-equivalent and hour",
    "USD_per_Mtok": "US dollars per million tokens",
    "H100e": "H100-equivalents",
    "1": "fraction",
    "": "fraction",
}

CATEGORIES = {"binding_constraint": ("none", "chips", "power", "capital", "data")}


LIMIT_NAMES = {"none": "nothing", "data": "text (data)"}


def layer_name(layer: str) -> str:
    return LAYER_NAMES.get(layer, layer)


def metric_name(metric: str) -> str:
    return METRIC_NAMES.get(metric, metric.replace("_", " "))


def unit_name(unit: str) -> str:
    return UNIT_NAMES.get(unit, unit)


def limit_name(name: str) -> str:
    """A limit as a heading; `data` is the category's name, what runs short is text."""
    return LIMIT_NAMES.get(name, name)


def category_name(metric: str, number: int) -> str:
    names = CATEGORIES.get(metric, ())
    return names[number] if number < len(names) else str(number)
