"""Scaling laws of language models: loss, compute-optimal sizes, repeated data, sizing for inference.

Losses in nats per token, sizes in parameters, data in tokens, training compute C = 6 N D in FLOP.
"""

from __future__ import annotations

from typing import NamedTuple

from stackcast.engine.jit import kernel
from stackcast.engine.vecmath import exp, log, power
from stackcast.laws.law import NONNEGATIVE, POSITIVE, Above, Record, law
from stackcast.laws.special import one_minus_exp


class ScalingFit(NamedTuple):
    """Coefficients of L = E + A N^-alpha + B D^-beta, and how fast repeated data and surplus size fade.

    r_data and r_params default to the values of Muennighoff et al. 2023: the other fits saw no repetition.
    """

    A: float
    B: float
    E: float
    alpha: float
    beta: float
    r_data: float = 15.387756
    r_params: float = 5.309743


# Hoffmann et al. 2022 (arXiv 2203.15556), approach 3. Published unrounded as logarithms (TeX source of appendix
# D.2; epoch-research/analyzing-chinchilla): ln A 6.0073404, ln B 6.0179186, ln E 0.5267228. The rounded values of
# the text (406.4, 410.7, 1.69, 0.34, 0.28) raise the compute-optimal tokens per parameter by half: not used.
HOFFMANN_2022 = ScalingFit(
    A=406.4010175194737, B=410.7228269450398, E=1.6933736809989528, alpha=0.33917084, beta=0.2849083
)
# Besiroglu et al. 2024 (arXiv 2404.10102, epoch-research/analyzing-chinchilla), published as A, B, E themselves.
BESIROGLU_2024 = ScalingFit(A=482.00572, B=2085.43420, E=1.81686, alpha=0.34781, beta=0.36585)
# Muennighoff et al. 2023 (arXiv 2305.16264, huggingface/datablations), C4 fit with alpha = beta,
# published as logarithms: ln A 6.255414, ln B 7.3049974, ln E 0.6254804.
MUENNIGHOFF_2023 = ScalingFit(
    A=520.8249516599187,
    B=1487.716093782861,
    E=1.8691436784054858,
    alpha=0.3526596,
    beta=0.3526596,
    r_data=15.387756,
    r_params=5.309743,
)

FIT = Record(
    ScalingFit,
    {
        "A": POSITIVE,
        "B": POSITIVE,
        "E": NONNEGATIVE,
        "alpha": POSITIVE,
        "beta": POSITIVE,
        "r_data": POSITIVE,
        "r_params": POSITIVE,
    },
)


@law(params=POSITIVE, tokens=POSITIVE, fit=FIT)
def loss(params: float, tokens: float, fit: ScalingFit) -> float:
    """Loss of a model of N parameters trained once over D tokens.

    L(N, D) = E + A N^-alpha + B D^-beta

    params N, tokens D, loss [nats/token]. Source: Hoffmann et al. 2022 (arXiv 2203.15556), eq. 2.
    Raises ValueError for an argument <= 0, a bad fit or a number that is not finite.
    """
    return fit.E + fit.A * power(params, -fit.alpha) + fit.B * power(tokens, -fit.beta)


_loss = loss.kernel


@kernel
def _log_balance(fit):
    """ln G, G = (alpha A / (beta B))^(1/(alpha+beta)): the constant of the compute-optimal split."""
    return log(fit.alpha * fit.A / (fit.beta * fit.B)) / (fit.alpha + fit.beta)


@law(flop=POSITIVE, fit=FIT)
def compute_optimal(flop: float, fit: ScalingFit) -> tuple[float, float]:
    """Parameters and tokens of least loss for a training compute C = 6 N D.

    N* = G (C/6)^(beta/(alpha+beta)),  D* = (C/6)^(alpha/(alpha+beta)) / G,
    G = (alpha A / (beta B))^(1/(alpha+beta))

    flop C [FLOP]. Source: Hoffmann et al. 2022 (arXiv 2203.15556), eq. 4.
    Raises ValueError for flop <= 0, a bad fit or a number that is not finite.
    """
    product = flop / 6.0
    params = exp(_log_balance(fit) + fit.beta / (fit.alpha + fit.beta) * log(product))
    return params, product / params


