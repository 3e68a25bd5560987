"""Hyperscalers, GPU clouds and labs' own centres: fixed points, terms, signs."""

from __future__ import annotations

import numpy as np
import pytest

from stackcast.mechanisms import cloud_competition as clouds
from tests.mechanisms.baseline import holding, program, rows, significant


def shares(gpu=0.05, own=0.0, scarcity=0.0, margin=0.5, pace=0.1, long_run=0.2, access=0.5):
    return clouds.share_compute(scarcity, long_run, access, gpu, pace, 0.3, margin, own, 0.05)


def terms(hyperscalers=0.95, gpu=0.05, gain=0.4, moat=0.5, moat_margin=0.2, use=0.7):
    return clouds.set_terms(hyperscalers, 0.95, 0.12, gpu, 0.05, gain, use, 0.08, moat_margin, moat)


def settle(**given):
    gpu, own, rest = 0.05, 0.0, 0.95
    for _ in range(3000):
        gpu, own, rest = shares(gpu, own, **given)
    return gpu, own, rest


def test_shares_settle_where_scarcity_and_rent_put_them():
    assert settle() == (pytest.approx(0.2), pytest.approx(0.3), pytest.approx(0.5))
    assert settle(scarcity=1.0)[0] == pytest.approx(0.2 * 1.5)
    assert settle(scarcity=1.5, long_run=0.5)[0] == pytest.approx(0.6)
    assert settle(margin=0.25)[1] == pytest.approx(0.15)
    assert settle(margin=0.9)[1] == pytest.approx(0.3)
    assert settle(margin=0.0)[1] == 0.0


def test_hyperscalers_share_is_never_negative():
    assert clouds.share_compute(0.0, 0.6, 0.0, 0.6, 0.1, 0.9, 1.0, 0.6, 0.05)[2] == 0.0


def test_terms_at_the_start_are_those_of_the_priors():
    assert terms() == (pytest.approx(0.12), 0.7, 0.08)
    assert clouds.prepare_clouds(0.05) == (0.95,)


def test_partners_lose_with_their_share_and_more_hours_are_on_sale():
    partners, sold, _ = terms(hyperscalers=0.475, gpu=0.3)
    assert partners == pytest.approx(0.06)
    assert sold == pytest.approx(0.7 * (1.0 + 0.4 * 0.25))
    assert terms(gpu=0.6, gain=2.0)[1] == 0.98
    assert terms(gpu=0.0, gain=30.0, use=0.3)[1] == 0.05


def test_scale_lowers_operating_costs():
    assert terms(moat=1.0)[2] == pytest.approx(0.08 * 0.9)
    assert terms(moat=0.0)[2] == pytest.approx(0.08 * 1.1)
    assert terms(moat=1.0, moat_margin=0.0)[2] == 0.08


def test_shares_add_up_on_every_trajectory():
    found = rows(program(), ("gpu_cloud_share", "own_centre_share", "hyperscaler_share"))
    total = sum(found.values())
    assert all((share >= 0.0).all() for share in found.values())
    assert (total >= 1.0 - 1e-12).all()
    np.testing.assert_allclose(total[found["hyperscaler_share"] > 0.0], 1.0, rtol=1e-12)


def test_gpu_clouds_lower_the_rental_price():
    names = ("rental_price", "sold_utilisation")
    few, many = (rows(holding({"gpu_cloud_long": share, "spot_gain": 0.5}), names) for share in (0.02, 0.5))
    assert (many["sold_utilisation"][31] > few["sold_utilisation"][31]).all()
    assert significant(many["rental_price"][31] - few["rental_price"][31])
    assert np.median(many["rental_price"][31]) < np.median(few["rental_price"][31])


def test_scarce_chips_give_gpu_clouds_a_larger_share():
    deaf, heard = (rows(holding({"gpu_cloud_access": a}), ("gpu_cloud_share",))["gpu_cloud_share"] for a in (0, 1))
    assert (heard >= deaf - 1e-15).all()
    assert significant(heard[15] - deaf[15])


def test_own_centres_save_labs_the_margin_of_the_rent():
    names = ("own_saving", "own_centre_share", "rental_margin", "pay_closed_cloud", "bid_closed", "bids_served")
    found = rows(program(), (*names, "pay_closed_cloud_rd", "bid_training", "bid_open", "pay_open_cloud"))
    np.testing.assert_allclose(found["own_saving"], found["own_centre_share"] * found["rental_margin"])
    paid = found["bids_served"] * (1.0 - found["own_saving"])
    np.testing.assert_allclose(found["pay_closed_cloud"], found["bid_closed"] * paid, rtol=1e-12)
    np.testing.assert_allclose(found["pay_closed_cloud_rd"], found["bid_training"] * paid, rtol=1e-12)
    np.testing.assert_allclose(found["pay_open_cloud"], found["bid_open"] * found["bids_served"], rtol=1e-12)


def test_own_centres_raise_labs_profits_and_weaken_hyperscalers():
    names = ("gross_profit_closed_models", "hyperscaler_share", "partner_rate")
    none, many = (rows(holding({"own_centre_long": share}), names) for share in (0.0, 0.4))
    for name, sign in zip(names, (1.0, -1.0, -1.0), strict=True):
        assert significant(many[name][31] - none[name][31]), name
        assert sign * np.median(many[name][31] - none[name][31]) > 0.0, name
