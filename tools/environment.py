"""Make .venv hold what the lock files say; say nothing and install nothing when it already does.

python3 tools/environment.py run | test | rivals

A stamp inside .venv records what was installed from which lock files. It is trusted only while the interpreter starts
and every file of every pinned package is there with its recorded size, so an interrupted installation, a replaced
system Python or a deleted file is noticed and repaired. Standard library only: it runs before anything is installed.

The packages that the benchmarks compare with are kept apart, in .rivals: only the benchmarks put it on their path.
"""

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
RIVALS = ROOT / ".rivals"
LOCKS = {"run": ["requirements.lock"], "test": ["requirements.lock", "requirements-test.lock"]}
RIVALS_LOCK = "requirements-rivals.lock"
OLDEST = (3, 11)


def pins(names):
    """Canonical package name -> version, from lock files of `name==version` lines."""
    found = {}
    for name in names:
        for line in (ROOT / name).read_text().splitlines():
            line = line.split("#")[0].strip()
            if line:
                package, version = line.split("==")
                found[canonical(package)] = version
    return found


def canonical(package):
    return re.sub(r"[-_.]+", "-", package).lower()


def fingerprint(kind):
    """Changes with everything an installation depends on, the place of the checkout included."""
    digest = hashlib.sha256(str(ROOT).encode())
    for name in [*LOCKS[kind], "pyproject.toml"]:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def stamp(kind):
    return VENV / f"installed-{kind}.json"


def site_packages():
    return next(iter(sorted(VENV.glob("lib/python3*/site-packages"))), None)


def interpreter_starts():
    command = [str(PYTHON), "-I", "-c", "import sys; sys.exit(sys.version_info[:2] < (3, 11))"]
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0
    except OSError:
        return False


def damage(kind):
    """The first thing wrong with the installed packages, or None."""
    folder = site_packages()
    if folder is None:
        return "no site-packages"
    installed = {}
    for info in folder.glob("*.dist-info"):
        package, _, version = info.name[: -len(".dist-info")].rpartition("-")
        installed[canonical(package)] = (version, info)
    for package, version in pins(LOCKS[kind]).items():
        have, info = installed.get(package, (None, None))
        if have != version:
            return f"{package}: {have}, wanted {version}"
        problem = damaged_file(folder, info)
        if problem:
            return f"{package}: {problem}"
    return None if "stackcast" in installed else "stackcast: not installed"


def damaged_file(folder, info):
    try:
        with open(info / "RECORD", newline="", encoding="utf-8") as record:
            rows = [row for row in csv.reader(record) if len(row) == 3 and row[2]]
    except OSError:
        return "no RECORD"
    for name, _, size in rows:
        # pip rewrites the scripts in bin/ for this environment; bytecode is made anew when missing.
        if name.startswith("..") or name.endswith(".pyc"):
            continue
        try:
            if os.stat(os.path.join(folder, name)).st_size != int(size):
                return f"{name} is not as installed"
        except OSError:
            return f"{name} is missing"
    return None


def installed(kind):
    """True when nothing needs doing. The test environment contains the run environment."""
    for candidate in (kind, "test"):
        try:
            recorded = json.loads(stamp(candidate).read_text())["fingerprint"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if recorded == fingerprint(candidate):
            return interpreter_starts() and damage(kind) is None
    return False


def pip(*arguments):
    command = [str(PYTHON), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    environment = {**os.environ, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment, check=True)


def install(kind):
    if not interpreter_starts():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True, stdout=sys.stderr)
    files = [argument for name in LOCKS[kind] for argument in ("-r", name)]
    # Bytecode is made of what is imported, when it first is: little of all. To install the test environment and import
    # what tests use took 45 + 11 instead of 89 + 4 seconds (AMD EPYC, 2 cores); the first command waits some seconds.
    pip("install", "--no-compile", *files)
    # Editable: an edit of src/ is what the next command runs. The back end is pinned above, so no build isolation.
    pip("install", "--no-deps", "--no-build-isolation", "--editable", ".")


def ensure(kind):
    if installed(kind):
        return
    say(f"installing the {kind} environment into .venv (once; a minute or two)")
    for candidate in LOCKS:
        stamp(candidate).unlink(missing_ok=True)
    try:
        install(kind)
        problem = damage(kind)
    except (subprocess.CalledProcessError, OSError) as error:
        problem = str(error)
    if problem:
        say(f"building .venv anew: {problem}")
        shutil.rmtree(VENV, ignore_errors=True)
        install(kind)
        problem = damage(kind)
        if problem:
            sys.exit(f"environment: .venv is still not as locked: {problem}")
    temporary = stamp(kind).with_suffix(".tmp")
    temporary.write_text(json.dumps({"fingerprint": fingerprint(kind)}))
    os.replace(temporary, stamp(kind))


def rivals_fingerprint():
    """Changes with what .rivals should hold and with the interpreter that it was installed for."""
    return hashlib.sha256(f"{ROOT} {sys.version}".encode() + (ROOT / RIVALS_LOCK).read_bytes()).hexdigest()


def ensure_rivals():
    """Install the rivals' packages into their folder; one that cannot be is said and left to the benchmarks to list."""
    ensure("test")
    stamp = RIVALS / "installed.json"
    if stamp.exists() and stamp.read_text() == rivals_fingerprint():
        return
    say("installing the packages that benchmarks compare with into .rivals (once; a minute or two)")
    shutil.rmtree(RIVALS, ignore_errors=True)
    # No dependencies: the lock file names them all, and those of stackcast itself are those of .venv.
    target = ("install", "--no-deps", "--target", str(RIVALS))
    try:
        pip(*target, "-r", RIVALS_LOCK)
    except subprocess.CalledProcessError:
        if not rivals_one_by_one(target):
            return  # tried again next time
    RIVALS.mkdir(exist_ok=True)
    stamp.write_text(rivals_fingerprint())


def rivals_one_by_one(target):
    """Whether every package could be installed."""
    failed = []
    for package, version in pins([RIVALS_LOCK]).items():
        try:
            pip(*target, f"{package}=={version}")
        except subprocess.CalledProcessError:
            failed.append(package)
    say(f"cannot be installed: {', '.join(failed)}")
    return not failed


def say(text):
    print(f"environment: {text}", file=sys.stderr, flush=True)


def main():
    if sys.version_info[:2] < OLDEST:
        sys.exit("environment: Python 3.11 or newer is needed, this is " + sys.version.split()[0])
    if len(sys.argv) != 2 or sys.argv[1] not in (*LOCKS, "rivals"):
        sys.exit("environment: usage: environment.py run | test | rivals")
    try:
        ensure_rivals() if sys.argv[1] == "rivals" else ensure(sys.argv[1])
    except subprocess.CalledProcessError as error:
        sys.exit(f"environment: {error}")


if __name__ == "__main__":
    main()
