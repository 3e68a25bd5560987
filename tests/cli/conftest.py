"""A small stored run for all tests of the command, and the command in this process."""

import pytest

from tests.cli.processes import BASELINE, SIZE, finish, finish_here


@pytest.fixture
def here(capsys, tmp_path, monkeypatch):
    """The command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: finish_here(*arguments, streams=capsys)


@pytest.fixture(scope="session")
def stored(tmp_path_factory):
    """A small run of the baseline as the command stores it, and what it said; never changed by a test."""
    folder = tmp_path_factory.mktemp("stored")
    done = finish("run", BASELINE, *SIZE, "--seed", "7", cwd=folder)
    assert done.code == 0, done.err
    (run,) = (folder / "runs").iterdir()
    return run, done
