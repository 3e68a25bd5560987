"""The examples of README.md and docs/ do what they say: files are written, commands and code run as printed.

Before a fenced block, `<!-- file: NAME -->` names the file it shows and `<!-- runnable -->` says that it runs as it
stands, after the blocks above it on the same page.
"""

import re
import shlex

import matplotlib as mpl
import pytest

import stackcast
from stackcast.cli.app import call
from stackcast.cli.process import Stopper
from tests.cli.processes import ROOT

_FENCED = re.compile(r"<!-- (runnable|file: \S+) -->\n```(\w+)\n(.*?)```", re.DOTALL)


def examples(page):
    return _FENCED.findall((ROOT / page).read_text(encoding="utf-8"))


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with the shipped scenarios in it, as in a checkout."""
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def follow(page, folder):
    """Do what a page says; the names that its code has defined."""
    names = {}
    for kind, language, text in examples(page):
        if kind != "runnable":
            (folder / kind.removeprefix("file: ")).write_text(text, encoding="utf-8")
        elif language == "python":
            with mpl.rc_context({"backend": "agg"}):
                exec(compile(text, page, "exec"), names)
        else:
            for line in text.splitlines():
                run(line)
    return names


def run(line):
    """A command of the page, in this process."""
    program, *arguments = shlex.split(line, comments=True)
    assert program == "stackcast"
    assert call(arguments, Stopper()) == 0


def test_readme(here):
    assert [kind for kind, _, _ in examples("README.md")].count("runnable") == 3
    names = follow("README.md", here)
    assert names["forecast"] == stackcast.open_run("runs/three_years")
    closer = stackcast.open_run("runs/closer")
    assert (closer.n, closer.manifest["seed"]) == (10_000, 7)
    assert closer.probability("scaling_break", year=2026).value == 0.0
    assert closer.probability("scaling_break", year=2027).value == 1.0
    bargained = stackcast.open_run("runs/bargaining")
    plain = stackcast.run(ROOT / "configs" / "baseline.toml", trajectories=1e4)
    before, after = (
        [run.quantile("share", layer="chips", year=year) for run in (plain, bargained)] for year in (2026, 2030)
    )
    assert before[0] == before[1]
    assert after[0] > after[1] + 0.02


@pytest.mark.parametrize("page", ["docs/python.md", "docs/laws.md"])
def test_page(page, here):
    assert examples(page)
    follow(page, here)


def test_example_that_fails_is_noticed(here):
    (here / "page.md").write_text("<!-- runnable -->\n```python\n1 / 0\n```\n")
    with pytest.raises(ZeroDivisionError):
        follow(here / "page.md", here)
    with pytest.raises(stackcast.StackcastError, match="unknown option"):
        run("stackcast run --what")
