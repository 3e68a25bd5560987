"""The two commands on a fresh machine: what is pinned, what is checked, what makes CI fail."""

import importlib.util
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

import stackcast

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = ("requirements.lock", "requirements-test.lock")
RIVALS = "requirements-rivals.lock"


def load_environment():
    """tools/environment.py as a module; it is a script and not on the path."""
    spec = importlib.util.spec_from_file_location("environment", ROOT / "tools" / "environment.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def name_of(requirement):
    return re.match(r"[A-Za-z0-9._-]+", requirement).group().lower().replace("_", "-")


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """The script on a small project of its own, with one pinned package installed by hand."""
    module = load_environment()
    packages = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages"
    info = packages / "tiny-1.0.dist-info"
    info.mkdir(parents=True)
    (packages / "stackcast-0.dist-info").mkdir()
    (packages / "tiny.py").write_text("x = 1\n")
    (info / "RECORD").write_text(
        "tiny.py,sha256=abc,6\ntiny-1.0.dist-info/RECORD,,\n../../../bin/tiny,sha256=abc,999\n"
    )
    (tmp_path / "requirements.lock").write_text("# comment\ntiny==1.0\n")
    (tmp_path / "requirements-test.lock").write_text("")
    (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", Path(sys.executable))
    return module


@pytest.mark.parametrize("lock", [*LOCKS, RIVALS])
def test_lock_files_pin_versions_and_name_no_address(lock):
    lines = [line for line in (ROOT / lock).read_text().splitlines() if line and not line.startswith("#")]
    assert lines
    assert all(re.fullmatch(r"[a-z0-9.-]+==[0-9][0-9a-z.]*", line) for line in lines)


def test_every_dependency_is_pinned_and_installed_in_that_version():
    pins = load_environment().pins(LOCKS)
    needed = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]
    for name in map(name_of, needed):
        assert version(name) == pins[name], name


def test_the_run_environment_has_no_test_tools():
    pins = load_environment().pins
    assert not set(pins(LOCKS[:1])) & set(pins(LOCKS[1:]))
    assert not {name_of(entry) for entry in PROJECT["optional-dependencies"]["test"]} & set(pins(LOCKS[:1]))


def test_every_rival_is_pinned_and_none_is_installed_with_the_package():
    pins = load_environment().pins
    rivals = {name_of(entry) for entry in PROJECT["optional-dependencies"]["rivals"]}
    assert rivals <= set(pins([RIVALS]))
    assert not set(pins([RIVALS])) & set(pins(LOCKS))


def rivals_installed(environment, monkeypatch, refuse=()):
    """Packages handed to pip, one call each, by an installation of two rivals."""
    (environment.ROOT / RIVALS).write_text("one==1.0\ntwo==2.0\n")
    monkeypatch.setattr(environment, "RIVALS", environment.ROOT / ".rivals")
    monkeypatch.setattr(environment, "ensure", lambda kind: None)
    calls = []

    def pip(*arguments):
        calls.append(arguments[-1])
        together = refuse if arguments[-1] == RIVALS else [name for name in refuse if name in arguments[-1]]
        if together:
            raise subprocess.CalledProcessError(1, "pip")

    monkeypatch.setattr(environment, "pip", pip)
    environment.ensure_rivals()
    return calls


def test_rivals_are_installed_once(environment, monkeypatch):
    assert rivals_installed(environment, monkeypatch) == [RIVALS]
    assert rivals_installed(environment, monkeypatch) == []


def test_a_rival_that_cannot_be_installed_does_not_stop_the_others(environment, monkeypatch, capsys):
    wanted = [RIVALS, "one==1.0", "two==2.0"]
    assert rivals_installed(environment, monkeypatch, refuse=("two",)) == wanted
    assert "cannot be installed: two\n" in capsys.readouterr().err
    assert rivals_installed(environment, monkeypatch, refuse=("two",)) == wanted


def test_version_is_one_everywhere():
    assert version("stackcast") == stackcast.__version__


def test_package_says_that_it_is_typed():
    assert (Path(stackcast.__file__).parent / "py.typed").is_file()


def test_public_names_are_all_there():
    for name in stackcast.__all__:
        assert getattr(stackcast, name) is not None
    assert set(stackcast.__all__) <= set(dir(stackcast))
    with pytest.raises(AttributeError, match="no attribute 'forecats'"):
        _ = stackcast.forecats


def test_intact_environment_is_left_alone(environment):
    assert environment.damage("run") is None
    environment.stamp("run").write_text(f'{{"fingerprint": "{environment.fingerprint("run")}"}}')
    assert environment.installed("run")


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (lambda packages: (packages / "tiny.py").unlink(), "tiny.py is missing"),
        (lambda packages: (packages / "tiny.py").write_text(""), "tiny.py is not as installed"),
        (lambda packages: shutil.rmtree(packages / "tiny-1.0.dist-info"), "tiny: None, wanted 1.0"),
        (lambda packages: (packages / "stackcast-0.dist-info").rmdir(), "stackcast: not installed"),
        (lambda packages: shutil.rmtree(packages), "no site-packages"),
    ],
)
def test_damaged_environment_is_noticed(environment, harm, named):
    environment.stamp("run").write_text(f'{{"fingerprint": "{environment.fingerprint("run")}"}}')
    harm(environment.site_packages())
    assert named in environment.damage("run")
    assert not environment.installed("run")


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_changed_pins_are_installed(environment, changed):
    environment.stamp("run").write_text(f'{{"fingerprint": "{environment.fingerprint("run")}"}}')
    with open(environment.ROOT / changed, "a") as file:
        file.write("# changed\n")
    assert not environment.installed("run")


