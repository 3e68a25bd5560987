"""Data market: the price of data, what buyers spend on it, and what proprietary data is worth.

When the largest run wants more text than there is, the price of data rises towards the shortage and its sellers'
margin with it: the limit sets the rent (assumption for all responses). The premium of applications with proprietary
data over others erodes as general models become useful enough to overtake specialised ones.
"""

from __future__ import annotations

from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.vecmath import exp

# Text dearer than ten times is made rather than bought (assumption).
HIGHEST_PRICE_LOG = 2.302585092994046
HIGHEST_SPEND_SHARE = 0.35
HIGHEST_LAB_SHARE = 0.25
LEAST_SHARE = 0.02
HIGHEST_MARGIN = 0.9
HIGHEST_COST_SHARE = 0.6


def price_data(last_data_price_log, data_price_adjustment, data_response, text_shortage, lab_data_share):
    """Log of the price of data and the price (1 without shortage); labs' purchases over their R&D budget."""
    target = min(data_response * text_shortage, HIGHEST_PRICE_LOG)
    price_log = last_data_price_log + data_price_adjustment * (target - last_data_price_log)
    price = exp(price_log)
    return price_log, price, min(lab_data_share * price, HIGHEST_LAB_SHARE)


def spend_on_data(data_share, slowdown_data, slowdown, data_elasticity, data_price_log):
    """Data's share of builds: dearer data is bought less, by less than its price rises where demand is inelastic."""
    bought = exp((1.0 - data_elasticity) * data_price_log)
    return (min(data_share * (1.0 + slowdown_data * slowdown) * bought, HIGHEST_SPEND_SHARE),)


def margin_of_data(data_margin, data_rent, data_price, moat_margin, moat_pipeline):
    """Gross margin of data: what a higher price adds, and the moat."""
    margin = data_margin + data_rent * (1.0 - 1.0 / data_price) + moat_margin * (moat_pipeline - 0.5)
    return (min(max(margin, LEAST_SHARE), HIGHEST_MARGIN),)


def erode_premium(
    data_erosion,
    usefulness,
    data_premium_start,
    app_other_cost,
    proprietary_share,
    moat_margin,
    moat_distribution,
):
    """Part of the data premium that is left, the premium, applications' costs outside the stack over revenue."""
    kept = 1.0 - data_erosion * usefulness
    premium = data_premium_start * kept
    lost = proprietary_share * (data_premium_start - premium)
    cost = app_other_cost + lost - moat_margin * (moat_distribution - 0.5)
    return kept, premium, min(max(cost, LEAST_SHARE), HIGHEST_COST_SHARE)


DATA_MARKET = Mechanism(
    name="data_market",
    doc="Price of data, spend on it, the worth of proprietary data.",
    priors={
        "data_share": "1",
        "slowdown_data": "1",
        "data_response": "1",
        "data_price_adjustment": "1",
        "data_elasticity": "1",
        "data_margin": "1",
        "data_rent": "1",
        "moat_margin": "1",
        "lab_data_share": "1",
        "data_premium_start": "1",
        "data_erosion": "1",
        "proprietary_share": "1",
        "app_other_cost": "1",
    },
    reads=("slowdown", "text_shortage", "usefulness", "moat_pipeline", "moat_distribution"),
    carries={"data_price_log": 0.0, "premium_kept": 1.0},
    writes={
        "data_price_log": Row("log", "price", "log of the price of data"),
        "data_price": Row("1", "price", "price of data, 1 without shortage of text", "positive"),
        "lab_data_rate": Row("1", "price", "labs' purchases of data over their R&D budget"),
        "data_spend_share": Row("1", "price", "data's share of spend on builds"),
        "data_gross_margin": Row("1", "price", "gross margin of data sellers"),
        "premium_kept": Row("1", "stock", "part of the premium of proprietary data that is left"),
        "data_premium": Row("1", "stock", "margin of applications with proprietary data over others", "ratio"),
        "app_cost_share": Row("1", "price", "applications' costs outside the stack over revenue"),
    },
    neutral={
        "data_price_log": 0.0,
        "data_price": 1.0,
        "lab_data_rate": "lab_data_share",
        "data_spend_share": "data_share",
        "data_gross_margin": "data_margin",
        "premium_kept": 1.0,
        "data_premium": "data_premium_start",
        "app_cost_share": "app_other_cost",
    },
    loops=(
        Loop(price_data, ("data_price_log", "data_price", "lab_data_rate")),
        Loop(spend_on_data, ("data_spend_share",)),
        Loop(margin_of_data, ("data_gross_margin",)),
        Loop(erode_premium, ("premium_kept", "data_premium", "app_cost_share")),
    ),
)
