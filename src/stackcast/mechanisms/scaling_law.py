"""Scaling law: what the largest run buys, as loss and effective compute.

Loss by Hoffmann et al. 2022 (arXiv 2203.15556) with repeated text by Muennighoff et al. 2023 (arXiv 2305.16264).
Which published fit holds is drawn per trajectory; the coefficients of one fit are drawn jointly. The older law of
Kaplan et al. 2020 (arXiv 2001.08361) has the same form inside an outer power. A run that is short of text is worth
the compute that would reach its loss with all the text it wants. After a scaling break every further step in
capability shrinks by a drawn factor; its hazard rises with capability beyond a drawn threshold (assumption:
extrapolation gets riskier with distance).
"""

from __future__ import annotations

from stackcast.engine.declare import NEVER, Loop, Mechanism, Row
from stackcast.engine.vecmath import exp, log
from stackcast.laws import dynamics, scaling

_compute_optimal = scaling.compute_optimal.kernel
_effective_tokens = scaling.effective_tokens.kernel
_loss = scaling.loss.kernel
_rising_event_probability = dynamics.rising_event_probability.kernel
_Fit = scaling.ScalingFit

LN6 = 1.791759469228055
LN10 = 2.302585092994046
# Any run will do to fix the constant of a power law; this one keeps the numbers moderate.
REFERENCE_FLOP = 6e24
LN_REFERENCE_PRODUCT = 55.262042231857095

# Number of repetitions over which text loses its value (R_D* of Muennighoff et al. 2023, the only such fit).
REPETITION_DECAY = 15.387756

HOFFMANN = (406.4010175194737, 410.7228269450398, 1.6933736809989528, 0.33917084, 0.2849083)
MUENNIGHOFF = (520.8249516599187, 1487.716093782861, 1.8691436784054858, 0.3526596, 0.3526596)
# L = ((8.8e13 / N)^(0.076/0.095) + 5.4e13 / D)^0.095, eq. 1.5: A is 8.8e13 to the power 0.8.
KAPLAN = (143082374144.4454, 5.4e13, 0.0, 0.8, 1.0)
KAPLAN_SHAPE = 0.095
# The hazard of a break grows e^5-fold at most: beyond that the break is near certain within a quarter or two.
PULL_CLIP = 5.0


def choose_fit(scaling_family, scaling_ln_a, scaling_ln_b, scaling_ln_e, scaling_alpha, scaling_beta):
    """0 the joint refit of Besiroglu et al. 2024, 1 Hoffmann et al. 2022, 2 Muennighoff et al. 2023, 3 Kaplan et al."""
    refit = scaling_family < 0.5
    hoffmann = scaling_family < 1.5
    newer = scaling_family < 2.5
    a = exp(scaling_ln_a)
    b = exp(scaling_ln_b)
    e = exp(scaling_ln_e)
    fit_a = a if refit else (HOFFMANN[0] if hoffmann else (MUENNIGHOFF[0] if newer else KAPLAN[0]))
    fit_b = b if refit else (HOFFMANN[1] if hoffmann else (MUENNIGHOFF[1] if newer else KAPLAN[1]))
    fit_e = e if refit else (HOFFMANN[2] if hoffmann else (MUENNIGHOFF[2] if newer else KAPLAN[2]))
    alpha = scaling_alpha if refit else (HOFFMANN[3] if hoffmann else (MUENNIGHOFF[3] if newer else KAPLAN[3]))
    beta = scaling_beta if refit else (HOFFMANN[4] if hoffmann else (MUENNIGHOFF[4] if newer else KAPLAN[4]))
    return fit_a, fit_b, fit_e, alpha, beta, (1.0 if newer else KAPLAN_SHAPE)


def prepare_fit(fit_a, fit_b, fit_e, fit_alpha, fit_beta, overtraining):
    """Constants of the power laws: tokens wanted = exp(i) C^p, reducible loss at the optimum = exp(k) (C/6)^-g."""
    fit = _Fit(fit_a, fit_b, fit_e, fit_alpha, fit_beta)
    params, tokens = _compute_optimal(REFERENCE_FLOP, fit)
    reducible = _loss(params, tokens, fit) - fit_e
    token_power = fit_alpha / (fit_alpha + fit_beta)
    loss_power = fit_beta * token_power
    token_intercept = log(overtraining * tokens) - token_power * (LN_REFERENCE_PRODUCT + LN6)
    loss_intercept = log(reducible) + loss_power * LN_REFERENCE_PRODUCT
    return token_power, token_intercept, loss_power, loss_intercept


def size_run(last_log_frontier, last_token_pool, text_epochs, token_power, token_intercept):
    """Tokens the largest run wants, is fed (a pool repeated a few times at most) and what they are worth."""
    wanted = exp(token_intercept + token_power * last_log_frontier)
    trained = min(wanted, text_epochs * last_token_pool)
    return wanted, trained, _effective_tokens(trained, last_token_pool, REPETITION_DECAY)