@law(tokens=POSITIVE, unique_tokens=POSITIVE, r_star=POSITIVE)
def effective_tokens(tokens: float, unique_tokens: float, r_star: float) -> float:
    """Fresh tokens worth as much as D tokens of which only U are different.

    D' = U_D + U_D R* (1 - e^(-R/R*)),  U_D = min(D, U),  R = max(D/U - 1, 0)

    tokens D, unique_tokens U, r_star R* [repetitions]; D' <= U (1 + R*) however often they are repeated.
    Source: Muennighoff et al. 2023 (arXiv 2305.16264), eq. 5.
    Raises ValueError for an argument <= 0 or not finite.
    """
    used = min(tokens, unique_tokens)
    repetitions = max((tokens - unique_tokens) / unique_tokens, 0.0)
    return used + used * r_star * one_minus_exp(repetitions / r_star)


_effective = effective_tokens.kernel


@kernel
def _log_matched_params(log_unique, log_g, fit):
    """ln N*(U): the size for which U fresh tokens are compute-optimal, (U G)^(beta/alpha) G."""
    return fit.beta / fit.alpha * (log_unique + log_g) + log_g


_LOG_LARGEST = 700.0


@law(params=POSITIVE, tokens=POSITIVE, unique_tokens=POSITIVE, fit=FIT)
def data_constrained_loss(params: float, tokens: float, unique_tokens: float, fit: ScalingFit) -> float:
    """Loss of N parameters trained on D tokens of which only U are different.

    L = E + A N'^-alpha + B D'^-beta;  D' = effective_tokens(D, U, R_D*),
    N' = effective_tokens(N, N*(U), R_N*),  N*(U) = (U G)^(beta/alpha) G

    Source: Muennighoff et al. 2023 (arXiv 2305.16264), eq. 5-6 (surplus parameters fade like repeated data).
    Raises ValueError for an argument <= 0, a bad fit or a number that is not finite.
    """
    # The bound keeps N*(U) finite: a size beyond it is never in surplus, whatever its exact value.
    matched = exp(min(_log_matched_params(log(unique_tokens), _log_balance(fit), fit), _LOG_LARGEST))
    return _loss(_effective(params, matched, fit.r_params), _effective(tokens, unique_tokens, fit.r_data), fit)


_data_constrained_loss = data_constrained_loss.kernel


@kernel
def _gain(multiple, r_star):
    """Of a multiple m >= 1 of what is fresh: worth g = 1 + R*(1 - e^-t), t = (m-1)/R*, and m e^-t / g."""
    t = (multiple - 1.0) / r_star
    worth = 1.0 + r_star * one_minus_exp(t)
    return t, log(worth), multiple * exp(-t) / worth


@kernel
def _pull(x, log_k, fit):
    """Log ratio of what one more per cent of data and one more per cent of size are worth, and its slope.

    x = ln(N / N*(U)), ln(D / U) = ln K - x. It rises with x (both returns diminish, and both elasticities
    m g'/g fall), so that its only zero is the optimum.
    """
    n = exp(x)
    d = exp(log_k - x)
    t_n, log_n, share_n = _gain(n, fit.r_params)
    t_d, log_d, share_d = _gain(d, fit.r_data)
    value = (log_k - x - t_d - (1.0 + fit.beta) * log_d) - (x - t_n - (1.0 + fit.alpha) * log_n)
    slope = d / fit.r_data + (1.0 + fit.beta) * share_d + n / fit.r_params + (1.0 + fit.alpha) * share_n - 2.0
    return value, slope


_HALVINGS = 8
_NEWTON_STEPS = 5


@kernel
def _surplus(log_k, fit):
    """Zero of ``_pull`` in [0, ln K]: halvings bring the bracket below 1, then Newton within it."""
    low = 0.0
    high = log_k
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        value, _slope = _pull(middle, log_k, fit)
        low = middle if value < 0.0 else low
        high = high if value < 0.0 else middle
    x = 0.5 * (low + high)
    for _ in range(_NEWTON_STEPS):
        value, slope = _pull(x, log_k, fit)
        x = min(max(x - value / slope, low), high)
    return x


