"""Run the benchmarks and write docs/benchmarks.md: ``python -m benchmarks [--only SECTION ...] [--short]``."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.findings import load, merge, record, store
from benchmarks.machine import bind
from benchmarks.page import page, summary
from benchmarks.paths import FINDINGS, PAGE, RIVALS, ROOT
from benchmarks.sections import SECTIONS


def measure(name: str, short: bool) -> dict[str, Any]:
    """Measure a section in this process."""
    if SECTIONS[name].rivals:
        bind()
    began = time.perf_counter()
    found = importlib.import_module(f"benchmarks.sections.{name}").measure(short)
    return record(found, time.perf_counter() - began, short)


def elsewhere(name: str, short: bool) -> dict[str, Any]:
    """Measure a section in a process of its own."""
    environment = dict(os.environ)
    if SECTIONS[name].rivals and RIVALS.exists():
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [environment.get("PYTHONPATH"), str(RIVALS)]))
    with TemporaryDirectory() as folder:
        into = Path(folder) / "found.json"
        command = [sys.executable, "-m", "benchmarks", "--into", str(into), "--only", name]
        subprocess.run([*command, *(["--short"] if short else [])], cwd=ROOT, env=environment, check=True)
        return json.loads(into.read_text())


def run(names: list[str], short: bool) -> int:
    """Measure sections, keep what they found, write the page; 1 when a target was missed or a section failed."""
    failed = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            found = elsewhere(name, short)
        except subprocess.CalledProcessError:
            failed.append(f"{name}: failed")
            continue
        # At once: what has been measured stays when a later section is interrupted.
        findings = merge(load(FINDINGS), {name: found})
        store(FINDINGS, findings)
        PAGE.write_text(page(findings))
        print(summary(name, found), flush=True)
        failed += [f"{name}: {row}: missed its target" for row in found["missed"]]
    print("\n".join(failed), file=sys.stderr)
    return int(bool(failed))


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=SECTIONS, help="measure this section (may be repeated)")
    parser.add_argument("--short", action="store_true", help="fewer rounds and trajectories; the page says so")
    parser.add_argument("--page", action="store_true", help="measure nothing, write the page from what was last found")
    parser.add_argument("--into", metavar="FILE", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.into:
        Path(given.into).write_text(json.dumps(measure(given.only[0], given.short)))
        return 0
    if given.page:
        PAGE.write_text(page(load(FINDINGS)))
        return 0
    return run(given.only or [name for name, section in SECTIONS.items() if not section.long], given.short)


if __name__ == "__main__":
    sys.exit(main())
