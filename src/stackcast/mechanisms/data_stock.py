"""Data stock: usable text, what the largest run wants of it, and the quarter in which it runs out.

Stock, growth and repetition by Villalobos et al. 2024 (epoch-research/data-stock). Exhaustion is the first quarter
in which the largest run wants more than the unique text times the repetitions that still pay, on the same
trajectory. From then on labs fill a part of the gap with synthetic text (assumption) and pay more for data.
"""

from __future__ import annotations

from stackcast.engine.declare import NEVER, Loop, Mechanism, Row
from stackcast.engine.vecmath import exp, log


def prepare_text(text_growth):
    """Growth factor of the text stock in a quarter."""
    return (exp(text_growth),)


def use_text(
    year,
    last_text_stock,
    last_text_used,
    last_exhaustion,
    text_growth_factor,
    text_epochs,
    proprietary_text,
    synthetic_worth,
    tokens_wanted,
    tokens_trained,
):
    """Text that exists, the pool of different tokens next quarter's run can draw on, what is left."""
    stock = last_text_stock * text_growth_factor
    usable = stock * text_epochs
    gap = max(tokens_wanted - usable, 0.0)
    pool = stock * (1.0 + proprietary_text) + synthetic_worth * gap / text_epochs
    used = max(last_text_used, min(tokens_trained, usable))
    date = min(last_exhaustion, year if gap > 0.0 else NEVER)
    return stock, pool, used, max(usable - used, 0.0), date, log(1.0 + gap / usable)


DATA_STOCK = Mechanism(
    name="data_stock",
    doc="Usable text, its use by the largest run, exhaustion.",
    priors={
        "text_stock_start": "tokens",
        "text_growth": "log_per_quarter",
        "text_epochs": "1",
        "proprietary_text": "1",
        "synthetic_worth": "1",
    },
    reads=("tokens_wanted", "tokens_trained"),
    carries={
        "text_stock": "text_stock_start",
        "token_pool": "text_stock_start",
        "text_used": 0.0,
        "exhaustion": NEVER,
        "text_shortage": 0.0,
    },
    writes={
        "text_growth_factor": Row("1", "price", "growth factor of the text stock"),
        "text_stock": Row("tokens", "stock", "unique public text, adjusted for quality"),
        "token_pool": Row("tokens", "stock", "different tokens at hand: public, proprietary, synthetic"),
        "text_used": Row("tokens", "stock", "most public text used in one run so far"),
        "stock_left": Row("tokens", "stock", "public text times useful repetitions, less the most used", "positive"),
        "exhaustion": Row("year", "event", "quarter in which the largest run wants more text than there is", "event"),
        "text_shortage": Row("log", "stock", "log of tokens wanted over tokens usable, where that is positive"),
    },
    neutral={"token_pool": "text_stock_start", "stock_left": 1e15, "exhaustion": NEVER, "text_shortage": 0.0},
    loops=(
        Loop(prepare_text, ("text_growth_factor",), when="start"),
        Loop(
            use_text,
            ("text_stock", "token_pool", "text_used", "stock_left", "exhaustion", "text_shortage"),
        ),
    ),
)
