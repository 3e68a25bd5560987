"""The command in this process."""

import pytest

from stackcast.cli.app import call
from stackcast.cli.process import Stopper, conclude
from tests.cli.processes import Done


@pytest.fixture
def here(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = conclude(lambda: call([str(argument) for argument in arguments], Stopper()))
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run
