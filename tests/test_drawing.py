"""A second process draws a run's pictures; that it fails changes nothing."""

import json
import os
import subprocess
import sys
import time

import pytest

from stackcast import drawing as module
from stackcast.drawing import WORTH, Drawing, drawing
from stackcast.errors import StackcastError
from stackcast.forecast import open_run, store
from stackcast.forecast.figures import PICTURES
from tests.forecast.synthetic import stack_forecast


@pytest.fixture(scope="module")
def small():
    return stack_forecast(256)


@pytest.fixture
def drawn_here(monkeypatch):
    """Runs whose pictures this process drew."""
    found = []
    monkeypatch.setattr("stackcast.forecast.figures.write_all", lambda forecast, folder: found.append(folder) or ["x"])
    return found


@pytest.fixture
def two_cores(monkeypatch):
    monkeypatch.setattr(module, "cores", lambda: 2)


def save(forecast, folder, pictures):
    with store.saving(forecast, folder, False, pictures):
        pass
    return folder


def test_its_pictures_are_those_that_would_be_drawn_here(small, tmp_path, two_cores, monkeypatch):
    here = small.save(tmp_path / "here")
    monkeypatch.setattr("stackcast.forecast.figures.write_all", None)
    with drawing(WORTH) as pictures:
        folders = [save(small, tmp_path / name, pictures) for name in ("one", "two")]
    for folder in folders:
        assert open_run(folder).manifest["messages"] == []
        for name in PICTURES:
            place = f"figures/{name}.png"
            assert (here / place).exists() == (folder / place).exists()
            assert not (here / place).exists() or (here / place).read_bytes() == (folder / place).read_bytes()


def test_it_needs_neither_the_compiler_nor_pandas(small, tmp_path):
    folder = small.save(tmp_path / "run")
    for file in (folder / "figures").iterdir():
        file.unlink()
    told = json.dumps({"folder": str(folder), "manifest": module._needed(small.manifest)})
    code = f"{module._COMMAND}; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], input=told, text=True, capture_output=True, check=True)
    messages, loaded = done.stdout.splitlines()
    assert json.loads(messages) == []
    assert "matplotlib.figure" in loaded.split()
    assert not {"numba", "pandas", "pyarrow", "scipy"} & set(loaded.split())
    assert len(list((folder / "figures").iterdir())) > 3


def test_where_none_are_wanted_no_process_is_started(small, tmp_path, two_cores, drawn_here, monkeypatch):
    monkeypatch.setattr(module.subprocess, "Popen", None)
    with drawing(WORTH, wanted=False) as pictures:
        save(small, tmp_path / "one", pictures)
    small.save(tmp_path / "two", figures=False)
    for name in ("one", "two"):
        assert not (tmp_path / name / "figures").exists()
        assert open_run(tmp_path / name) == small
    assert drawn_here == []


def test_what_it_could_not_draw_is_tried_here_and_told(small, tmp_path, drawn_here):
    told = json.dumps({"folder": str(tmp_path), "manifest": module._needed(small.manifest)})
    fails = "import stackcast.forecast.figures as f; f.warm_up = lambda: 0; f.write_all = lambda *_: ['no']"
    code = f"import stackcast.drawing as d; d._forecast = lambda *_: 0; {fails}; d.draw_for_parent()"
    done = subprocess.run([sys.executable, "-c", code], input=told, text=True, capture_output=True, check=True)
    answer = f"input(); print({done.stdout.strip()!r})"
    with subprocess.Popen(
        [sys.executable, "-c", answer], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        save(small, tmp_path / "run", Drawing(process))
    assert done.stdout == "null\n"
    assert open_run(tmp_path / "run").manifest["messages"] == ["x"]


@pytest.mark.parametrize(
    "code", ["", "input()", "input(); print('[', end='', flush=True)", "import time; time.sleep(60)"]
)
def test_a_process_that_dies_is_done_without(code, small, tmp_path, drawn_here):
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    if "sleep" in code:
        process.kill()
    else:
        time.sleep(0.3)
    save(small, tmp_path / "run", Drawing(process))
    assert len(drawn_here) == 1
    assert process.returncode is not None
    assert open_run(tmp_path / "run").manifest["messages"] == ["x"]


def raise_while(error, forecast, folder, pictures):
    with store.saving(forecast, folder, False, pictures):
        raise error


def test_what_was_begun_ends_before_its_folder_goes_away(small, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with pytest.raises(KeyboardInterrupt):
        raise_while(KeyboardInterrupt, small, tmp_path / "run", Drawing(process))
    assert process.returncode == -9
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [MemoryError, OSError(28, "No space left on device"), StackcastError("no report")])
def test_an_error_of_what_goes_on_meanwhile_does_not_cost_the_run(error, small, tmp_path, drawn_here):
    with pytest.raises(error if isinstance(error, type) else type(error)):
        raise_while(error, small, tmp_path / "run", Drawing())
    assert open_run(tmp_path / "run") == small


def test_a_process_that_hangs_is_not_waited_for(small, tmp_path, drawn_here, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    save(small, tmp_path / "run", Drawing(process))
    assert process.returncode == -9
    assert len(drawn_here) == 1


def test_a_refused_folder_leaves_it_for_the_next_run(small, tmp_path, two_cores):
    with drawing(WORTH) as pictures:
        (tmp_path / "thesis").write_text("years of work")
        with pytest.raises(StackcastError, match="is not a folder"):
            save(small, tmp_path / "thesis", pictures)
        assert pictures._process is not None
        assert pictures._process.poll() is None
        process = pictures._process
    assert process.returncode == -9


@pytest.mark.parametrize("executable", ["/no/such/python", None, "/bin/false"])
def test_without_a_process_the_pictures_are_drawn_here(executable, small, tmp_path, drawn_here, two_cores, monkeypatch):
    monkeypatch.setattr(sys, "executable", executable)
    with drawing(WORTH) as pictures:
        save(small, tmp_path / "run", pictures)
    assert len(drawn_here) == 1


def test_small_runs_and_single_cores_have_none(monkeypatch):
    started = []
    monkeypatch.setattr(module.subprocess, "Popen", lambda *given, **named: started.append(given))
    for trajectories, cores, frozen in ((WORTH - 1, 2, False), (WORTH, 1, False), (WORTH, 2, True)):
        monkeypatch.setattr(module, "cores", lambda cores=cores: cores)
        monkeypatch.setattr(sys, "frozen", frozen, raising=False)
        with drawing(trajectories):
            pass
    assert started == []


def test_it_ends_with_its_input(two_cores):
    with drawing(WORTH) as pictures:
        process = pictures._process
        process.stdin.close()
        process.wait(timeout=60)
    assert process.returncode == 0


def test_modules_of_the_users_folder_are_not_loaded(small, tmp_path, two_cores, monkeypatch):
    user = tmp_path / "user"
    user.mkdir()
    (user / "json.py").write_text(f"open({str(user / 'loaded')!r}, 'w')")
    monkeypatch.chdir(user)
    with drawing(WORTH) as pictures:
        save(small, tmp_path / "run", pictures)
        assert pictures._process is not None
    assert os.listdir(user) == ["json.py"]
