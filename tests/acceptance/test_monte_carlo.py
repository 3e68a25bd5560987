"""Published distributions recomputed from a million of the engine's own draws (seed fixed, so a result never flickers).

Tolerances: 2 % on medians, 4 % on tails, 0.1 year on dates. The standard error of the widest tail at a
million draws is 0.3 %.
"""

import math

import numpy as np
import pytest
from scipy.stats import norm

from stackcast.engine.draws import DrawPlan, PriorDraw, Quantile, draw_values
from stackcast.laws.growth import exhaustion_time

DRAWS = 1_000_000
SEED = 20240604
MEDIAN, TAIL = 0.02, 0.04


def lognormal(name, low, high, level, below=math.inf):
    """A prior whose central interval of this level is low to high, cut off at ``below``."""
    mu = 0.5 * (math.log(low) + math.log(high))
    sigma = 0.5 * (math.log(high) - math.log(low)) / norm.ppf(0.5 + 0.5 * level)
    u_high = 1.0 if below == math.inf else norm.cdf((math.log(below) - mu) / sigma)
    return PriorDraw(name, f"prior:{name}", Quantile("lognormal", mu, sigma, u_high=u_high))


def text_stock(below):
    """Draws of indexed, quality-adjusted and effective text in tokens, and of what B4 adds to them.

    Villalobos et al. 2024 (epoch-research/data-stock): pages x bytes a page / bytes a token, the last as
    6 minus a lognormal that must stay below 6 to leave a positive length.
    """
    plan = DrawPlan(
        (
            lognormal("pages", 75e9, 1e12, 0.95),
            lognormal("bytes_per_page", 6100.0, 8200.0, 0.95),
            lognormal("shortfall", 1.0, 4.0, 0.95, below=below),
            lognormal("quality", 0.1, 0.4, 0.95),
            lognormal("repetition", 2.0, 5.0, 0.95),
            lognormal("page_growth", 1.02, 1.04, 0.95),
            lognormal("length_growth", 1.0, 1.1, 0.95),
            lognormal("largest_set", 3e12, 13e12, 0.90),
            lognormal("set_growth", 1.85, 3.04, 0.95),
        )
    )
    draws = draw_values(plan, SEED, 0, DRAWS)
    indexed = draws["pages"] * draws["bytes_per_page"] / (6.0 - draws["shortfall"])
    usable = indexed * draws["quality"]
    return {"indexed": indexed, "usable": usable, "effective": usable * draws["repetition"], **draws}


@pytest.fixture(scope="module")
def text():
    """The stock as recommended: the subtrahend cut off at 5, so that a token has at least one byte."""
    return text_stock(below=5.0)


# name, median, lower and upper end in trillions of tokens, level
PUBLISHED = [
    pytest.param("indexed", 508.0, 131.0, 2125.0, 0.95, id="b1_indexed_web"),
    pytest.param("usable", 102.0, 22.0, 499.0, 0.95, id="b2_quality_adjusted"),
    pytest.param("effective", 322.0, 85.0, 1277.0, 0.90, id="b3_effective_stock"),
]


@pytest.mark.parametrize(("name", "median", "low", "high", "level"), PUBLISHED)
def test_text_stock(text, name, median, low, high, level):
    """B1-B3, Villalobos et al. 2024 recomputed. Cutting at 5 takes 3 % off the published upper tails."""
    tails = [0.5 - level / 2.0, 0.5 + level / 2.0]
    stock = text[name] / 1e12
    assert np.median(stock) == pytest.approx(median, rel=MEDIAN)
    assert np.quantile(stock, tails) == pytest.approx([low, high], rel=TAIL)


def test_text_stock_upper_tail_comes_from_tokens_shorter_than_a_byte():
    """B1-B3 again with the cut at 6, where only impossible draws are removed: the published tails to 1 %."""
    text = text_stock(below=6.0)
    for parameters in PUBLISHED:
        name, median, low, high, level = parameters.values
        ends = np.quantile(text[name] / 1e12, [0.5 - level / 2.0, 0.5, 0.5 + level / 2.0])
        # Half a unit, because the published ends have two to four digits.
        assert ends == pytest.approx([low, median, high], rel=0.01, abs=0.5)


def test_b4_exhaustion_by_historical_growth(text):
    """Villalobos et al. 2024 recomputed in continuous time: D0 g^t = stock x growth^t on the same trajectory."""
    stock_growth = text["page_growth"] * text["length_growth"]
    years = np.log(text["effective"] / text["largest_set"]) / np.log(text["set_growth"] / stock_growth)
    dates = 2024.0 + np.maximum(years, 0.0)
    assert np.quantile(dates, [0.1, 0.5, 0.9]) == pytest.approx([2027.3, 2029.0, 2031.2], abs=0.1)
    # A yearly grid notices it at the next new year's day.
    assert np.median(np.ceil(dates)) == 2030.0
    # The law gives the same date, draw by draw.
    for k in range(200):
        law = exhaustion_time(text["effective"][k], text["largest_set"][k], stock_growth[k], text["set_growth"][k])
        assert 2024.0 + law == pytest.approx(dates[k], abs=1e-9)


def test_b4_quantiles_must_not_be_crossed_instead_of_trajectories(text):
    """Where the upper band of demand meets the lower band of stock is no quantile of the date: half a year early."""
    years = np.arange(0.0, 8.0, 0.05)
    log_stock, log_set = np.log(text["effective"][:50_000]), np.log(text["largest_set"][:50_000])
    growth = np.log(text["page_growth"] * text["length_growth"])[:50_000]
    demand_growth = np.log(text["set_growth"])[:50_000]
    upper = np.array([np.quantile(log_set + t * demand_growth, 0.9) for t in years])
    lower = np.array([np.quantile(log_stock + t * growth, 0.1) for t in years])
    crossed = 2024.0 + years[np.argmax(upper > lower)]
    dates = 2024.0 + (log_stock - log_set) / (demand_growth - growth)
    assert crossed < np.quantile(dates, 0.1) - 0.3


def test_b5_one_draw_per_trajectory():
    """A parameter used twice is one draw: ln-variance of x * x is 4 s^2, not the 2 s^2 of two draws (closed form)."""
    sigma = 0.4
    prior = PriorDraw("x", "prior:x", Quantile("lognormal", 1.0, sigma))
    other = PriorDraw("y", "prior:y", Quantile("lognormal", 1.0, sigma))
    draws = draw_values(DrawPlan((prior, other)), SEED, 0, DRAWS)
    # Standard error of a variance from a million normals: 0.14 %.
    assert np.var(np.log(draws["x"] * draws["x"])) == pytest.approx(4.0 * sigma**2, rel=0.01)
    assert np.var(np.log(draws["x"] * draws["y"])) == pytest.approx(2.0 * sigma**2, rel=0.01)
    # In whatever plan it appears, the parameter keeps its draw.
    again = draw_values(DrawPlan((other, prior)), SEED, 0, 1000)
    assert np.array_equal(again["x"], draws["x"][:1000])
