"""What holds for all laws: argument checks, plain results, one equation for kernel and public function."""

import importlib
import inspect
import itertools
import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from numba.core import config

from stackcast import laws
from stackcast.engine.jit import compiled
from stackcast.laws import adoption, datacentre, dynamics, growth, learning, pricing, scaling
from stackcast.laws.law import POSITIVE, law

HOFFMANN = list(scaling.HOFFMANN_2022)
REPEATS = list(scaling.MUENNIGHOFF_2023)
DEMAND = [7.0, 1.1, 1e13]

# Arguments inside the domain of every law; several points each, extremes among them.
INSIDE = {
    "scaling.loss": [(7e10, 1.4e12, HOFFMANN), (1e3, 1e3, HOFFMANN), (1e40, 1e40, REPEATS)],
    "scaling.compute_optimal": [(5.88e23, HOFFMANN), (1.0, HOFFMANN), (1e40, REPEATS)],
    "scaling.effective_tokens": [(2.4e11, 2.5e10, 15.4), (1.0, 2.0, 1e9), (1e40, 1e3, 1e-6), (5.0, 1.0, 1e15)],
    "scaling.data_constrained_loss": [(6.34e9, 2.42e11, 2.5e10, REPEATS), (1e3, 1e40, 1e3, HOFFMANN)],
    "scaling.data_constrained_optimum": [(1e22, 2.5e10, REPEATS), (1e10, 1e30, HOFFMANN), (1e40, 1e3, HOFFMANN)],
    "scaling.inference_aware_optimum": [(2.0, 1e13, HOFFMANN), (1.7, 0.0, HOFFMANN), (9.0, 1e40, REPEATS)],
    "scaling.kaplan_loss": [(1e11, 3e11), (1e3, 1e40)],
    "adoption.bass_adoption": [(5.0, 0.03, 0.38), (0.0, 0.03, 0.38), (1e6, 1e-300, 0.0)],
    "adoption.bass_peak": [(0.03, 0.38), (0.38, 0.03), (0.1, 0.0)],
    "adoption.bass_rate": [(0.4, 0.03, 0.38)],
    "learning.wright_exponent": [(0.8,), (1.0,)],
    "learning.wright_cost": [(100.0, 1.0, 32.0, 0.32), (5.0, 2.0, 1.0, 0.0)],
    "growth.soft_cap": [(0.3, 6.0), (1e9, 6.0), (0.0, 1e-9)],
    "growth.growth_from_doubling": [(0.7,)],
    "growth.doubling_from_growth": [(4.7,)],
    # Many points: of 600 exponentials about 5 show that a multiply-add was rounded twice.
    "growth.growth_from_ooms": [(0.372,), *((k / 100.0,) for k in range(-300, 300))],
    "growth.ooms_from_growth": [(2.35,)],
    "growth.quarterly_growth": [(4.7,)],
    "growth.yearly_growth": [(1.3,)],
    "growth.exhaustion_time": [(3.2e14, 6.2e12, 1.08, 2.35), (1.0, 2.0, 1.0, 3.0)],
    "pricing.unconstrained_margin": [(1.1,), (2.4,)],
    "pricing.unconstrained_price": [(2.0, 7e10, 1e-18)],
    "pricing.lab_demand": [(1e-6, 0.1, DEMAND), (3e-7, 0.4, DEMAND)],
    "pricing.lab_profit": [(1e-6, 7e10, 1.4e12, 0.2, 1e-18, DEMAND)],
    "pricing.logit_share": [(0.7, 0.5), (-1e6, 1.0)],
    "pricing.logit_shares": [(1.0, 0.5, 0.0, 0.8), (1e300, 0.0, -1e300, 1.0)],
    "pricing.inclusive_value": [(1.0, 2.0, 0.7), (-1e9, 1e9, 1.0)],
    "pricing.bertrand_markup": [(2.0, 0.3), (2.0, 0.0)],
    "pricing.gross_margin": [(3.0, 1.0), (1.0, 2.0)],
    "datacentre.annuity": [(0.07, 5.0), (0.0, 5.0), (1e-12, 3.0)],
    "datacentre.annual_cost": [(5.0, 25.2, 12.8, 0.9, 0.07, 14.0)],
    "datacentre.training_chip_hours": [(3.8e25, 9.89e14, 0.4)],
    "datacentre.training_run_cost": [(3e7, 3e4, 0.5, 1.6, 4e6, 0.19, 0.14)],
    "datacentre.end_revenue_needed": [(50.0, 0.5, 0.5)],
    "dynamics.saturation": [(0.3, 0.05), (1.0, 1.0), (0.0, 1e-300)],
    "dynamics.moat": [(0.5, 0.1, 0.7, 0.03), (0.0, 1.0, 1.0, 1.0), (1.0, 0.0, 0.0, 1.0)],
    "dynamics.concentration": [(0.4, 0.05, 0.08, 0.125), (1.0, 1e6, 1.0, 0.0), (0.0, 0.0, 0.0, 0.0)],
    "dynamics.leader_share": [(0.4, 8.0), (1.0, 1.0), (0.0, 1e9)],
    "dynamics.event_probability": [(0.0,), (1e300,), *((k / 10.0,) for k in range(50))],
    "dynamics.rising_event_probability": [(0.01, 2.0, 28.0, 27.0, 5.0), (0.0, 1e9, 1e300, -1e300, 5.0)],
}

