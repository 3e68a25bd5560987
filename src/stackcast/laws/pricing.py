"""Prices, margins and market shares under product competition; the profit-maximising lab."""

from __future__ import annotations

from typing import NamedTuple

from stackcast.engine.vecmath import exp, log
from stackcast.laws.law import ABOVE_ONE, BELOW_ONE, NONNEGATIVE, POSITIVE, REAL, Record, law


class LabDemand(NamedTuple):
    """Demand of a lab's customers: value of quality r, price elasticity h, scale I0 [tokens/year]."""

    quality_elasticity: float
    price_elasticity: float
    scale: float


# The three presets of epoch-research/data-stock (Villalobos et al. 2024).
INELASTIC_DEMAND = LabDemand(7.0, 1.1, 1e13)
ELASTIC_DEMAND = LabDemand(7.0, 2.0, 1e15)
QUALITY_DEMAND = LabDemand(10.0, 2.4, 1e16)

_LAB_DEMAND = Record(LabDemand, {"quality_elasticity": POSITIVE, "price_elasticity": ABOVE_ONE, "scale": POSITIVE})


@law(h=ABOVE_ONE)
def unconstrained_margin(h: float) -> float:
    """Gross margin that a price elasticity h leaves to an unconstrained monopolist.

    (P - c) / P = 1/h

    h = |d ln Q / d ln P| > 1: below 1 no price maximises profit. Source: Lerner 1934, Review of Economic
    Studies 1(3); the lab of Villalobos et al. 2024 (epoch-research/data-stock).
    Raises ValueError for h <= 1 or not finite.
    """
    return 1.0 / h


@law(h=ABOVE_ONE, params=POSITIVE, cost_per_flop=POSITIVE)
def unconstrained_price(h: float, params: float, cost_per_flop: float) -> float:
    """Price per token that maximises the lab's profit from a model of so many parameters.

    P = h/(h-1) 2 N k

    params N, cost_per_flop k [USD/FLOP] (1e-18 in the source), price [USD/token]; 2 N FLOP a token.
    Source: first-order condition of the profit in Villalobos et al. 2024 (epoch-research/data-stock).
    Raises ValueError for h <= 1, params or cost <= 0 or a number that is not finite.
    """
    return h / (h - 1.0) * 2.0 * params * cost_per_flop


@law(price=POSITIVE, reducible_loss=POSITIVE, demand=_LAB_DEMAND)
def lab_demand(price: float, reducible_loss: float, demand: LabDemand) -> float:
    """Tokens a year sold by a lab at a price and a quality.

    Q = I0 (L_r / 0.1)^-r (P / 1e-6)^-h

    price P [USD/token], reducible loss L_r [nats/token], Q and I0 [tokens/year].
    Source: Villalobos et al. 2024 (epoch-research/data-stock).
    Raises ValueError for a price or loss <= 0, h <= 1, r or I0 <= 0 or a number that is not finite.
    """
    quality = -demand.quality_elasticity * log(reducible_loss / 0.1)
    return demand.scale * exp(quality - demand.price_elasticity * log(price / 1e-6))


_lab_demand = lab_demand.kernel


@law(
    price=POSITIVE,
    params=POSITIVE,
    tokens=POSITIVE,
    reducible_loss=POSITIVE,
    cost_per_flop=POSITIVE,
    demand=_LAB_DEMAND,
)
def lab_profit(
    price: float, params: float, tokens: float, reducible_loss: float, cost_per_flop: float, demand: LabDemand
) -> float:
    """Profit of a lab that trains a model of N parameters on D tokens and sells its output.

    Q (P - 2 N k) - 6 N D k,  Q = lab_demand

    price P [USD/token], cost_per_flop k [USD/FLOP], profit [USD/year, training paid once].
    Source: Villalobos et al. 2024 (epoch-research/data-stock).
    Raises ValueError for an argument <= 0, h <= 1 or a number that is not finite.
    """
    sold = _lab_demand(price, reducible_loss, demand)
    return sold * (price - 2.0 * params * cost_per_flop) - 6.0 * params * tokens * cost_per_flop


@law(advantage=REAL, temperature=POSITIVE)
def logit_share(advantage: float, temperature: float) -> float:
    """Market share of a good against one rival, from its advantage in utility.

    s = 1 / (1 + e^(-advantage/temperature))

    Both in one unit of utility; the temperature is the spread of tastes and of evaluation noise.
    Source: McFadden 1974, Conditional Logit Analysis of Qualitative Choice Behavior.
    Raises ValueError for a temperature <= 0 or a number that is not finite.
    """
    return 1.0 / (1.0 + exp(-(advantage / temperature)))


@law(first=REAL, second=REAL, outside=REAL, temperature=POSITIVE)
def logit_shares(first: float, second: float, outside: float, temperature: float) -> tuple[float, float, float]:
    """Shares of two goods and of buying neither, from their mean utilities.

    s_j = e^(v_j/T) / sum_k e^(v_k/T)

    All four in one unit of utility. Source: McFadden 1974; outside good as in Berry 1994,
    RAND Journal of Economics 25(2). A nest enters as one good with its ``inclusive_value``.
    Raises ValueError for a temperature <= 0 or a number that is not finite.
    """
    # The best option is set to e^0, so that no utility overflows.
    top = max(max(first, second), outside)
    a = exp((first - top) / temperature)
    b = exp((second - top) / temperature)
    c = exp((outside - top) / temperature)
    total = a + b + c
    return a / total, b / total, c / total


@law(first=REAL, second=REAL, temperature=POSITIVE)
def inclusive_value(first: float, second: float, temperature: float) -> float:
    """Expected best utility of a nest of two goods: the utility of the nest one level up.

    I = T ln(e^(v_1/T) + e^(v_2/T))

    All in one unit of utility. Source: McFadden 1978, Modelling the Choice of Residential Location.
    Raises ValueError for a temperature <= 0 or a number that is not finite.
    """
    top = max(first, second)
    low = min(first, second)
    return top + temperature * log(1.0 + exp((low - top) / temperature))


@law(price_sensitivity=POSITIVE, share=BELOW_ONE)
def bertrand_markup(price_sensitivity: float, share: float) -> float:
    """Price above marginal cost of a single-product firm in Bertrand-Nash equilibrium with logit demand.

    P - c = 1 / (alpha (1 - s))

    price_sensitivity alpha [1/USD], share s in [0, 1), mark-up [USD].
    Source: Berry 1994, RAND Journal of Economics 25(2); Train 2009, Discrete Choice Methods, ch. 3.
    Raises ValueError for alpha <= 0, a share outside [0, 1) or a number that is not finite.
    """
    return 1.0 / (price_sensitivity * (1.0 - share))


@law(price=POSITIVE, cost=NONNEGATIVE)
def gross_margin(price: float, cost: float) -> float:
    """Share of the price left after the cost of what is sold.

    m = (P - c) / P

    Price and cost in one unit. Source: definition.
    Raises ValueError for a price <= 0, a cost < 0 or a number that is not finite.
    """
    return (price - cost) / price
