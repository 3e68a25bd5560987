"""The gallery of worlds: what its tables quote, and that its panels can be compared."""

import pytest

import stackcast
from stackcast.forecast.palette import colour
from stackcast.ledger.layers import LAYERS
from tests.cli.processes import BASELINE
from tools import gallery

N, SEED = 600, 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The baseline and two worlds of one change each."""
    made = tmp_path_factory.mktemp("worlds")
    change = 'extends = "{base}"\nname = "{name}"\n[priors]\nopen_lag.value = {value}\n'
    for name, value in (("aaa", 6), ("linux_moment", 1)):
        text = change.format(base=BASELINE, name=name, value=value)
        (made / f"{name}.toml").write_text(f"# The world of {name}.\n#\n# Its claim.\n\n# not the header\n{text}")
    (made / "baseline.toml").write_text(f'# The baseline.\nextends = "{BASELINE}"\nname = "baseline"\n')
    return made


@pytest.fixture(scope="module")
def made(folder):
    return gallery.Gallery(N, SEED, folder)


def cells(page, world, layer):
    section = page.partition(f"## {world}\n")[2].partition("\n## ")[0]
    line = next(line for line in section.splitlines() if line.startswith(f"| {layer} |"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def number(text):
    return [float(part) for part in text.split("±")]


def test_the_baseline_comes_first_and_unknown_worlds_last(folder, made):
    assert [file.stem for file in gallery.files(folder)] == ["baseline", "linux_moment", "aaa"]
    assert [world.header for world in made.worlds][1:] == [
        "The world of linux_moment.\n\nIts claim.", "The world of aaa.\n\nIts claim.",
    ]  # fmt: skip


def test_tables_quote_the_runs_and_the_paired_differences(folder, made):
    page = made.page()
    assert f"{N} trajectories each, seed {SEED}" in page
    for name in ("baseline", "linux_moment", "aaa"):
        forecast = stackcast.run(folder / f"{name}.toml", trajectories=N, seed=SEED, sample=1)
        row = forecast.to_frame("share", "open_models", 2030).set_index("statistic").loc["mean"]
        mean, error = number(cells(page, name, "Open models")[1])
        assert mean == pytest.approx(100 * row["value"], abs=error)
        assert error == pytest.approx(100 * row["mcse"], rel=0.1)
    compared = stackcast.compare([folder / "baseline.toml", folder / "aaa.toml"], trajectories=N, seed=SEED)
    found = compared.find("share", "closed_models", 2035)
    mean, error = number(cells(page, "aaa", "Closed models")[5])
    assert error == pytest.approx(100 * found.mcse, rel=0.1)
    assert mean == pytest.approx(100 * found.difference, abs=error)
    assert len(cells(page, "baseline", "Chips")) == 3
    assert "Which limit binds in 2030, share of the quarters of the year:" in page


def test_panels_have_the_same_axes_and_the_layers_colours(made):
    from matplotlib.colors import to_rgba

    figure = made.figure()
    panels = [ax for ax in figure.axes if ax.get_visible()]
    assert [ax.get_title(loc="left") for ax in panels] == ["baseline", "linux_moment", "aaa"]
    assert {(ax.get_xlim(), ax.get_ylim()) for ax in panels} == {((2023.0, 2035.0), (0.0, 1.0))}
    for ax in panels:
        assert [tuple(area.get_facecolor()[0]) for area in ax.collections] == [to_rgba(colour(x)) for x in LAYERS]
    assert sum(ax.get_legend() is not None for ax in panels) == 1
    assert "[fraction]" in figure.get_supylabel()
