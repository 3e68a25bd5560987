"""Figures computed from other rows on every trajectory: shares, groups, concentration, values, leaders.

Yearly shares come from yearly sums (clipped at zero after summing), never from averaged quarterly shares,
which are biased upward for layers near zero.
"""

from __future__ import annotations

from collections.abc import Callable

from stackcast.engine.declare import NEVER, Loop, Mechanism, Row
from stackcast.engine.jit import kernel
from stackcast.ledger.layers import GROUPS, LAYERS

MONEY_METRICS = ("revenue", "gross_profit", "gross_profit_cash", "operating_surplus")
LAYER_ROWS = tuple(f"{metric}_{layer}" for metric in MONEY_METRICS for layer in LAYERS)
"""Rows a ledger writes; with all of them there are shares, margins, leaders and values."""
_BOOKS = {"share": "gross_profit", "share_cash": "gross_profit_cash"}


@kernel
def _positive(x):
    return max(x, 0.0)


def _positive_sum(a, b, c, d, e, f, g, h):
    gains = (
        _positive(a) + _positive(b) + _positive(c) + _positive(d)
        + _positive(e) + _positive(f) + _positive(g) + _positive(h)
    )  # fmt: skip
    # Summed on their own: gains less net would leave rounding errors where nobody loses.
    losses = (
        _positive(-a) + _positive(-b) + _positive(-c) + _positive(-d)
        + _positive(-e) + _positive(-f) + _positive(-g) + _positive(-h)
    )  # fmt: skip
    return gains, losses


def _sum(a, b, c, d, e, f, g, h):
    return (a + b + c + d + e + f + g + h,)


def _shares(a, b, c, d, revenue_a, revenue_b, revenue_c, revenue_d, gains, revenue):
    """Shares of four layers; the share of revenue where no layer earns anything."""
    none = gains == 0.0
    whole = revenue if none else gains
    whole = 1.0 if whole == 0.0 else whole
    a = revenue_a if none else _positive(a)
    b = revenue_b if none else _positive(b)
    c = revenue_c if none else _positive(c)
    d = revenue_d if none else _positive(d)
    return a / whole, b / whole, c / whole, d / whole


def _loss_ratio(gains, losses):
    return (losses / gains if gains > 0.0 else 0.0,)


def _herfindahl(a, b, c, d, e, f, g, h):
    return (a * a + b * b + c * c + d * d + e * e + f * f + g * g + h * h,)


def _add_two(a, b):
    return (a + b,)


def _add_three(a, b, c):
    return (a + b + c,)


def _identity(a):
    return (a,)


def _margin(profit, revenue):
    return (profit / revenue if revenue > 0.0 else 0.0,)


_ADDERS: dict[int, Callable] = {1: _identity, 2: _add_two, 3: _add_three}


def group_loops(metric: str, row: Callable[[str, str], str], groups: tuple[str, ...] = tuple(GROUPS)) -> list[Loop]:
    """One sum per group of layers; ``row(metric, layer)`` names the rows."""
    return [
        Loop(_ADDERS[len(GROUPS[group])], (row(metric, group),), reads=tuple(row(metric, x) for x in GROUPS[group]))
        for group in groups
    ]


def share_loops(row: Callable[[str, str], str], market: Callable[[str], str]) -> list[Loop]:
    """Shares of both books, loss ratio and concentration from money rows of one period."""
    revenue = [row("revenue", layer) for layer in LAYERS]
    loops = [Loop(_sum, (market("revenue_sum"),), reads=tuple(revenue))]
    for share, profit in _BOOKS.items():
        profits = [row(profit, layer) for layer in LAYERS]
        gains, losses = market(f"{profit}_gains"), market(f"{profit}_losses")
        loops.append(Loop(_positive_sum, (gains, losses), reads=tuple(profits)))
        for part in (slice(0, 4), slice(4, 8)):
            reads = (*profits[part], *revenue[part], gains, market("revenue_sum"))
            loops.append(Loop(_shares, tuple(row(share, layer) for layer in LAYERS[part]), reads=reads))
        loops.extend(group_loops(share, row))
    gains, losses = market("gross_profit_gains"), market("gross_profit_losses")
    loops.append(Loop(_loss_ratio, (market("loss_ratio"),), reads=(gains, losses)))
    shares = tuple(row("share", layer) for layer in LAYERS)
    loops.append(Loop(_herfindahl, (market("layer_hhi"),), reads=shares))
    return loops


def margin_loops(row: Callable[[str, str], str]) -> list[Loop]:
    """Gross margin of every layer and group."""
    return [
        Loop(_margin, (row("gross_margin", who),), reads=(row("gross_profit", who), row("revenue", who)))
        for who in (*LAYERS, *GROUPS)
    ]


def _accumulate(profit, discount_factor, cumulative, discounted):
    return cumulative + profit, discounted + profit * discount_factor


def value_loops(row: Callable[[str, str], str]) -> list[Loop]:
    """Gross profit summed over the years, as it stands and discounted from each year's middle."""
    return [
        Loop(
            _accumulate,
            (f"cumulative_gross_profit_{who}", f"discounted_gross_profit_{who}"),
            reads=(row("gross_profit", who), "discount_factor", *_totals(who)),
        )
        for who in (*LAYERS, *GROUPS)
    ]


def _totals(who: str) -> tuple[str, str]:
    return f"cumulative_gross_profit_{who}", f"discounted_gross_profit_{who}"


def _largest(a, b, c, d, e, f, g, h):
    return (max(max(max(a, b), max(c, d)), max(max(e, f), max(g, h))),)


def _first_lead(a, b, c, d, most, year, last_a, last_b, last_c, last_d):
    now_a = year if a >= most else NEVER
    now_b = year if b >= most else NEVER
    now_c = year if c >= most else NEVER
    now_d = year if d >= most else NEVER
    return min(last_a, now_a), min(last_b, now_b), min(last_c, now_c), min(last_d, now_d)


def _leaders() -> Mechanism:
    profits = tuple(f"gross_profit_{layer}" for layer in LAYERS)
    loops = [Loop(_largest, ("largest_gross_profit",), reads=profits)]
    for part in (slice(0, 4), slice(4, 8)):
        events = tuple(f"lead_{layer}" for layer in LAYERS[part])
        reads = (*profits[part], "largest_gross_profit", "year", *(f"last_{event}" for event in events))
        loops.append(Loop(_first_lead, events, reads=reads))
    rows = {
        f"lead_{layer}": Row("year", "event", f"first quarter in which {layer} earns the most", "event")
        for layer in LAYERS
    }
    rows["largest_gross_profit"] = Row("USD_bn", "flow", "largest accrual gross profit of any layer")
    return Mechanism(
        name="leaders",
        doc="First quarter in which each layer has the largest accrual gross profit.",
        loops=tuple(loops),
        writes=rows,
        reads=profits,
        carries={f"lead_{layer}": NEVER for layer in LAYERS},
    )


LEADERS = _leaders()
"""Appended to every program whose mechanisms write all layers' gross profit."""
