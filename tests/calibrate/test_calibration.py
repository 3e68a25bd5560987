"""Calibration of the baseline at small size: one digest, no look ahead, an ensemble that a scenario goes on from."""

import datetime
import re

import numpy as np
import pytest

import stackcast
from stackcast.calibrate.calibration import calibrate, last_quarter
from stackcast.calibrate.summary import summarise
from stackcast.errors import StackcastError
from tests.history.test_observations import HEADER

DAY = datetime.date(2024, 6, 30)
PARTICLES = 128


def run(threads=2, files=(), hindsight=False, day=DAY, **more):
    scenario = stackcast.load_scenario("configs/baseline.toml")
    return calibrate(scenario, day, PARTICLES, threads=threads, files=files, hindsight=hindsight, **more)


@pytest.fixture(scope="module")
def found():
    return run()


@pytest.mark.parametrize("threads", [1, 3])
def test_one_digest_for_any_threads(found, threads):
    assert run(threads).digest == found.digest


def planted(path, published):
    """A wild figure, public on a date."""
    path.write_text(
        HEADER + "data_center_revenue,NVIDIA,2024-04-28,quarter,400,USD_bn,,,planted,press release,web page,"
        f"first reported {published}\n"
    )
    return path


def test_a_row_published_after_the_date_changes_no_bit(found, tmp_path):
    assert run(files=[planted(tmp_path / "a.csv", "2024-07-01")]).digest == found.digest


def test_the_same_row_published_in_time_changes_the_fit(found, tmp_path):
    """The control of the test above."""
    assert run(files=[planted(tmp_path / "a.csv", "2024-06-30")]).digest != found.digest


def test_a_stopped_calibration_goes_on_to_the_same_digest(found, tmp_path):
    def stop(done, total):
        raise KeyboardInterrupt

    file = tmp_path / "partial.npz"
    with pytest.raises(KeyboardInterrupt):
        run(progress=stop, resume=file)
    assert file.exists()
    assert run(resume=file).digest == found.digest


def test_hindsight_is_told_apart(found):
    assert run(hindsight=True).digest != found.digest


@pytest.mark.parametrize("day", ["2022-12-31", "2023-03-31"])
def test_a_date_before_the_first_observation_is_one_line(day):
    with pytest.raises(StackcastError, match=re.escape(f"--as-of = {day}: before the first observation")) as error:
        run(day=datetime.date.fromisoformat(day))
    assert "\n" not in str(error.value)


def test_a_date_at_the_end_of_the_run_leaves_nothing_to_forecast():
    with pytest.raises(StackcastError, match="leaves no quarter to forecast"):
        run(day=datetime.date(2036, 1, 1))


def test_a_scenario_that_begins_elsewhere_or_is_conditioned_already_is_refused():
    later = stackcast.load_scenario("configs/baseline.toml", set=["horizon.start=2024Q1"])
    with pytest.raises(StackcastError, match=r"horizon\.start = 2024Q1: allowed: 2023Q1"):
        calibrate(later, DAY, PARTICLES)
    with pytest.raises(StackcastError, match="conditioned already"):
        calibrate(stackcast.load_scenario("configs/baseline_2025.toml"), DAY, PARTICLES)


def test_last_quarter_is_the_last_that_has_ended():
    days = {"2023-03-30": -1, "2023-03-31": 0, "2024-06-30": 5, "2024-07-15": 5, "2025-12-31": 11}
    assert {text: last_quarter(datetime.date.fromisoformat(text)) for text in days} == days


def test_a_scenario_goes_on_from_the_ensemble(found, tmp_path):
    found.write(tmp_path / "e.parquet", members=64)
    baseline = (stackcast.load_scenario("configs/baseline.toml")).path.resolve()
    file = tmp_path / "after.toml"
    file.write_text(f'extends = "{baseline}"\nensemble = "e.parquet"\n')
    scenario = stackcast.load_scenario(file)
    forecasts = [stackcast.run(scenario, trajectories=2000, threads=threads) for threads in (1, 2)]
    assert len({forecast.digest() for forecast in forecasts}) == 1
    assert scenario.start == 2024.5
    sales = found.target.path(found.particles.kept, "leader_sales").logs[-1]
    assert np.exp(np.median(sales)) == pytest.approx(22.6, rel=0.25)


def test_summary_has_every_parameter_and_point(found):
    said = summarise(found)
    assert len(said.stages) == len(found.particles.stages)
    varying = {name for name, values in found.values(found.prior).items() if np.ptp(values) > 0.0}
    assert set(said.parameters["parameter"]) == varying
    assert (said.fit["posterior_p5"] < said.fit["posterior_p95"]).all()
    assert said.fit["observed"].gt(0.0).all()


def test_a_date_beyond_the_record_is_told(found):
    beyond = summarise(run(day=datetime.date(2026, 6, 30)))
    assert [line for line in beyond.warnings if line.startswith("the record used ends 2025Q4: the quarters from there")]
    assert not any("the record used ends" in line for line in summarise(found).warnings)


def test_the_earliest_date_that_is_named_is_allowed():
    with pytest.raises(StackcastError, match="before the first observation") as error:
        run(day=datetime.date(2023, 3, 31))
    first = datetime.date.fromisoformat(re.search(r"allowed: (\S+) or later", str(error.value))[1])
    assert run(day=first).target.last == last_quarter(first)
    with pytest.raises(StackcastError, match="before the first observation"):
        run(day=first - datetime.timedelta(days=1))