# Outside, one row an argument: what must be refused and the words that say what is allowed.
POSITIVE_ONLY = ([0.0, -1.0, -1e-300], "> 0")
NOT_NEGATIVE = ([-1.0, -1e-300], ">= 0")
SHARE = ([-0.1, 1.1], ">= 0 and <= 1")
BELOW_ONE = ([-0.1, 1.0, 2.0], ">= 0 and < 1")
SHARE_OF_COST = ([0.0, -0.5, 1.1], "> 0 and <= 1")
ABOVE_ONE = ([1.0, 0.5, -2.0], "> 1")
ANY = ([], "a finite number")
OUTSIDE = {
    "scaling.loss": {"params": POSITIVE_ONLY, "tokens": POSITIVE_ONLY},
    "scaling.compute_optimal": {"flop": POSITIVE_ONLY},
    "scaling.effective_tokens": {"tokens": POSITIVE_ONLY, "unique_tokens": POSITIVE_ONLY, "r_star": POSITIVE_ONLY},
    "scaling.data_constrained_loss": {
        "params": POSITIVE_ONLY,
        "tokens": POSITIVE_ONLY,
        "unique_tokens": POSITIVE_ONLY,
    },
    "scaling.data_constrained_optimum": {"flop": POSITIVE_ONLY, "unique_tokens": POSITIVE_ONLY},
    "scaling.inference_aware_optimum": {
        "target_loss": ([1.5, scaling.HOFFMANN_2022.E, -3.0], "> 1.69337 (the fit's irreducible loss E)"),
        "inference_tokens": NOT_NEGATIVE,
    },
    "scaling.kaplan_loss": {"params": POSITIVE_ONLY, "tokens": POSITIVE_ONLY},
    "adoption.bass_adoption": {"t": NOT_NEGATIVE, "p": POSITIVE_ONLY, "q": NOT_NEGATIVE},
    "adoption.bass_peak": {"p": POSITIVE_ONLY, "q": NOT_NEGATIVE},
    "adoption.bass_rate": {"share": SHARE, "p": POSITIVE_ONLY, "q": NOT_NEGATIVE},
    "learning.wright_exponent": {"progress_ratio": SHARE_OF_COST},
    "learning.wright_cost": {
        "first_cost": POSITIVE_ONLY,
        "first_units": POSITIVE_ONLY,
        "units": POSITIVE_ONLY,
        "exponent": NOT_NEGATIVE,
    },
    "growth.soft_cap": {"x": NOT_NEGATIVE, "cap": POSITIVE_ONLY},
    "growth.growth_from_doubling": {"years": POSITIVE_ONLY},
    "growth.doubling_from_growth": {"growth": ABOVE_ONE},
    "growth.growth_from_ooms": {"ooms": ANY},
    "growth.ooms_from_growth": {"growth": POSITIVE_ONLY},
    "growth.quarterly_growth": {"yearly": POSITIVE_ONLY},
    "growth.yearly_growth": {"quarterly": POSITIVE_ONLY},
    "growth.exhaustion_time": {
        "stock": POSITIVE_ONLY,
        "demand": POSITIVE_ONLY,
        "stock_growth": POSITIVE_ONLY,
        "demand_growth": ([1.08, 0.5, -1.0], "> 1.08 (stock_growth"),
    },
    "pricing.unconstrained_margin": {"h": ABOVE_ONE},
    "pricing.unconstrained_price": {"h": ABOVE_ONE, "params": POSITIVE_ONLY, "cost_per_flop": POSITIVE_ONLY},
    "pricing.lab_demand": {"price": POSITIVE_ONLY, "reducible_loss": POSITIVE_ONLY},
    "pricing.lab_profit": {
        "price": POSITIVE_ONLY,
        "params": POSITIVE_ONLY,
        "tokens": POSITIVE_ONLY,
        "reducible_loss": POSITIVE_ONLY,
        "cost_per_flop": POSITIVE_ONLY,
    },
    "pricing.logit_share": {"advantage": ANY, "temperature": POSITIVE_ONLY},
    "pricing.logit_shares": {"first": ANY, "second": ANY, "outside": ANY, "temperature": POSITIVE_ONLY},
    "pricing.inclusive_value": {"first": ANY, "second": ANY, "temperature": POSITIVE_ONLY},
    "pricing.bertrand_markup": {"price_sensitivity": POSITIVE_ONLY, "share": BELOW_ONE},
    "pricing.gross_margin": {"price": POSITIVE_ONLY, "cost": NOT_NEGATIVE},
    "datacentre.annuity": {"rate": NOT_NEGATIVE, "years": POSITIVE_ONLY},
    "datacentre.annual_cost": {
        "it_life": POSITIVE_ONLY,
        "it_capital": NOT_NEGATIVE,
        "facility_capital": NOT_NEGATIVE,
        "opex": NOT_NEGATIVE,
        "rate": NOT_NEGATIVE,
        "facility_life": POSITIVE_ONLY,
    },
    "datacentre.training_chip_hours": {
        "flop": POSITIVE_ONLY,
        "peak_flop_per_second": POSITIVE_ONLY,
        "utilisation": SHARE_OF_COST,
    },
    "datacentre.training_run_cost": {
        "chip_hours": NOT_NEGATIVE,
        "chip_price": NOT_NEGATIVE,
        "age": NOT_NEGATIVE,
        "server_overhead": ([0.99, -1.0], ">= 1"),
        "energy_cost": NOT_NEGATIVE,
        "interconnect_share": BELOW_ONE,
        "depreciation": NOT_NEGATIVE,
    },
    "datacentre.end_revenue_needed": {
        "gpu_revenue": NOT_NEGATIVE,
        "gpu_share": SHARE_OF_COST,
        "gross_margin": BELOW_ONE,
    },
    "dynamics.saturation": {"level": SHARE, "pace": SHARE},
    "dynamics.moat": {"level": SHARE, "build": SHARE, "driver": SHARE, "decay": SHARE},
    "dynamics.concentration": {"level": SHARE, "preference": NOT_NEGATIVE, "diffusion": SHARE, "even": BELOW_ONE},
    "dynamics.leader_share": {"hhi": SHARE, "firms": ([0.0, 0.99, -1.0], ">= 1")},
    "dynamics.event_probability": {"hazard": NOT_NEGATIVE},
    "dynamics.rising_event_probability": {
        "base": NOT_NEGATIVE,
        "pull": NOT_NEGATIVE,
        "x": ANY,
        "threshold": ANY,
        "cap": POSITIVE_ONLY,
    },
}
JUNK = [math.nan, math.inf, -math.inf, "1.0", None, True, 1j, [1.0], np.ones(2), 10**400, -(10**9000)]

