"""A small stored run for all tests of the command, and the command in this process."""

import pytest

from stackcast.cli.app import call
from stackcast.cli.process import Stopper, conclude
from tests.cli.processes import BASELINE, SIZE, Done, finish


@pytest.fixture
def here(capsys, tmp_path, monkeypatch):
    """The command in this process, in an empty folder: quick, but without signals and closed pipes."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = conclude(lambda: call([str(argument) for argument in arguments], Stopper()))
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def stored(tmp_path_factory):
    """A small run of the baseline as the command stores it, and what it said; never changed by a test."""
    folder = tmp_path_factory.mktemp("stored")
    done = finish("run", BASELINE, *SIZE, "--seed", "7", cwd=folder)
    assert done.code == 0, done.err
    (run,) = (folder / "runs").iterdir()
    return run, done
