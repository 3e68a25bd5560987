"""Open against closed: how far open weights lag, what the gap and the brand are worth, who serves the tokens.

The lag reverts in logs to a mean that shortens after 2024 (Epoch AI open-model trends: 14 months over 2019-24, 3.5
months over 2023-25); a leap of open weights shortens it at once. The gap in capability is the lag times the current
pace, so that slower progress narrows it. Token share by logit in the gap and the premium at equal quality, which moves
to the mark-up of a seller with a logit demand (Berry 1994, RAND Journal of Economics 25(2)); the noise with which
buyers measure quality is the logit's temperature. Open models earn little by construction: they sell at a fraction of
the closed price.
"""

from __future__ import annotations

from stackcast.engine.declare import NEVER, Loop, Mechanism, Row
from stackcast.engine.vecmath import exp, log
from stackcast.laws import dynamics, pricing

_event_probability = dynamics.event_probability.kernel
_bertrand_markup = pricing.bertrand_markup.kernel
_logit_share = pricing.logit_share.kernel

SHORTER_FROM = 2025.0
MONTHS_PER_QUARTER = 3.0
PACE_SMOOTHING = 0.25
# Orders of magnitude of effective compute a month: 0.67 a year of compute and 0.43 of algorithms.
PACE_START = 0.09
REFERENCE_GAP = 0.4
# Log 30: beyond thirty times the open price buyers of equal quality leave (assumption).
HIGHEST_MARK_UP = 3.4011973816621555


def prepare_open(open_lag, open_lag_later, open_token_share, open_leap_hazard, open_price_ratio, gap_pricing):
    """Logs of the lags, log odds of the token share at the reference gap, chance of a leap, premium of the brand.

    The price of open over closed at the reference gap is the gap's part and the brand's.
    """
    odds = log(open_token_share / (1.0 - open_token_share))
    brand = max(-log(open_price_ratio) - REFERENCE_GAP * gap_pricing, 0.0)
    return log(open_lag), log(open_lag_later), odds, _event_probability(open_leap_hazard), brand


def move_lag(
    year,
    last_lag_log,
    lag_mean_log,
    lag_later_log,
    open_lag_reversion,
    open_lag_noise,
    open_lag_shock,
    open_leap_draw,
    open_leap_chance,
    open_leap_size,
    last_open_leap,
):
    """Lag of open behind closed models in months, and the quarter of the first leap of open weights."""
    leap = 1.0 if open_leap_draw < open_leap_chance else 0.0
    mean = lag_mean_log + (lag_later_log if year >= SHORTER_FROM else 0.0)
    calm = last_lag_log + open_lag_reversion * (mean - last_lag_log) + open_lag_noise * open_lag_shock
    lag_log = calm - open_leap_size * leap
    return lag_log, exp(lag_log), min(last_open_leap, year if leap > 0.0 else NEVER)


def open_gap(capability, last_capability, last_pace, lag_months):
    """Smoothed pace of capability, and the gap it opens over the lag."""
    step = (capability - last_capability) / MONTHS_PER_QUARTER
    news = step if last_capability > 0.0 else last_pace
    pace = last_pace + PACE_SMOOTHING * (news - last_pace)
    return pace, lag_months * pace


def price_brand(
    price_sensitivity,
    last_open_share,
    last_lab_hhi,
    last_closed_brand,
    open_share_adjustment,
    model_gap,
    gap_pricing,
    premium_margin_share,
    brand_start,
):
    """Premium at equal quality; closed price over the reference's, open price over closed, both premiums.

    A typical lab's own share is its part of the tokens that closed models serve.
    """
    mark_up = min(_bertrand_markup(price_sensitivity, (1.0 - last_open_share) * last_lab_hhi), HIGHEST_MARK_UP)
    brand = last_closed_brand + open_share_adjustment * (mark_up - last_closed_brand)
    excess = gap_pricing * (model_gap - REFERENCE_GAP)
    dearer = exp(excess + premium_margin_share * (brand - brand_start))
    ratio = min(exp(-(gap_pricing * model_gap + brand)), 1.0)
    return brand, dearer, ratio, 1.0 / ratio - 1.0, exp(brand) - 1.0


def share_tokens(
    model_gap,
    closed_brand,
    brand_start,
    gap_preference,
    price_sensitivity,
    premium_margin_share,
    evaluation_noise,
    open_odds,
    last_open_share,
    open_share_adjustment,
):
    """Open models' share of tokens: at the reference gap and brand it is that of its prior.

    Only what comes out of margins is a lower price of the same model; cheaper models are worth less.
    """
    cut = premium_margin_share * (closed_brand - brand_start)
    value = gap_preference * (model_gap - REFERENCE_GAP) - price_sensitivity * cut
    # Log odds are utility over the temperature already.
    target = _logit_share(open_odds - value / evaluation_noise, 1.0)
    return (last_open_share + open_share_adjustment * (target - last_open_share),)