@law(flop=POSITIVE, unique_tokens=POSITIVE, fit=FIT)
def data_constrained_optimum(flop: float, unique_tokens: float, fit: ScalingFit) -> tuple[float, float, float]:
    """Parameters, tokens and loss of least loss for a compute C = 6 N D when only U tokens are different.

    minimise data_constrained_loss(N, C/(6N), U) over N. With N = N*(U) e^x and K = C / (6 N*(U) U):
    for K <= 1 nothing is repeated and compute_optimal holds; else x in (0, ln K) equates what one more
    per cent of data and of size are worth.

    flop C [FLOP], unique_tokens U. Source: Muennighoff et al. 2023 (arXiv 2305.16264), allocation when data is short;
    the loss is convex in ln N on that interval, so the first-order condition has one solution.
    Raises ValueError for an argument <= 0, a bad fit or a number that is not finite.
    """
    log_g = _log_balance(fit)
    log_product = log(flop / 6.0)
    log_unique = log(unique_tokens)
    log_matched = _log_matched_params(log_unique, log_g, fit)
    log_k = log_product - log_unique - log_matched
    fresh = log_g + fit.beta / (fit.alpha + fit.beta) * log_product
    repeated = log_matched + _surplus(max(log_k, 0.0), fit)
    params = exp(fresh if log_k < 0.0 else repeated)
    tokens = flop / 6.0 / params
    return params, tokens, _data_constrained_loss(params, tokens, unique_tokens, fit)


_SIZING_STEPS = 7


@kernel
def _sizing_step(z, load, log_ratio, inverse_beta):
    """One Newton step for z = ln v in alpha (1-v) / (1 + load v^(1/beta)) = beta v, load = D_inf / (3 D(v=1))."""
    v = exp(z)
    served = load * exp(inverse_beta * z)
    value = log_ratio + log((1.0 - v) / (1.0 + served)) - z
    slope = v / (1.0 - v) + inverse_beta * (served / (1.0 + served)) + 1.0
    return z + value / slope


@law(
    fit=FIT,
    target_loss=Above(lambda given: given["fit"].E, "the fit's irreducible loss E"),
    inference_tokens=NONNEGATIVE,
)
def inference_aware_optimum(target_loss: float, inference_tokens: float, fit: ScalingFit) -> tuple[float, float]:
    """Parameters and training tokens that reach a loss at least cost of training and inference together.

    minimise 6 N D + 2 N D_inf  subject to  E + A N^-alpha + B D^-beta = l

    With v the share of the reducible loss R = l - E left to data, N = (A/(R(1-v)))^(1/alpha) and
    D = (B/(R v))^(1/beta); the optimum solves alpha (1-v) 3D/(3D + D_inf) = beta v. In z = ln v the log of
    that equation is decreasing and concave, so that Newton's method from v = alpha/(alpha+beta), the optimum
    without inference, falls onto the solution without overshooting.

    target_loss l [nats/token] > E, inference_tokens D_inf over the model's life.
    Source: Sardana et al. 2024, Beyond Chinchilla-Optimal (arXiv 2401.00448).
    Raises ValueError for target_loss <= E, inference_tokens < 0, a bad fit or a number that is not finite.
    """
    log_reducible = log(target_loss - fit.E)
    log_data = log(fit.B) - log_reducible
    inverse_beta = 1.0 / fit.beta
    load = inference_tokens / 3.0 * exp(-inverse_beta * log_data)
    log_ratio = log(fit.alpha / fit.beta)
    z = log(fit.alpha / (fit.alpha + fit.beta))
    for _ in range(_SIZING_STEPS):
        z = _sizing_step(z, load, log_ratio, inverse_beta)
    params = exp((log(fit.A) - log_reducible - log(1.0 - exp(z))) / fit.alpha)
    return params, exp(inverse_beta * (log_data - z))


@law(params=POSITIVE, tokens=POSITIVE)
def kaplan_loss(params: float, tokens: float) -> float:
    """Loss of N (non-embedding) parameters trained over D tokens, by the older law.

    L = [(8.8e13/N)^(0.076/0.095) + 5.4e13/D]^0.095

    params N, tokens D, loss [nats/token]. Source: Kaplan et al. 2020 (arXiv 2001.08361), eq. 1.5;
    an alternative to the form of Hoffmann et al., not a better one.
    Raises ValueError for an argument <= 0 or not finite.
    """
    return power(power(8.8e13 / params, 0.076 / 0.095) + 5.4e13 / tokens, 0.095)