# Read by both processes of the bit-for-bit test: evaluates the points given on standard input.
EVALUATE = """
import importlib, json, sys
from stackcast.laws import pricing, scaling
def given(v):
    return v if not isinstance(v, list) else (scaling.ScalingFit if len(v) == 7 else pricing.LabDemand)(*v)
out = []
for name, points in json.load(sys.stdin).items():
    topic, name = name.split(".")
    law = getattr(importlib.import_module("stackcast.laws." + topic), name)
    for point in points:
        r = law(*map(given, point))
        out.append([name] + [x.hex() for x in (r if isinstance(r, tuple) else (r,))])
print(json.dumps(out))
"""


def named(name):
    topic, function = name.split(".")
    return getattr(getattr(laws, topic), function)


def arguments(name, point=0):
    record = {7: scaling.ScalingFit, 3: pricing.LabDemand}
    values = (record[len(v)](*v) if isinstance(v, list) else v for v in INSIDE[name][point])
    return dict(zip(inspect.signature(named(name)).parameters, values, strict=True))


def all_laws():
    topics = (adoption, datacentre, dynamics, growth, learning, pricing, scaling)
    return {
        f"{topic.__name__.rsplit('.', 1)[1]}.{name}": value
        for topic in topics
        for name, value in vars(topic).items()
        if hasattr(value, "kernel") and hasattr(value, "domains")
    }


