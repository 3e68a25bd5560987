"""Competition among labs and among clouds, as docs/model.md has it; see ``frontier`` for the conventions."""

from __future__ import annotations

import numpy as np

from tests.independent.arrays import LN2, at_least, at_most, clip, toward
from tests.independent.tooling import PACE


def start_lab_competition(p) -> None:
    """Pace at which labs mature, and the evenest market."""
    p.maturity_pace = 1.0 - np.exp(-0.25 * LN2 / p.lab_maturity_halflife)
    p.lab_attachment = p.lab_preference / p.evaluation_noise
    p.lab_hhi_even = 1.0 / p.lab_count
    p.turnover_by_pace = p.lab_turnover * p.model_depreciation
    p.lab_rivals = p.lab_count - 1.0
    p.lab_margin_rise = p.lab_margin_long - p.lab_margin_start
    p.lab_margin_level = p.lab_margin_start - p.lab_margin_hhi * p.lab_hhi_start - 0.5 * p.moat_margin
    p.upkeep_part = p.lab_reinvestment * p.model_upkeep
    p.reinvestment_level = p.lab_reinvestment - p.upkeep_part


def lab_competition(p, last, now, year, shocks) -> None:
    """Concentration of labs, their products, margin and reinvestment."""
    pace = now.pace * (1.0 / PACE)
    now.relative_pace = clip(pace, 0.0, 1.5, out=pace)
    _concentration(p, last, now, shocks["lab_shock"])
    part = p.assistant_long - last.assistant_part
    part *= p.assistant_pace
    part += last.assistant_part
    now.assistant_part = part
    maturity = 1.0 - last.maturity
    maturity *= p.maturity_pace
    maturity += last.maturity
    now.maturity = maturity
    margin = p.lab_margin_rise * maturity
    margin += p.lab_margin_hhi * now.lab_hhi
    margin += p.moat_margin * now.moat_algorithms
    margin += p.lab_margin_level
    now.lab_margin = clip(margin, 0.0, 0.9, out=margin)
    spent = at_most(now.relative_pace, 1.0)
    spent *= p.upkeep_part
    spent += p.reinvestment_level
    now.reinvestment = spent


def _concentration(p, last, now, shock) -> None:
    hhi = 1.0 - last.lab_hhi
    hhi *= last.lab_hhi
    hhi *= p.lab_attachment
    leak = p.turnover_by_pace * now.relative_pace
    leak += p.lab_diffusion
    above = last.lab_hhi - p.lab_hhi_even
    leak *= above
    hhi -= leak
    hhi += last.lab_hhi
    hhi += np.multiply(p.lab_noise, shock, out=leak)
    hhi = np.maximum(hhi, p.lab_hhi_even, out=hhi)
    now.lab_hhi = at_most(hhi, 0.95, out=hhi)
    now.lab_number = 1.0 / hhi
    top = p.lab_count * now.lab_hhi
    top -= 1.0
    top = at_least(top, 0.0, out=top)
    top *= p.lab_rivals
    top = np.sqrt(top, out=top)
    top += 1.0
    top *= p.lab_hhi_even
    now.lab_top_share = top


def start_cloud_competition(p) -> None:
    """Shares at the start and what follows from them."""
    p.hyperscaler_start = 1.0 - p.gpu_cloud_start
    p.partner_slope = p.partner_share / p.hyperscaler_start
    p.access_slope = p.gpu_cloud_long * p.gpu_cloud_access
    p.spot_slope = p.normal_utilisation * p.spot_gain
    p.sold_level = p.normal_utilisation - p.spot_slope * p.gpu_cloud_start
    p.operations_level = p.cloud_operations_rate * (1.0 + 0.5 * p.moat_margin)
    p.operations_slope = p.cloud_operations_rate * p.moat_margin


def cloud_competition(p, last, now, year, shocks) -> None:
    """Shares of hyperscalers, GPU clouds and labs' own centres, and what each changes."""
    target = p.access_slope * now.chip_scarcity
    target += p.gpu_cloud_long
    target = at_most(target, 0.6, out=target)
    now.gpu_cloud_share = toward(last.gpu_cloud_share, p.gpu_cloud_pace, target)
    target = last.rental_margin * 2.0
    target = at_most(target, 1.0, out=target)
    target *= p.own_centre_long
    now.own_centre_share = toward(last.own_centre_share, p.own_centre_pace, target)
    left = 1.0 - now.gpu_cloud_share
    left -= now.own_centre_share
    now.hyperscaler_share = at_least(left, 0.0, out=left)
    now.partner_rate = p.partner_slope * now.hyperscaler_share
    sold = p.spot_slope * now.gpu_cloud_share
    sold += p.sold_level
    now.sold_utilisation = clip(sold, 0.05, 0.98, out=sold)
    rate = p.operations_slope * now.moat_scale
    now.operations_rate = np.subtract(p.operations_level, rate, out=rate)
