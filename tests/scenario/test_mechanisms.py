"""Which mechanisms run: switches, order, the user's own files, and the priors they need."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stackcast.engine.assembly import build
from stackcast.engine.declare import Mechanism
from stackcast.engine.draws import draw_values
from stackcast.engine.driver import simulate
from stackcast.errors import ScenarioError

TARIFF = '''"""A tariff on chips."""
from __future__ import annotations
from dataclasses import dataclass
from stackcast.engine.declare import Loop, Mechanism, Row


@dataclass
class Unused:
    number: "float" = 1.0


def _tariff(price, tariff_rate):
    return (price * tariff_rate * 1.0,)


MECHANISM = Mechanism(
    name="anything", doc="A tariff.", loops=(Loop(_tariff, ("tariff",)),), reads=("price",),
    writes={"tariff": Row("USD_k", "price", "tariff per chip", "positive")}, priors={"tariff_rate": "1"},
)
'''
RATE = 'tariff_rate = { value = 0.25, unit = "1", source = "assumption" }\n'
OWN = RATE + '[mechanisms.my_tariff]\nfile = "my_tariff.py"\n'


def names(mechanisms) -> list[str]:
    return [mechanism.name for mechanism in mechanisms]


def test_all_shipped_mechanisms_run_in_registry_order(files):
    scenario = files.model()
    assert names(scenario.mechanisms) == ["fleet", "price"]
    assert scenario.switched_off == ()
    assert scenario.start == 2023.0
    assert scenario.quarters == 52


def test_a_mechanism_that_is_off_still_needs_the_prior_its_rows_then_hold(files):
    scenario = files.model("[mechanisms]\nfleet = false")
    assert names(scenario.mechanisms) == ["price"]
    assert names(scenario.switched_off) == ["fleet"]
    assert scenario.priors["start_fleet"].used_by == ("fleet",)
    assert scenario.priors["growth"].used_by == ()
    without = files.base.replace("growth =", "unused =").replace("start_fleet =", "gone =")
    with pytest.raises(ScenarioError, match=r"priors\.start_fleet: is missing: mechanism 'fleet'"):
        files.load(without + "[mechanisms]\nfleet = false", registry=files.registry)


def test_order_says_what_runs_and_the_rest_is_off(files):
    scenario = files.model('[mechanisms]\norder = ["fleet"]')
    assert names(scenario.mechanisms) == ["fleet"]
    assert names(scenario.switched_off) == ["price"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[mechanisms]\nflet = false", "mechanisms.flet = False: unknown mechanism; did you mean 'fleet'?"),
        ('[mechanisms]\norder = ["flet"]', "mechanisms.order = flet: unknown mechanism; did you mean 'fleet'?"),
        ('[mechanisms]\norder = ["fleet", "fleet"]', "mechanisms.order = fleet: is listed twice"),
        ('[mechanisms]\norder = ["fleet"]\nprice = true', "mechanisms.price = True: is on, but mechanisms.order"),
        ("[mechanisms]\nfleet = 3", "must be true, false or a table"),
        ("[mechanisms.own]\nfiles = 'x.py'", "mechanisms.own.files = x.py: unknown key; did you mean 'file'?"),
        ("[mechanisms.own]\nfile = 3", "mechanisms.own.file = 3: must be a string in quotes"),
    ],
)
def test_bad_switches_are_refused(files, text, said):
    with pytest.raises(ScenarioError) as caught:
        files.model(text)
    assert said in str(caught.value)


def test_code_is_only_loaded_when_it_is_allowed(files):
    files.write(TARIFF, "my_tariff.py")
    with pytest.raises(ScenarioError, match=r"mechanisms\.my_tariff\.file = my_tariff\.py: .*--allow-code"):
        files.model(OWN)


def test_a_users_mechanism_runs_after_the_one_it_names(files):
    files.write(TARIFF, "my_tariff.py")
    scenario = files.model(OWN + 'after = "price"', allow_code=True)
    assert names(scenario.mechanisms) == ["fleet", "price", "my_tariff"]
    assert scenario.mechanisms[-1].cached is False
    result = simulate(build(scenario), 256, 1, threads=1)
    assert "tariff" in {cell.metric for cell in result.aggregates.cells}


def test_a_users_mechanism_goes_before_the_ledger_by_default(files):
    files.write(TARIFF, "my_tariff.py")
    ledger = replace(files.registry["price"], name="ledger", loops=(), writes={}, priors={})
    registry = {**files.registry, "ledger": ledger}
    scenario = files.load(files.base + OWN, registry=registry, allow_code=True)
    assert names(scenario.mechanisms) == ["fleet", "price", "my_tariff", "ledger"]
    listed = files.load(
        files.base + OWN + '[mechanisms]\norder = ["fleet", "my_tariff", "price"]',
        registry=registry, allow_code=True,
    )  # fmt: skip
    assert names(listed.mechanisms) == ["fleet", "my_tariff", "price"]


def test_a_users_mechanism_can_replace_a_shipped_one(files):
    files.write(TARIFF.replace('("tariff",)', '("price",)').replace('"tariff":', '"price":'), "own.py")
    files.write(
        "from stackcast.engine.declare import Loop, Mechanism, Row\n"
        "def _price(fleet, price_level):\n    return (price_level + 0.0 * fleet,)\n"
        "MECHANISM = Mechanism(name='p', doc='', loops=(Loop(_price, ('price',)),), reads=('fleet',),\n"
        "    writes={'price': Row('USD_k', 'price', 'p', 'positive')}, priors={'price_level': 'USD_k'})\n",
        "own.py",
    )
    scenario = files.model('[mechanisms.price]\nfile = "own.py"', allow_code=True)
    assert names(scenario.mechanisms) == ["fleet", "price"]
    assert scenario.switched_off == ()
    assert scenario.mechanisms[1].writes["price"].metric is None


def test_an_edit_of_the_same_length_takes_effect_at_once_and_changes_the_hash(files):
    files.write(TARIFF, "my_tariff.py")
    first = files.model(OWN, allow_code=True)
    files.write(TARIFF.replace("* 1.0", "* 2.0"), "my_tariff.py")
    second = files.model(OWN, allow_code=True)
    bodies = [scenario.mechanisms[-1].loops[0].body for scenario in (first, second)]
    assert [body(10.0, 0.5)[0] for body in bodies] == [5.0, 10.0]
    assert first.hash() != second.hash()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1 +", "fails on line 1: SyntaxError"),
        ("\n\nraise RuntimeError('two\\nlines')", "fails on line 3: RuntimeError: two lines"),
        ("import nowhere_at_all", "fails on line 1: ModuleNotFoundError"),
        ("raise SystemExit(3)", "fails on line 1: SystemExit: 3"),
        ("x = 1", "does not define MECHANISM"),
        ("MECHANISM = 3", "MECHANISM is a int"),
        (
            "from stackcast.engine.declare import Mechanism\nMECHANISM = Mechanism(name='x')",
            "fails on line 2: TypeError",
        ),
        ("x = 1\0", "fails: "),
    ],
)
def test_an_error_in_a_users_file_is_one_line(files, source, said):
    files.write(source, "my_tariff.py")
    with pytest.raises(ScenarioError) as caught:
        files.model(OWN, allow_code=True)
    assert "mechanisms.my_tariff.file = my_tariff.py: " in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ('file = "gone.py"', "mechanisms.my_tariff.file = gone.py: no such file"),
        (
            'file = "my_tariff.py"\nafter = "prize"',
            "mechanisms.my_tariff.after = prize: unknown mechanism; did you mean 'price'?",
        ),
    ],
)
def test_a_users_file_that_is_gone_or_misplaced_is_refused(files, place, said):
    files.write(TARIFF, "my_tariff.py")
    with pytest.raises(ScenarioError) as caught:
        files.model(RATE + "[mechanisms.my_tariff]\n" + place, allow_code=True)
    assert said in str(caught.value)


def test_a_missing_prior_names_the_mechanism_and_a_similar_one(files):
    text = files.base.replace("price_level =", "price_levels =")
    with pytest.raises(ScenarioError) as caught:
        files.load(text, registry=files.registry)
    assert "priors.price_level: is missing: mechanism 'price' needs this prior in 'USD_k'" in str(caught.value)
    assert "(there is 'price_levels')" in str(caught.value)


def test_a_start_value_is_converted_to_the_unit_of_its_row(files):
    text = files.base.replace('value = 0.29e6, unit = "H100e"', 'value = 0.29, unit = "million_H100e"')
    prior = files.load(text, registry=files.registry).priors["start_fleet"]
    assert prior.unit == "H100e"
    assert prior.draw.quantile.a == 0.29e6
    with pytest.raises(ScenarioError, match=r"priors\.start_fleet\.unit = GW: fleet works in 'H100e'"):
        files.load(text.replace('0.29, unit = "million_H100e"', '0.29, unit = "GW"'), registry=files.registry)


def test_a_unit_of_another_dimension_is_refused_naming_both(files):
    with pytest.raises(ScenarioError) as caught:
        files.load(files.base.replace('sd = 2, unit = "USD_k"', 'sd = 2, unit = "GW"'), registry=files.registry)
    assert "priors.price_level.unit = GW: price works in 'USD_k': power cannot become money" in str(caught.value)


def test_two_mechanisms_must_ask_for_a_prior_in_one_unit(files):
    other: Mechanism = replace(files.registry["price"], name="other", priors={"growth": "H100e_per_year"})
    with pytest.raises(ScenarioError, match="one unit only"):
        files.load(files.base, registry={**files.registry, "other": other})


def test_priors_nobody_uses_are_drawn_and_change_nothing_else(files):
    extra = 'extra = { dist = "normal", mean = 0, sd = 1, unit = "1", source = "assumption" }\n'
    plain, more = files.model(), files.model(extra)
    assert more.priors["extra"].used_by == ()
    assert more.priors["growth"].used_by == ("fleet",)
    one, two = (draw_values(scenario.plan, 3, 0, 500) for scenario in (plain, more))
    assert set(two) - set(one) == {"extra"}
    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_sources_say_what_is_an_assumption(files):
    priors = files.model().priors
    found = {name: prior.assumption for name, prior in priors.items()}
    assert found == {
        "growth": False, "start_fleet": False, "price_level": True, "shortage_hazard": True, "shortage_from": True,
    }  # fmt: skip


def test_events_fix_the_priors_that_drive_them(files):
    def constants(text):
        priors = files.model(text).priors
        return {
            name: (priors[name].draw.quantile.kind, priors[name].draw.quantile.a)
            for name in ("shortage_hazard", "shortage_from")
        }

    assert constants("[events]\nshortage = false")["shortage_hazard"] == ("constant", 0.0)
    late = constants('[events]\nshortage = { from = "2027Q3" }')
    assert late["shortage_from"] == ("constant", 2027.5)
    assert late["shortage_hazard"][0] == "uniform"
    sure = constants('[events]\nshortage = { at = "2027Q3" }')
    assert sure["shortage_hazard"] == ("constant", 2.5e5)
    with pytest.raises(ScenarioError, match=r"events\.shortages: unknown event; did you mean 'shortage'\?"):
        files.model("[events]\nshortages = false")
    with pytest.raises(ScenarioError, match=r"events\.shortage: give from"):
        files.model('[events]\nshortage = { from = "2027Q3", at = "2027Q3" }')