def value_run(
    last_frontier_flop,
    tokens_wanted,
    tokens_worth,
    fit_a,
    fit_b,
    fit_e,
    fit_alpha,
    fit_beta,
    loss_power,
    loss_intercept,
):
    """Compute in orders of magnitude that reaches the run's loss when text is plentiful.

    The model has the size of the run that was wanted (it is set by what the model costs to serve): where text is
    short, training stops early.
    """
    params = last_frontier_flop / (6.0 * tokens_wanted)
    reducible = _loss(params, tokens_worth, _Fit(fit_a, fit_b, fit_e, fit_alpha, fit_beta)) - fit_e
    return (((loss_intercept - log(reducible)) / loss_power + LN6) / LN10,)


def break_scaling(
    year,
    last_capability,
    last_scaling_break,
    scaling_break_draw,
    scaling_break_hazard,
    scaling_break_pull,
    scaling_break_threshold,
    scaling_break_from,
    scaling_break_factor,
):
    """The laws stop paying as before: date of the break and the factor on later steps."""
    hazardous = _rising_event_probability(
        scaling_break_hazard, scaling_break_pull, last_capability, scaling_break_threshold, PULL_CLIP
    )
    chance = hazardous if year >= scaling_break_from else 0.0
    date = min(last_scaling_break, year if scaling_break_draw < chance else NEVER)
    return date, (scaling_break_factor if date <= year else 1.0)


def add_capability(last_best_run, last_capability, run_compute, last_algorithms, returns_factor):
    """Capability follows the best run so far; the first quarter sets the level."""
    effective = run_compute + last_algorithms
    best = max(effective, last_best_run)
    step = returns_factor * (best - last_best_run)
    return best, (last_capability + step if last_best_run > 0.0 else best)


def judge_loss(capability, fit_e, fit_shape, loss_power, loss_intercept):
    """Loss of the best model in nats per token."""
    return (fit_e + exp(fit_shape * (loss_intercept - loss_power * (LN10 * capability - LN6))),)


SCALING_LAW = Mechanism(
    name="scaling_law",
    doc="Loss and capability of the largest run; scaling break.",
    priors={
        "scaling_family": "1",
        "scaling_ln_a": "1",
        "scaling_ln_b": "1",
        "scaling_ln_e": "1",
        "scaling_alpha": "1",
        "scaling_beta": "1",
        "overtraining": "1",
        "text_epochs": "1",
        "scaling_break_hazard": "per_quarter",
        "scaling_break_pull": "1",
        "scaling_break_threshold": "1",
        "scaling_break_from": "calendar_year",
        "scaling_break_factor": "1",
    },
    shocks={"scaling_break_draw": "uniform"},
    carries={
        "log_frontier": None,
        "frontier_flop": None,
        "token_pool": None,
        "algorithms": None,
        "scaling_break": NEVER,
        "best_run": 0.0,
        "capability": 0.0,
    },
    writes={
        "fit_a": Row("1", "price", "coefficient A of the loss"),
        "fit_b": Row("1", "price", "coefficient B of the loss"),
        "fit_e": Row("nats", "price", "irreducible loss E"),
        "fit_alpha": Row("1", "price", "exponent of parameters"),
        "fit_beta": Row("1", "price", "exponent of tokens"),
        "fit_shape": Row("1", "price", "outer power of the loss"),
        "token_power": Row("1", "price", "elasticity of tokens wanted to compute"),
        "token_intercept": Row("1", "price", "log of tokens wanted at one FLOP"),
        "loss_power": Row("1", "price", "elasticity of the reducible loss to compute"),
        "loss_intercept": Row("1", "price", "log of the reducible loss at six FLOP, before the outer power"),
        "tokens_wanted": Row("tokens", "stock", "tokens the largest run would use if text were plentiful"),
        "tokens_trained": Row("tokens", "stock", "tokens the largest run is fed, repetitions included"),
        "tokens_worth": Row("tokens", "stock", "fresh tokens worth as much"),
        "run_compute": Row("1", "stock", "log10 of the FLOP that reach the run's loss with plentiful text"),
        "scaling_break": Row("year", "event", "quarter in which the scaling laws break", "event"),
        "returns_factor": Row("1", "price", "factor on further steps in capability"),
        "best_run": Row("1", "stock", "log10 of the best run's effective compute before breaks"),
        "capability": Row("1", "stock", "log10 of effective compute, breaks included"),
        "loss": Row("nats", "stock", "loss of the best model", "positive"),
    },
    neutral={
        "tokens_wanted": 1e13,
        "tokens_trained": 1e13,
        "capability": 25.2,
        "loss": 1.9,
        "scaling_break": NEVER,
    },
    loops=(
        Loop(choose_fit, ("fit_a", "fit_b", "fit_e", "fit_alpha", "fit_beta", "fit_shape"), when="start"),
        Loop(prepare_fit, ("token_power", "token_intercept", "loss_power", "loss_intercept"), when="start"),
        Loop(size_run, ("tokens_wanted", "tokens_trained", "tokens_worth")),
        Loop(value_run, ("run_compute",)),
        Loop(break_scaling, ("scaling_break", "returns_factor")),
        Loop(add_capability, ("best_run", "capability")),
        Loop(judge_loss, ("loss",)),
    ),
)
