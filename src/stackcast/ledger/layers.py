"""The eight layers between which the money is split, and the four groups of the short view."""

from __future__ import annotations

LAYERS = ("foundry", "chips", "cloud", "closed_models", "open_models", "tooling", "data", "apps")

GROUPS: dict[str, tuple[str, ...]] = {
    "infrastructure": ("foundry", "chips", "cloud"),
    "models": ("closed_models", "open_models"),
    "tooling_data": ("tooling", "data"),
    "applications": ("apps",),
}
