"""The notebook runs from top to bottom as a reader runs it: in its folder, in a kernel of its own."""

import os
import re
import warnings

import pytest

from tools.docs import ROOT

NOTEBOOK = ROOT / "notebooks" / "01_quickstart.ipynb"
BACKTEST = ROOT / "notebooks" / "03_backtest.ipynb"
FEW = {"STACKCAST_TRAJECTORIES": "5000", "STACKCAST_PARTICLES": "128"}


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    return carried_out(NOTEBOOK, tmp_path_factory)


def carried_out(path, tmp_path_factory):
    """A notebook with outputs, from a run of few trajectories; nothing is written beside it."""
    import nbformat

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the notebook tools; what the notebook itself says is looked at below
        from nbclient import NotebookClient

        private = tmp_path_factory.mktemp("jupyter")
        places = {name: str(private) for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR")}
        environment = {**os.environ, **places, **FEW}
        notebook = nbformat.read(path, as_version=4)
        client = NotebookClient(
            notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": path.parent}}
        )
        client.execute(env=environment)
    return notebook


def outputs(notebook, kind):
    return [
        output["data"][kind]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if kind in output.get("data", {})
    ]


def printed(notebook, name):
    return "".join(
        output["text"]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output["output_type"] == "stream" and output["name"] == name
    )


def test_every_code_cell_ran_without_a_warning(executed):
    code = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert printed(executed, "stderr") == ""


def test_it_shows_the_table_the_probability_and_the_pictures(executed):
    assert "5,000 trajectories" in outputs(executed, "text/html")[0]
    assert len(outputs(executed, "image/png")) == 3
    assert re.search(r"chips above 40 %: +0\.\d{4} \+- 0\.00\d", printed(executed, "stdout"))


def test_it_replays_a_future_and_compares_two_priors(executed):
    assert any("2029Q4" in text and "chip_price" in text for text in outputs(executed, "text/html"))
    assert re.search(r"higher in \d+ %, lower in \d+ % of the futures", printed(executed, "stdout"))


def test_it_calls_the_public_api_only():
    source = (ROOT / "notebooks" / "01_quickstart.py").read_text(encoding="utf-8")
    imports = re.findall(r"^(?:import|from) (\S+)", source, re.MULTILINE)
    assert imports == ["os", "stackcast"]


def test_the_backtest_is_walked_through(tmp_path_factory):
    """Fit, scores against rivals, fans: no warning, and a number wherever the text promises one."""
    done = carried_out(BACKTEST, tmp_path_factory)
    assert printed(done, "stderr") == ""
    said = printed(done, "stdout")
    assert re.search(r"[\d,]+ of [\d,]+ observations were public on 2024-06-30", said)
    assert re.search(r"skill [+-]\d\.\d\d against the [a-z ]+, \d+ series, \d+ outcomes", said)
    assert re.search(r"intervals held: .*'90 %': '\d+ %'", said)
    assert len(outputs(done, "image/png")) == 1
    assert any("NVIDIA" in text for text in outputs(done, "text/html"))


def test_the_backtest_calls_the_public_api_only():
    source = (ROOT / "notebooks" / "03_backtest.py").read_text(encoding="utf-8")
    imports = re.findall(r"^(?:import|from) (\S+)", source, re.MULTILINE)
    parts = {f"stackcast.{part}" for part in ("backtest", "calibrate", "history", "report.backtest")}
    assert set(imports) <= {"datetime", "io", "os", "numpy", "IPython.display", "stackcast"} | parts
