"""Bring the generated parts of README.md, docs/ and notebooks/ up to date, and print which files changed.

python -m tools.docs [--trajectories 1e6]    runs the baseline and rewrites every block, figure and notebook
python -m tools.docs --check                 changes nothing; exit code 1 names what is out of date

A block stands between `<!-- generated: NAME -->` and `<!-- end -->`. What follows from the sources alone (options,
laws, signatures) must be equal to the last character; what comes from a run is compared in its shape, because --check
draws only a few trajectories.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from tools import gallery, notebooks, quoted, reference

ROOT = Path(__file__).resolve().parent.parent
BASELINE = Path("configs") / "baseline.toml"
FEW = 2048
FIGURES = ("share_by_layer", "share_fans", "gross_profit_fans", "both_books", "events", "limits", "gallery")
IMAGES = Path("docs") / "img"
RUN_BLOCKS: dict[str, Callable] = {**quoted.BLOCKS, **gallery.BLOCKS}
PICTURES: dict[str, Callable] = {**quoted.PICTURES, **gallery.PICTURES}
_BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
_DPI = 110


class Block(NamedTuple):
    """A generated part of a page."""

    name: str
    text: str


class Sources:
    """What blocks are made of; the run is made when the first block asks for it."""

    def __init__(self, trajectories: float | None) -> None:
        self.trajectories = trajectories
        self._made: dict[str, str] = {}

    @cached_property
    def scenario(self):
        import stackcast

        return stackcast.load_scenario(ROOT / BASELINE)

    @cached_property
    def forecast(self):
        import stackcast

        return stackcast.run(self.scenario, trajectories=self.trajectories, progress=True)

    def text(self, name: str) -> str:
        """A block's text, from its sources."""
        if name not in self._made:
            fixed = name in reference.BLOCKS
            self._made[name] = reference.BLOCKS[name](self.scenario) if fixed else RUN_BLOCKS[name](self.forecast)
        return self._made[name]


def pages(root: Path) -> list[Path]:
    """The pages that may hold blocks."""
    return [root / "README.md", *sorted((root / "docs").glob("*.md"))]


def blocks(text: str) -> list[Block]:
    """The blocks of a page; one that is not closed, or not known, is an error."""
    found = [Block(match[2], match[3]) for match in _BLOCK.finditer(text)]
    if len(found) != text.count("<!-- generated:"):
        raise ValueError("a generated block is not closed, or not named in small letters")
    for block in found:
        if block.name not in reference.BLOCKS and block.name not in RUN_BLOCKS:
            raise ValueError(f"generated: {block.name}: unknown block")
    return found


def replaced(text: str, make: Callable[[str], str]) -> str:
    """A page with every block made anew."""
    blocks(text)
    return _BLOCK.sub(lambda match: f"{match[1]}{make(match[2]).rstrip()}\n{match[4]}", text)


def update(sources: Sources, root: Path) -> list[str]:
    """Rewrite what differs; the names of the files that changed."""
    made: dict[Path, bytes] = {}
    for page in pages(root):
        made[page] = replaced(page.read_text(encoding="utf-8"), sources.text).encode()
    with tempfile.TemporaryDirectory() as folder:
        for name in FIGURES:
            save(PICTURES[name](sources.forecast), Path(folder) / f"{name}.png")
            made[root / IMAGES / f"{name}.png"] = (Path(folder) / f"{name}.png").read_bytes()
    made |= {target: notebooks.converted(source) for source, target in notebooks.pairs(root)}
    return [str(path.relative_to(root)) for path, content in made.items() if _write(path, content)]


def save(figure, path: Path) -> None:
    """Write a picture without the name of the program that drew it: another version of matplotlib, the same picture."""
    figure.savefig(path, dpi=_DPI, metadata={"Software": None})


def _write(path: Path, content: bytes) -> bool:
    """Write a file only when it differs; whether it did."""
    if path.exists() and path.read_bytes() == content:
        return False
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return True


def complaints(sources: Sources, root: Path) -> Iterator[str]:
    """What is out of date, in a line each."""
    used: set[str] = set()
    for page in pages(root):
        name = page.relative_to(root)
        try:
            found = blocks(page.read_text(encoding="utf-8"))
        except ValueError as problem:
            yield f"{name}: {problem}"
            continue
        used |= {block.name for block in found}
        yield from (f"{name}: {said}" for block in found for said in _compared(block, sources))
    for block in sorted({*reference.BLOCKS, *RUN_BLOCKS} - used):
        yield f"{block}: a block that no page shows"
    for picture in FIGURES:
        if not (root / IMAGES / f"{picture}.png").is_file():
            yield f"{IMAGES / picture}.png: missing"
    for source, made in notebooks.pairs(root):
        if not made.is_file() or made.read_bytes() != notebooks.converted(source):
            yield f"{made.relative_to(root)}: not what {source.name} gives"


def _compared(block: Block, sources: Sources) -> Iterator[str]:
    fresh = sources.text(block.name).rstrip() + "\n"
    if block.name in reference.BLOCKS:
        if block.text != fresh:
            yield f"{block.name}: out of date"
        return
    if shape(block.text) != shape(fresh):
        yield f"{block.name}: another table than the one that is made now"
    if quoted.scenario_hash(block.text) not in (None, sources.scenario.hash()):
        yield f"{block.name}: quotes a run of another scenario than {BASELINE} is now"


def shape(text: str) -> list[str]:
    """First cell of every row of a table, numbers left out; other lines count as lines."""
    rows = [line.split("|")[1].strip() if line.startswith("|") else "" for line in text.strip().splitlines()]
    return [re.sub(r"[\d.,]+", "#", row) for row in rows]


def main(arguments: list[str] | None = None) -> int:
    """Update, or check; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.docs", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trajectories", type=float, help="size of the run that is quoted (the scenario's: 1e6)")
    parser.add_argument("--check", action="store_true", help=f"change nothing; draw {FEW} trajectories and compare")
    given = parser.parse_args(arguments)
    if given.check:
        said = list(complaints(Sources(given.trajectories or FEW), ROOT))
        print("\n".join([*said, "run `make docs`"]) if said else "documentation: up to date")
        return 1 if said else 0
    changed = update(Sources(given.trajectories), ROOT)
    print("\n".join(f"changed: {name}" for name in changed) or "documentation: nothing changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