def test_tables_cover_every_law_and_argument():
    found = all_laws()
    assert set(found) == set(INSIDE) == set(OUTSIDE)
    for name, function in found.items():
        numbers = {a for a in inspect.signature(function).parameters if a not in ("fit", "demand")}
        numbers |= {"demand"} if name == "growth.exhaustion_time" else set()
        assert set(OUTSIDE[name]) == numbers


@pytest.mark.parametrize("name", OUTSIDE)
def test_argument_outside_its_range_is_named_with_what_is_allowed(name):
    for argument, (values, allowed) in OUTSIDE[name].items():
        for value in values:
            with pytest.raises(ValueError, match=f"^{argument} = ") as caught:
                named(name)(**{**arguments(name), argument: value})
            assert repr(value) in str(caught.value)
            assert allowed in str(caught.value)


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_is_not_a_finite_number_is_refused(name):
    for argument, value in itertools.product(OUTSIDE[name], JUNK):
        with pytest.raises(ValueError, match=f"^{argument} = .*: must be a finite number"):
            named(name)(**{**arguments(name), argument: value})


@pytest.mark.parametrize("field", scaling.ScalingFit._fields)
@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0, "x", None])
def test_bad_coefficient_is_named(field, value):
    fit = scaling.BESIROGLU_2024._replace(**{field: value})
    with pytest.raises(ValueError, match=rf"^fit\.{field} = .*: must be a finite number >"):
        scaling.loss(1e9, 1e11, fit)


@pytest.mark.parametrize("fit", [None, tuple(scaling.BESIROGLU_2024), {"A": 1.0}, 1.0])
def test_fit_of_another_type_is_refused(fit):
    with pytest.raises(ValueError, match=r"^fit = .*: must be a ScalingFit$"):
        scaling.loss(1e9, 1e11, fit)


