"""Competition of closed labs: concentration, the models' loss of value, products, margin, reinvestment.

Preferential attachment, the stronger the better buyers can measure quality, against diffusion of know-how and the
depreciation of released models (assumptions; an NBER working paper of 2025 on the market for model access finds fast
turnover of the most used models). Labs' margin matures towards a long-run level, higher with concentration and with a
moat of algorithms. Models that lose their value more slowly need less replacing: labs reinvest less then.
"""

from __future__ import annotations

from stackcast.engine.declare import Loop, Mechanism, Row
from stackcast.engine.vecmath import exp
from stackcast.laws import dynamics
from stackcast.mechanisms.open_closed import PACE_START

_concentration = dynamics.concentration.kernel
_leader_share = dynamics.leader_share.kernel
_saturation = dynamics.saturation.kernel

LN2 = 0.6931471805599453
HIGHEST_PACE = 1.5
HIGHEST_HHI = 0.95
HIGHEST_MARGIN = 0.9
MIDDLE_MOAT = 0.5


def prepare_maturity(lab_maturity_halflife):
    """Share of labs' way to their long-run margin that a quarter covers."""
    return (1.0 - exp(-0.25 * LN2 / lab_maturity_halflife),)


def concentrate_labs(
    pace,
    model_depreciation,
    lab_preference,
    evaluation_noise,
    last_lab_hhi,
    lab_diffusion,
    lab_turnover,
    lab_count,
    lab_noise,
    lab_shock,
):
    """Pace over its reference, concentration of labs (HHI), their number if equal, the leader's share if the rest are.

    The number is the reciprocal of the index (Adelman 1969, Review of Economics and Statistics 51(1)).
    """
    relative = min(max(pace / PACE_START, 0.0), HIGHEST_PACE)
    equal = 1.0 / lab_count
    diffusion = lab_diffusion + lab_turnover * model_depreciation * relative
    expected = _concentration(last_lab_hhi, lab_preference / evaluation_noise, diffusion, equal)
    hhi = min(max(expected + lab_noise * lab_shock, equal), HIGHEST_HHI)
    return relative, hhi, 1.0 / hhi, _leader_share(hhi, lab_count)


def move_assistants(last_assistant_part, assistant_pace, assistant_long):
    """Part of labs' direct sales that is own assistants; the rest is hosting."""
    return (last_assistant_part + assistant_pace * (assistant_long - last_assistant_part),)


def earn_margin(
    last_maturity,
    maturity_pace,
    lab_margin_start,
    lab_margin_long,
    lab_margin_hhi,
    lab_hhi,
    lab_hhi_start,
    moat_margin,
    moat_algorithms,
):
    """Labs' gross margin that the market allows: by age, concentration and moat."""
    maturity = _saturation(last_maturity, maturity_pace)
    aged = lab_margin_start + (lab_margin_long - lab_margin_start) * maturity
    margin = aged + lab_margin_hhi * (lab_hhi - lab_hhi_start) + moat_margin * (moat_algorithms - MIDDLE_MOAT)
    return maturity, min(max(margin, 0.0), HIGHEST_MARGIN)


def reinvest(lab_reinvestment, model_upkeep, relative_pace):
    """Part of labs' gross profit that goes into new models."""
    return (lab_reinvestment * (1.0 - model_upkeep * (1.0 - min(relative_pace, 1.0))),)


LAB_COMPETITION = Mechanism(
    name="lab_competition",
    doc="Concentration of closed labs, their products, margin and reinvestment.",
    priors={
        "lab_count": "1",
        "lab_hhi_start": "1",
        "lab_preference": "per_quarter",
        "lab_diffusion": "per_quarter",
        "lab_turnover": "1",
        "lab_noise": "1",
        "model_depreciation": "per_quarter",
        "evaluation_noise": "1",
        "assistant_share": "1",
        "assistant_long": "1",
        "assistant_pace": "per_quarter",
        "lab_maturity_halflife": "years",
        "lab_margin_start": "1",
        "lab_margin_long": "1",
        "lab_margin_hhi": "1",
        "moat_margin": "1",
        "lab_reinvestment": "1",
        "model_upkeep": "1",
    },
    shocks={"lab_shock": "normal"},
    reads=("pace", "moat_algorithms"),
    carries={"lab_hhi": "lab_hhi_start", "assistant_part": "assistant_share", "maturity": 0.0},
    writes={
        "maturity_pace": Row("1", "price", "share of labs' way to their long-run margin in a quarter"),
        "relative_pace": Row("1", "price", "pace of capability over its reference"),
        "lab_hhi": Row("1", "price", "Herfindahl index of closed labs", "share"),
        "lab_number": Row("1", "price", "equal labs that would give the same Herfindahl index", "positive"),
        "lab_top_share": Row("1", "price", "share of the leading lab", "share"),
        "assistant_part": Row("1", "price", "part of labs' direct sales that is own assistants"),
        "maturity": Row("1", "stock", "share of the way from labs' starting to long-run margin"),
        "lab_margin": Row("1", "price", "labs' gross margin before the gap to open models and the price of compute"),
        "reinvestment": Row("1", "price", "part of labs' gross profit that goes into new models"),
    },
    neutral={"lab_margin": "lab_margin_start", "reinvestment": "lab_reinvestment"},
    loops=(
        Loop(prepare_maturity, ("maturity_pace",), when="start"),
        Loop(concentrate_labs, ("relative_pace", "lab_hhi", "lab_number", "lab_top_share")),
        Loop(move_assistants, ("assistant_part",)),
        Loop(earn_margin, ("maturity", "lab_margin")),
        Loop(reinvest, ("reinvestment",)),
    ),
)
