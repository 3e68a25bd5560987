"""Pictures: all there, all labelled with units, honest axes, none fails on odd runs."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest

from stackcast.forecast import figures
from stackcast.forecast.palette import COLOURS
from stackcast.ledger.layers import LAYERS


@pytest.fixture
def axes():
    from matplotlib.figure import Figure

    return Figure().subplots()


def test_every_picture_of_a_full_run_is_written_and_quickly(stack, tmp_path):
    import matplotlib.figure  # noqa: F401  (the import is not the pictures' time)

    began = time.perf_counter()
    assert figures.write_all(stack, tmp_path) == []
    seconds = time.perf_counter() - began
    assert {path.stem for path in tmp_path.iterdir()} == set(figures.PICTURES)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.iterdir())
    assert seconds < 20.0  # 3 on a quiet machine


@pytest.mark.parametrize("run", ["small", "market"])
def test_small_and_layerless_runs_have_the_pictures_they_can_have(run, request, tmp_path):
    assert figures.write_all(request.getfixturevalue(run), tmp_path) == []
    names = {path.stem for path in tmp_path.iterdir()}
    assert names == (set(figures.PICTURES) if run == "small" else {"events"})


def test_a_picture_that_fails_costs_a_message_and_not_the_run(small, tmp_path, monkeypatch):
    def broken(forecast):
        raise ValueError("no such colour")

    monkeypatch.setattr(figures, "PICTURES", {"broken": broken, "both_books": figures.both_books})
    assert figures.write_all(small, tmp_path) == ["figures/broken.png not drawn: ValueError: no such colour"]
    assert [path.name for path in tmp_path.iterdir()] == ["both_books.png"]


@pytest.mark.parametrize("name", sorted(figures.PICTURES))
def test_pictures_say_their_units_and_which_run_they_show(stack, name):
    figure = figures.PICTURES[name](stack)
    texts = [text.get_text() for text in figure.texts] + [ax.get_ylabel() for ax in figure.axes]
    texts += [ax.get_xlabel() for ax in figure.axes]
    texts += [getattr(figure, part).get_text() for part in ("_supxlabel", "_supylabel") if getattr(figure, part)]
    assert any("[" in text and "]" in text for text in texts)
    assert any(stack.digest()[:12] in text for text in texts)


def test_plots_draw_on_the_axes_they_are_given(stack, axes):
    assert stack.plot.fan("share", layer="chips", ax=axes) is axes
    assert axes.get_ylim() == (0.0, 1.0)
    assert "[fraction]" in axes.get_ylabel()
    for draw in (
        lambda ax: stack.plot.share(ax=ax),
        lambda ax: stack.plot.share(book="cash", ax=ax),
        lambda ax: stack.plot.histogram("gross_profit", layer="chips", year=2030, ax=ax),
        lambda ax: stack.plot.histogram("frontier_flop", year=2030, ax=ax),
        lambda ax: stack.plot.events(ax=ax),
        lambda ax: stack.plot.fan("frontier_flop", ax=ax, scale="log"),
    ):
        axes.clear()
        assert draw(axes) is axes
        assert axes.get_ylabel()
        assert axes.get_xlabel()


def test_plots_make_axes_when_none_are_given(stack):
    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    axes = stack.plot.fan("gross_profit", layer="apps", scale="log")
    assert "billion US dollars" in axes.get_ylabel()
    plt.close(axes.figure)


def test_the_stack_of_shares_reaches_one(stack, axes):
    stack.plot.share(ax=axes)
    top = axes.collections[-1].get_paths()[0].vertices[:, 1].max()
    assert top == pytest.approx(1.0, abs=1e-6)
    assert axes.get_ylim() == (0.0, 1.0)


def test_bars_hold_all_trajectories_inside_the_axis(stack, axes):
    stack.plot.histogram("share", layer="apps", year=2030, ax=axes)
    assert axes.patches[0].get_data().values.sum() == pytest.approx(100.0, abs=0.5)
    assert axes.get_xlim()[0] <= 0.0


def test_a_fan_with_losses_shows_them(synthetic, axes):
    rng = np.random.default_rng(2)
    draws = {
        synthetic.cell("gross_profit", synthetic.MONEY, "cloud", str(year), "USD_bn"): rng.normal(0.0, 50.0, 500)
        for year in (2029, 2030)
    }
    synthetic.forecast_from(draws).plot.fan("gross_profit", layer="cloud", ax=axes, scale="log")
    assert axes.get_yscale() == "symlog"
    assert axes.get_ylim()[0] < -50.0


def test_constants_can_be_drawn(market, axes):
    market.plot.histogram("loss", year=2030, ax=axes)
    axes.clear()
    market.plot.fan("loss", ax=axes)


def test_layers_differ_in_colour_and_lightness():
    colours = [COLOURS[layer] for layer in LAYERS]
    assert len(set(colours)) == len(LAYERS)
    light = [np.dot([int(c[i : i + 2], 16) for i in (1, 3, 5)], [0.2126, 0.7152, 0.0722]) for c in colours]
    assert min(abs(a - b) for a, b in pairwise(light)) > 25.0