@pytest.mark.parametrize("field", pricing.LabDemand._fields)
def test_bad_demand_coefficient_is_named(field):
    with pytest.raises(ValueError, match=rf"^demand\.{field} = 0.0: must be a finite number > "):
        pricing.lab_demand(1e-6, 0.1, pricing.ELASTIC_DEMAND._replace(**{field: 0.0}))


def test_message_stays_on_one_line_and_short():
    with pytest.raises(ValueError, match="params") as caught:
        scaling.loss("a\nb" * 1000, 1e11, scaling.BESIROGLU_2024)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 150


def test_result_beyond_double_precision_is_refused():
    with pytest.raises(ValueError, match="growth_from_ooms: these arguments lead beyond the range of double"):
        growth.growth_from_ooms(400.0)


def test_integers_and_numpy_numbers_are_numbers():
    expected = growth.quarterly_growth(16.0)
    assert expected == 2.0
    for sixteen in (16, np.int32(16), np.float32(16.0), np.float64(16.0)):
        assert growth.quarterly_growth(sixteen) == expected


@pytest.mark.parametrize("name", INSIDE)
def test_results_are_plain_finite_floats(name):
    for point in range(len(INSIDE[name])):
        result = named(name)(**arguments(name, point))
        values = result if isinstance(result, tuple) else (result,)
        assert all(type(value) is float and math.isfinite(value) for value in values)


@pytest.mark.parametrize("name", INSIDE)
def test_docstring_gives_source_and_errors(name):
    text = inspect.getdoc(named(name))
    assert "Source: " in text
    assert "Raises ValueError" in text


def test_without_compiler_every_law_gives_the_same_bits():
    flipped = {**os.environ, "NUMBA_DISABLE_JIT": "0" if config.DISABLE_JIT else "1"}
    run = subprocess.run(
        [sys.executable, "-c", EVALUATE], input=json.dumps(INSIDE), env=flipped, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    here = []
    for name, points in INSIDE.items():
        for point in range(len(points)):
            result = named(name)(**arguments(name, point))
            values = result if isinstance(result, tuple) else (result,)
            here.append([name.split(".")[1], *(value.hex() for value in values)])
    assert json.loads(run.stdout) == here


def test_kernel_inlined_in_a_loop_gives_the_bits_of_the_public_function():
    optimum, share = scaling.data_constrained_optimum.kernel, adoption.bass_adoption.kernel
    fit_of = scaling.ScalingFit

    def sweep(table):
        for k in range(table.shape[1]):
            fit = fit_of(table[2, k], 1487.7, 1.87, 0.35, 0.36, 15.4, 5.3)
            params, tokens, loss = optimum(table[0, k], table[1, k], fit)
            table[3, k] = params + tokens
            table[4, k] = loss
            table[5, k] = share(loss, 0.03, 0.38)

    lanes = 64
    table = np.empty((6, lanes))
    table[0], table[1], table[2] = np.geomspace(1e18, 1e28, lanes), 1e11, np.linspace(300.0, 600.0, lanes)
    compiled("void(float64[:, ::1])", key="")(sweep)(table)
    for k in range(lanes):
        fit = scaling.ScalingFit(table[2, k], 1487.7, 1.87, 0.35, 0.36, 15.4, 5.3)
        params, tokens, loss = scaling.data_constrained_optimum(table[0, k], 1e11, fit)
        assert (table[3, k], table[4, k]) == (params + tokens, loss)
        assert table[5, k] == adoption.bass_adoption(loss, 0.03, 0.38)


def test_law_without_a_domain_for_every_argument_is_an_error():
    with pytest.raises(TypeError, match="halved: every argument needs a domain"):

        @law(x=POSITIVE)
        def halved(x, by):
            return x / by


def test_topics_are_imported_only_when_used():
    code = (
        "import sys, stackcast.laws as laws; assert 'numba' not in sys.modules; "
        "assert set(laws.__all__) <= set(dir(laws)); laws.growth; assert 'numba' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        importlib.import_module("stackcast.laws").nonsense  # noqa: B018