@pytest.mark.parametrize("text", ["", "[]", '{"fingerprint": 3}'])
def test_spoilt_stamp_is_not_trusted(environment, text):
    environment.stamp("run").write_text(text)
    assert not environment.installed("run")


def test_interpreter_that_does_not_start_is_noticed(environment, monkeypatch):
    assert environment.interpreter_starts()
    monkeypatch.setattr(environment, "PYTHON", environment.VENV / "bin" / "python")
    assert not environment.interpreter_starts()


def run_ci(tmp_path, make):
    """.ci/run in a checkout of its own, with `make` replaced."""
    checkout, tools = tmp_path / "checkout", tmp_path / "tools"
    (checkout / ".ci").mkdir(parents=True)
    tools.mkdir()
    shutil.copy(ROOT / ".ci" / "run", checkout / ".ci" / "run")
    (tools / "make").write_text(f"#!/bin/sh\n{make}\n")
    (tools / "make").chmod(0o755)
    subprocess.run(["git", "init", "-q", str(checkout)], check=True)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "CI": "true"}
    return subprocess.run(["bash", str(checkout / ".ci" / "run")], env=environment, capture_output=True, text=True)


def test_ci_passes_when_make_test_passes(tmp_path):
    done = run_ci(tmp_path, 'test "$*" = test && echo ran')
    assert (done.returncode, done.stdout) == (0, "ran\n")


@pytest.mark.parametrize("make", ["exit 1", "exit 5", "touch left_behind"])
def test_ci_fails_when_tests_fail_are_missing_or_leave_files(tmp_path, make):
    assert run_ci(tmp_path, make).returncode != 0


def test_make_test_ends_with_the_short_check_of_speed():
    command = ["make", "--no-print-directory", "-n", "test", "PYTHON=true"]
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line for line in lines if "pytest" in line]
    assert lines[-1].endswith(" -m benchmarks.check --short")


def test_ci_script_can_be_executed():
    assert (ROOT / ".ci" / "run").stat().st_mode & stat.S_IXUSR


def test_make_lets_python_keep_its_bytecode():
    """Where the environment forbids it, every process would compile all it imports from source."""
    probe = "probe: ; @$(PYTHON) -c 'import sys; print(sys.dont_write_bytecode)'"
    command = ["make", "--silent", "--no-print-directory", f"--eval={probe}", f"PYTHON={sys.executable}", "probe"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
