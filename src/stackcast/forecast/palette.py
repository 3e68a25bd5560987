"""One colour per layer, the same in every picture.

The colours are Paul Tol's "muted" scheme (SRON technical note SRON/EPS/TN/09-002), made to stay apart for readers with
any common colour-vision deficiency; neighbours in the stack differ in lightness as well, so a grey print still reads.
"""

from __future__ import annotations

COLOURS = {
    "foundry": "#332288",
    "chips": "#88CCEE",
    "cloud": "#117733",
    "closed_models": "#CC6677",
    "open_models": "#882255",
    "tooling": "#DDCC77",
    "data": "#AA4499",
    "apps": "#44AA99",
    "infrastructure": "#332288",
    "models": "#CC6677",
    "tooling_data": "#DDCC77",
    "applications": "#44AA99",
}
EVENT_COLOURS = ("#332288", "#CC6677", "#117733", "#88CCEE", "#882255")
LIMIT_COLOURS = {"chips": "#88CCEE", "power": "#DDCC77", "capital": "#332288", "data": "#AA4499", "none": "#DDDDDD"}
INK = "#444444"
FAINT = "#BBBBBB"


_LINE_DEPTH = 0.62


def colour(layer: str) -> str:
    """Fill of a layer's areas and bars."""
    return COLOURS.get(layer, INK)


def deep(layer: str) -> str:
    """The same hue dark enough for a thin line on white."""
    red, green, blue = (int(colour(layer)[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(_LINE_DEPTH * part):02x}" for part in (red, green, blue))
