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


def claimed(page, world):
    """Statement -> (probability and error in the world, the same in the baseline)."""
    section = page.partition(f"## {world}\n")[2].partition("\n## ")[0].partition("claim of the essay")[2]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines()[2:]]
    return {(row[0], row[1]): [number(cell) for cell in row[2:]] for row in rows}


def test_a_world_is_asked_the_claims_of_its_own_essay(folder, made):
    page = made.page()
    assert claimed(page, "baseline") == claimed(page, "aaa") == {}
    quoted = claimed(page, "linux_moment")
    for column, name in enumerate(("linux_moment", "baseline")):
        verdicts = stackcast.theses(folder / f"{name}.toml", trajectories=N, seed=SEED)
        own = [v for v in verdicts if v.thesis.id.startswith("B") and v.thesis.condition is None]
        assert list(quoted) == [(verdict.thesis.id, verdict.thesis.statement) for verdict in own]
        for verdict in own:
            probability, error = quoted[verdict.thesis.id, verdict.thesis.statement][column]
            assert probability == pytest.approx(verdict.probability, abs=verdict.mcse)
            assert error == pytest.approx(verdict.mcse, rel=0.1)
    assert any(here != base for here, base in quoted.values())


def test_every_world_that_ships_has_an_essay():
    worlds = {file.stem for file in gallery.files(gallery.CONFIGS)} - {gallery.BASELINE}
    assert set(gallery.ESSAY_OF) == worlds
    essays = {file.stem for file in (gallery.CONFIGS / "theses").glob("*.toml")}
    assert set(gallery.ESSAY_OF.values()) == essays
    walls = [{thesis.id for thesis in gallery.own_claims(name)} for name in gallery.WALLS]
    assert walls[0] == walls[1] == walls[2]
    assert {name[:2] for name in walls[0]} == {"E1", "E2", "E3", "E4", "E5"}


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
