"""Generated parts of the documentation are those that would be made now, and what is out of date is found."""

import shutil

import pytest

from tools import docs, notebooks, quoted, reference


@pytest.fixture(scope="module")
def sources():
    return docs.Sources(docs.FEW)


@pytest.fixture
def copy(tmp_path):
    """The documentation in a folder of its own, to be spoilt."""
    shutil.copy(docs.ROOT / "README.md", tmp_path)
    for folder in ("docs", "notebooks"):
        shutil.copytree(docs.ROOT / folder, tmp_path / folder)
    return tmp_path


def spoil(page, old, new):
    text = page.read_text(encoding="utf-8")
    assert old in text
    page.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_documentation_is_up_to_date(sources):
    assert list(docs.complaints(sources, docs.ROOT)) == []


@pytest.mark.parametrize(
    ("page", "old", "new", "said"),
    [
        ("docs/cli.md", "| `--force` |", "| `--fierce` |", "cli-run: out of date"),
        ("docs/cli.md", "| `--grouped` |", "| `--grouping` |", "cli-show: out of date"),
        ("docs/laws.md", "A N^-alpha", "A N^-beta", "laws: out of date"),
        ("docs/python.md", "Forecast.quantile(", "Forecast.quantiles(", "python-api: out of date"),
        ("README.md", "| Chips | ", "| Crisps | ", "calibrated: another table"),
        ("README.md", "scenario `", "scenario `0123456789ab` `", "run: quotes a run of another scenario"),
        ("README.md", "<!-- generated: bands -->", "<!-- generated: bonds -->", "bonds: unknown block"),
        ("docs/results.md", "<!-- end -->", "", "unknown block"),
    ],
)
def test_changed_page_is_noticed(sources, copy, page, old, new, said):
    if new == "":
        said = "is not closed"
    spoil(copy / page, old, new)
    found = [line for line in docs.complaints(sources, copy) if line.startswith(page)]
    assert any(said in line for line in found), found


def test_missing_picture_block_and_old_notebook_are_noticed(sources, copy):
    (copy / "docs" / "img" / "both_books.png").unlink()
    spoil(copy / "docs" / "engine.md", "<!-- generated: core -->", "")
    spoil(copy / "docs" / "engine.md", "<!-- end -->", "")
    spoil(copy / "notebooks" / "01_quickstart.py", "# ## Run", "# ## Ran")
    assert list(docs.complaints(sources, copy)) == [
        "core: a block that no page shows",
        "docs/img/both_books.png: missing",
        "notebooks/01_quickstart.ipynb: not what 01_quickstart.py gives",
    ]


def test_update_restores_what_was_changed(sources, copy, monkeypatch):
    """Everything but the run's numbers, which a smaller run changes; a second update finds nothing to do."""
    monkeypatch.setattr(docs, "FIGURES", ("both_books",))
    whole = (copy / "docs" / "cli.md").read_bytes()
    spoil(copy / "docs" / "cli.md", "| `--force` |", "| `--fierce` |")
    assert "docs/cli.md" in docs.update(sources, copy)
    assert (copy / "docs" / "cli.md").read_bytes() == whole
    assert docs.update(sources, copy) == []


def test_every_option_of_the_command_line_is_documented():
    from typer.main import get_command

    from stackcast.cli.app import app

    page = (docs.ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for name, command in get_command(app).commands.items():
        assert f"\n## {name}\n" in page
        assert f"cli-{name}" in reference.BLOCKS
        for option in command.params:
            assert option.opts[0].removeprefix("run_").upper() in page.upper(), option.opts


def test_every_public_name_is_documented():
    import stackcast

    page = (docs.ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    for name in set(stackcast.__all__) - {"__version__"}:
        assert name in page, name


def test_every_law_is_documented(sources):
    """Found by another way than the page is made: by the functions that have a kernel."""
    from stackcast import laws

    text = sources.text("laws")
    names = [
        name
        for topic in laws.__all__
        for name, value in vars(getattr(laws, topic)).items()
        if getattr(value, "kernel", None) is not None and not name.startswith("_")
    ]
    assert len(names) > 25
    for name in names:
        assert f"### `{name}(" in text, name
    assert "Raises ValueError" not in text


def test_every_output_of_the_baseline_is_documented(sources):
    text = sources.text("outputs")
    for metric in sources.forecast.cells.index:
        assert f"| `{metric}` |" in text or metric.startswith("lead_"), metric
    assert "| `lead_LAYER` |" in text


def test_quoted_numbers_are_the_forecasts(sources):
    forecast = sources.forecast
    row = next(line for line in quoted.layer_table(forecast).splitlines() if line.startswith("| Chips |"))
    low, middle, high = 100 * forecast.quantile("share", layer="chips", year=2030, q=[0.05, 0.5, 0.95])
    shown = row.split("|")[5]
    assert [float(part.strip("[] ")) for part in shown.replace("to", "[").split("[")] == pytest.approx(
        [middle, low, high], abs=0.5
    )


def test_notebook_is_the_same_bytes_every_time_and_names_no_machine():
    for source, made in notebooks.pairs(docs.ROOT):
        assert notebooks.converted(source) == notebooks.converted(source) == made.read_bytes()
        text = made.read_text(encoding="utf-8")
        assert '"outputs": []' in text
        assert "jupytext" not in text
