"""What compute costs its owner: data centres, training runs, and the revenue that has to pay for them."""

from __future__ import annotations

from stackcast.engine.vecmath import exp
from stackcast.laws.law import BELOW_ONE, NONNEGATIVE, POSITIVE, Interval, law
from stackcast.laws.special import log_one_plus, one_minus_exp

_LN10 = 2.302585092994046
_HOURS_PER_YEAR = 8766.0
_SECONDS_PER_HOUR = 3600.0

SHARE_OF_COST = Interval(low=0.0, high=1.0, with_high=True)
OVERHEAD = Interval(low=1.0, with_low=True)


@law(rate=NONNEGATIVE, years=POSITIVE)
def annuity(rate: float, years: float) -> float:
    """Constant yearly payment that repays one dollar with interest.

    a(r, n) = r / (1 - (1+r)^-n),  a(0, n) = 1/n

    rate r [1/year], years n, annuity [1/year]. Source: standard annuity formula (capital recovery factor).
    Raises ValueError for a rate < 0, years <= 0 or a number that is not finite.
    """
    repaid = one_minus_exp(years * log_one_plus(rate))
    return rate / repaid if rate > 0.0 else 1.0 / years


_annuity = annuity.kernel


@law(
    it_life=POSITIVE,
    it_capital=NONNEGATIVE,
    facility_capital=NONNEGATIVE,
    opex=NONNEGATIVE,
    rate=NONNEGATIVE,
    facility_life=POSITIVE,
)
def annual_cost(
    it_life: float,
    it_capital: float = 25.2,
    facility_capital: float = 12.8,
    opex: float = 0.9,
    rate: float = 0.07,
    facility_life: float = 14.0,
) -> float:
    """Yearly cost of owning a data centre; the defaults are one gigawatt of AI servers.

    cost = I_IT a(r, n_IT) + I_fac a(r, n_fac) + opex,  a = annuity

    Capital [$B], opex and cost [$B/year], rate r [1/year], lives n [years].
    Source: Epoch AI 2026, one-gigawatt data centre model (capital 38 $B: IT 25.2, facility 12.8).
    Raises ValueError for a life <= 0, another argument < 0 or a number that is not finite.
    """
    return it_capital * _annuity(rate, it_life) + facility_capital * _annuity(rate, facility_life) + opex


@law(flop=POSITIVE, peak_flop_per_second=POSITIVE, utilisation=SHARE_OF_COST)
def training_chip_hours(flop: float, peak_flop_per_second: float, utilisation: float = 0.375) -> float:
    """Chip-hours that a training run takes.

    h = C / (peak x utilisation) / 3600

    flop C [FLOP], peak of one chip [FLOP/s], utilisation in (0, 1] (default: median of the source).
    Source: Cottier et al. 2024, The rising costs of training frontier AI models (arXiv 2405.21015).
    Raises ValueError for an argument <= 0, a utilisation above 1 or a number that is not finite.
    """
    return flop / (peak_flop_per_second * utilisation) / _SECONDS_PER_HOUR


@law(
    chip_hours=NONNEGATIVE,
    chip_price=NONNEGATIVE,
    age=NONNEGATIVE,
    server_overhead=OVERHEAD,
    energy_cost=NONNEGATIVE,
    interconnect_share=BELOW_ONE,
    depreciation=NONNEGATIVE,
)
def training_run_cost(
    chip_hours: float,
    chip_price: float,
    age: float,
    server_overhead: float,
    energy_cost: float,
    interconnect_share: float = 0.19,
    depreciation: float = 0.14,
) -> float:
    """Amortised hardware and energy cost of one training run.

    cost = h (P o 10^(-d age)) d ln10 / 8766 / (1 - i) + energy

    chip_hours h, chip_price P when new [USD], age at the start of the run [years], server_overhead o
    (server cost / chip cost; 1.54-1.69 in the source), energy_cost [USD], interconnect_share i of the
    cluster's cost in [0, 1), depreciation d [orders of magnitude/year], cost [USD].
    Source: Cottier et al. 2024, The rising costs of training frontier AI models (arXiv 2405.21015), first
    method: amortised hardware and energy.
    Raises ValueError for an overhead < 1, a share outside [0, 1), another argument < 0 or a number not finite.
    """
    decline = _LN10 * depreciation
    value = chip_price * server_overhead * exp(-decline * age)
    return chip_hours * value * (decline / _HOURS_PER_YEAR) / (1.0 - interconnect_share) + energy_cost


@law(gpu_revenue=NONNEGATIVE, gpu_share=SHARE_OF_COST, gross_margin=BELOW_ONE)
def end_revenue_needed(gpu_revenue: float, gpu_share: float = 0.5, gross_margin: float = 0.5) -> float:
    """Revenue from end users that would pay for a year of GPU sales.

    revenue = GPU revenue / (GPU share of data-centre cost) / (1 - gross margin)

    Both revenues in one unit ($B/year); gpu_share in (0, 1], gross margin of the compute's buyers in [0, 1).
    Source: Sequoia Capital (Cahn 2023, AI's $200B Question; 2024, AI's $600B Question).
    Raises ValueError for a revenue < 0, a share or margin out of range or a number that is not finite.
    """
    return gpu_revenue / gpu_share / (1.0 - gross_margin)
