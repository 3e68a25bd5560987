"""Open against closed: how far open weights lag, what the gap is worth, who serves the tokens.

The lag reverts in logs to a mean that shortens after 2024 (Epoch AI open-model trends: 14 months over 2019-24, 3.5
months over 2023-25). The gap in capability is the lag times the current pace, so that slower progress narrows it.
Token share by logit in the gap; the closed premium is an exponential of the gap. Open models earn little by
construction: they sell at a fraction of the closed price.
"""

from __future__ import annotations

from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.vecmath import exp, log

SHORTER_FROM = 2025.0
MONTHS_PER_QUARTER = 3.0
PACE_SMOOTHING = 0.25
# Orders of magnitude of effective compute a month: 0.67 a year of compute and 0.43 of algorithms.
PACE_START = 0.09
REFERENCE_GAP = 0.4


def prepare_open(open_lag, open_lag_later, open_token_share):
    """Logs of the lags and the log odds of the token share at the reference gap."""
    odds = log(open_token_share / (1.0 - open_token_share))
    return log(open_lag), log(open_lag_later), odds


def move_lag(year, last_lag_log, lag_mean_log, lag_later_log, open_lag_reversion, open_lag_noise, open_lag_shock):
    """Lag of open behind closed models in months."""
    mean = lag_mean_log + (lag_later_log if year >= SHORTER_FROM else 0.0)
    lag_log = last_lag_log + open_lag_reversion * (mean - last_lag_log) + open_lag_noise * open_lag_shock
    return lag_log, exp(lag_log)


def open_gap(capability, last_capability, last_pace, lag_months):
    """Smoothed pace of capability, and the gap it opens over the lag."""
    step = (capability - last_capability) / MONTHS_PER_QUARTER
    news = step if last_capability > 0.0 else last_pace
    pace = last_pace + PACE_SMOOTHING * (news - last_pace)
    return pace, lag_months * pace


def share_tokens(
    model_gap, open_odds, gap_preference, gap_pricing, last_open_share, open_share_adjustment, open_price_ratio
):
    """Open share of tokens, price of open over closed, and the closed price over what it is at the reference gap."""
    excess = model_gap - REFERENCE_GAP
    target = 1.0 / (1.0 + exp(gap_preference * excess - open_odds))
    share = last_open_share + open_share_adjustment * (target - last_open_share)
    dearer = exp(gap_pricing * excess)
    ratio = min(open_price_ratio / dearer, 1.0)
    return share, dearer, ratio, 1.0 / ratio - 1.0


def split_bill(open_share, open_relative_price, self_hosting_share, open_margin):
    """Parts of a bill for tokens: closed models, open hosts, compute for self-hosting; open hosts' part of sales."""
    closed = 1.0 - open_share
    hosted = open_share * (1.0 - self_hosting_share) * open_relative_price
    own = open_share * self_hosting_share * open_relative_price * (1.0 - open_margin)
    whole = closed + hosted + own
    return closed / whole, hosted / whole, own / whole, hosted / (closed + hosted)


OPEN_CLOSED = Mechanism(
    name="open_closed",
    doc="Lag, gap, token share and price of open-weight models.",
    priors={
        "open_lag": "months",
        "open_lag_later": "1",
        "open_lag_reversion": "1",
        "open_lag_noise": "1",
        "open_token_share": "1",
        "gap_preference": "1",
        "gap_pricing": "1",
        "open_share_adjustment": "1",
        "open_price_ratio": "1",
        "self_hosting_share": "1",
        "open_margin": "1",
    },
    shocks={"open_lag_shock": "normal"},
    reads=("capability",),
    carries={
        "lag_log": "lag_mean_log",
        "capability": None,
        "pace": PACE_START,
        "open_share": "open_token_share",
    },
    writes={
        "lag_mean_log": Row("1", "price", "log of the mean lag"),
        "lag_later_log": Row("1", "price", "log of the factor on the mean lag after 2024"),
        "open_odds": Row("1", "price", "log odds of the open token share at the reference gap"),
        "lag_log": Row("1", "stock", "log of the lag"),
        "lag_months": Row("months", "stock", "lag of open-weight models", "positive", metric="open_lag"),
        "pace": Row("1", "price", "orders of magnitude of effective compute gained a month, smoothed"),
        "model_gap": Row("1", "stock", "orders of magnitude between closed and open models"),
        "open_share": Row("1", "stock", "open models' share of tokens", "share"),
        "closed_dearness": Row("1", "price", "closed price over its value at the reference gap"),
        "open_relative_price": Row("1", "price", "open price over closed price"),
        "closed_premium": Row("1", "price", "closed price over open price, less one", "positive"),
        "bill_closed": Row("1", "price", "part of a token bill that buys closed models"),
        "bill_open": Row("1", "price", "part that buys from open hosts"),
        "bill_self": Row("1", "price", "part that buys compute for self-hosted models"),
        "open_sales_share": Row("1", "price", "open hosts' part of model sales"),
    },
    neutral={
        "lag_log": 0.0,
        "lag_months": "open_lag",
        "open_share": 0.0,
        "closed_dearness": 1.0,
        "closed_premium": 0.0,
        "bill_closed": 1.0,
        "bill_open": 0.0,
        "bill_self": 0.0,
        "open_sales_share": 0.0,
    },
    loops=(
        Loop(prepare_open, ("lag_mean_log", "lag_later_log", "open_odds"), when="start"),
        Loop(move_lag, ("lag_log", "lag_months")),
        Loop(open_gap, ("pace", "model_gap")),
        Loop(share_tokens, ("open_share", "closed_dearness", "open_relative_price", "closed_premium")),
        Loop(split_bill, ("bill_closed", "bill_open", "bill_self", "open_sales_share")),
    ),
)
