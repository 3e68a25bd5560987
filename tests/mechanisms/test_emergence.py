"""Usefulness: the logistic, the jumps, and models that improve without any ability appearing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stackcast.mechanisms import emergence
from tests.mechanisms.baseline import holding, program, rows

THRESHOLDS = {"use_case_1": 27.0, "use_case_2": 29.0, "use_case_3": 31.0}
OUT_OF_REACH = dict.fromkeys(THRESHOLDS, 99.0)


def judge(capability, weight=0.0, midpoint=31.0, slope=0.8, thresholds=(27.0, 29.0, 31.0)):
    return emergence.judge_models(capability, midpoint, slope, weight, *thresholds)


def test_without_jumps_usefulness_is_the_logistic_with_its_midpoint_and_slope():
    _, usefulness, logarithm = judge(31.0)
    assert usefulness == pytest.approx(0.5)
    assert logarithm == pytest.approx(math.log(0.5))
    assert (judge(31.001)[1] - usefulness) / 0.001 == pytest.approx(0.2, rel=1e-3)
    assert judge(60.0)[1] == pytest.approx(1.0)
    assert judge(27.0)[1] == pytest.approx(1.0 / (1.0 + math.exp(0.8 * 4.0)))


@pytest.mark.parametrize(("capability", "cases"), [(26.999, 0.0), (27.0, 1.0), (29.5, 2.0), (31.0, 3.0), (40.0, 3.0)])
def test_with_all_weight_on_jumps_usefulness_is_the_part_of_use_cases(capability, cases):
    found, usefulness, logarithm = judge(capability, weight=1.0)
    assert found == cases
    assert usefulness == pytest.approx(cases / 3.0)
    assert logarithm == pytest.approx(math.log(cases / 3.0) if cases else math.log(1e-6))


def test_the_parts_are_mixed_by_the_weight():
    smooth, jumps = judge(29.5)[1], judge(29.5, weight=1.0)[1]
    assert judge(29.5, weight=0.25)[1] == pytest.approx(0.75 * smooth + 0.25 * jumps)


def test_the_order_of_thresholds_does_not_matter():
    assert judge(29.5, 0.4, thresholds=(31.0, 27.0, 29.0)) == judge(29.5, 0.4)


def test_loss_improves_and_no_ability_appears():
    names = ("loss", "usefulness", "use_cases", "log_usefulness", "end_spend", "products_log", "builds_log")
    found = rows(holding({"use_case_weight": 1.0} | OUT_OF_REACH), names, n=256)
    assert (found["loss"][-1] < found["loss"][0] - 0.01).all()
    assert (found["usefulness"] == 0.0).all()
    assert (found["use_cases"] == 0.0).all()
    assert np.ptp(found["log_usefulness"]) == 0.0
    assert all(np.isfinite(values).all() for values in found.values())


def test_a_jump_is_felt_in_the_quarter_in_which_capability_passes_its_threshold():
    held = holding({"use_case_weight": 1.0} | THRESHOLDS)
    found = rows(held, ("capability", "usefulness", "use_cases"), n=256)
    passed = sum((found["capability"] >= threshold).astype(float) for threshold in THRESHOLDS.values())
    np.testing.assert_array_equal(found["use_cases"], passed)
    np.testing.assert_allclose(found["usefulness"], passed / 3.0)
    assert set(np.unique(passed)) == {0.0, 1.0, 2.0, 3.0}


def test_usefulness_is_a_share_and_never_falls():
    found = rows(program(), ("usefulness",))["usefulness"]
    assert found.min() >= 0.0
    assert found.max() <= 1.0
    assert np.diff(found, axis=0).min() >= 0.0


def test_earlier_use_cases_sell_more():
    names = ("usefulness", "products_log")
    held = {"use_case_weight": 0.5, "use_case_2": 99.0, "use_case_3": 99.0}
    late, early = (rows(holding(held | {"use_case_1": at}), names) for at in (99.0, 27.0))
    assert (early["usefulness"] >= late["usefulness"]).all()
    assert (early["products_log"][40] > late["products_log"][40]).mean() > 0.9