def split_bill(open_share, open_relative_price, self_hosting_share, open_margin):
    """Parts of a bill for tokens: closed models, open hosts, compute for self-hosting; open hosts' part of sales."""
    closed = 1.0 - open_share
    hosted = open_share * (1.0 - self_hosting_share) * open_relative_price
    own = open_share * self_hosting_share * open_relative_price * (1.0 - open_margin)
    whole = closed + hosted + own
    return closed / whole, hosted / whole, own / whole, hosted / (closed + hosted)


OPEN_CLOSED = Mechanism(
    name="open_closed",
    doc="Lag, gap, brand, token share and price of open-weight models.",
    priors={
        "open_lag": "months",
        "open_lag_later": "1",
        "open_lag_reversion": "1",
        "open_lag_noise": "1",
        "open_leap_hazard": "per_quarter",
        "open_leap_size": "1",
        "open_token_share": "1",
        "gap_preference": "1",
        "gap_pricing": "1",
        "open_share_adjustment": "1",
        "open_price_ratio": "1",
        "price_sensitivity": "1",
        "premium_margin_share": "1",
        "evaluation_noise": "1",
        "self_hosting_share": "1",
        "open_margin": "1",
    },
    shocks={"open_lag_shock": "normal", "open_leap_draw": "uniform"},
    reads=("capability",),
    carries={
        "lag_log": "lag_mean_log",
        "open_leap": NEVER,
        "capability": None,
        "pace": PACE_START,
        "model_gap": REFERENCE_GAP,
        "open_share": "open_token_share",
        "lab_hhi": None,
        "closed_brand": "brand_start",
    },
    writes={
        "lag_mean_log": Row("1", "price", "log of the mean lag"),
        "lag_later_log": Row("1", "price", "log of the factor on the mean lag after 2024"),
        "open_odds": Row("1", "price", "log odds of the open token share at the reference gap"),
        "open_leap_chance": Row("1", "price", "chance of a leap of open weights in a quarter"),
        "brand_start": Row("1", "price", "log premium at equal quality at the start"),
        "lag_log": Row("1", "stock", "log of the lag"),
        "lag_months": Row("months", "stock", "lag of open-weight models", "positive", metric="open_lag"),
        "open_leap": Row("year", "event", "quarter of the first leap of open weights", "event"),
        "pace": Row("1", "price", "orders of magnitude of effective compute gained a month, smoothed"),
        "model_gap": Row("1", "stock", "orders of magnitude between closed and open models"),
        "closed_brand": Row("1", "price", "log premium of closed models at equal quality"),
        "closed_dearness": Row("1", "price", "closed price over its value at the reference gap, in labs' margins"),
        "open_relative_price": Row("1", "price", "open price over closed price"),
        "closed_premium": Row("1", "price", "closed price over open price, less one", "positive"),
        "equal_quality_premium": Row("1", "price", "the same for models of equal quality", "positive"),
        "open_share": Row("1", "stock", "open models' share of tokens", "share"),
        "bill_closed": Row("1", "price", "part of a token bill that buys closed models"),
        "bill_open": Row("1", "price", "part that buys from open hosts"),
        "bill_self": Row("1", "price", "part that buys compute for self-hosted models"),
        "open_sales_share": Row("1", "price", "open hosts' part of model sales"),
    },
    neutral={
        "lag_log": 0.0,
        "lag_months": "open_lag",
        "closed_brand": 0.0,
        "open_share": 0.0,
        "closed_dearness": 1.0,
        "closed_premium": 0.0,
        "equal_quality_premium": 0.0,
        "bill_closed": 1.0,
        "bill_open": 0.0,
        "bill_self": 0.0,
        "open_sales_share": 0.0,
    },
    loops=(
        Loop(
            prepare_open,
            ("lag_mean_log", "lag_later_log", "open_odds", "open_leap_chance", "brand_start"),
            when="start",
        ),
        Loop(move_lag, ("lag_log", "lag_months", "open_leap")),
        Loop(open_gap, ("pace", "model_gap")),
        Loop(
            price_brand,
            ("closed_brand", "closed_dearness", "open_relative_price", "closed_premium", "equal_quality_premium"),
        ),
        Loop(share_tokens, ("open_share",)),
        Loop(split_bill, ("bill_closed", "bill_open", "bill_self", "open_sales_share")),
    ),
)
