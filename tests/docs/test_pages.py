"""Links lead somewhere, every page is reachable, and pages name neither machines nor package indexes."""

import re
from pathlib import Path

import pytest

from tests.cli.processes import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_MACHINE = re.compile(
    r"(?<![\w.])/(?:home|root|work|tmp|Users|opt|mnt)/|https?://[^\s)]*(?:simple|index|pypi)", re.IGNORECASE
)


def links(page):
    return [target for target in _LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]


def anchors(page):
    """Headings as the links of a page's renderer name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in links(page):
        name, _, anchor = target.partition("#")
        place = (page.parent / name) if name else page
        assert place.exists(), target
        assert not anchor or anchor in anchors(place), target


def test_every_page_and_notebook_is_reachable_from_the_readme():
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page in seen:
            continue
        seen.add(page)
        if page.suffix == ".md":
            waiting += [page.parent / target.partition("#")[0] for target in links(page) if target[0] != "#"]
    for page in (*PAGES, *(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "docs" / "img").iterdir()):
        assert page.resolve() in seen, page


@pytest.mark.parametrize("page", [*PAGES, *sorted((ROOT / "notebooks").iterdir())], ids=lambda page: page.name)
def test_pages_name_no_machine_and_no_index(page: Path):
    if page.is_file():
        assert not _MACHINE.search(page.read_text(encoding="utf-8"))
    assert _MACHINE.search("see /home/someone/x")
