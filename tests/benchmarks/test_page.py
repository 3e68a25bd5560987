"""The page made from findings, and findings of sections measured at different times."""

import pytest

from benchmarks import __main__ as command
from benchmarks.findings import Found, load, merge, reason, record, store
from benchmarks.page import markdown, page
from benchmarks.paths import FINDINGS, PAGE
from benchmarks.sections import SECTIONS


def found(measured="1.5 (1 to 2)", met=True):
    result = Found()
    result.judge(result.targets(), "a ratio", measured, ">= 1", met, "a note")
    return result


def measured(date, **options):
    return {**record(found(**options), 12.3, False), "date": date, "machine": "a processor"}


def section_of(text, title):
    return text.split(f"## {title}\n")[1].split("\n## ")[0]


def test_every_section_is_on_the_page_in_order():
    text = page({})
    places = [text.index(f"## {section.title}\n") for section in SECTIONS.values()]
    assert places == sorted(places)
    assert text.count("Not measured yet.") == len(SECTIONS)


def test_sections_keep_their_own_date_and_machine():
    text = page({"rivals": measured("2026-01-02"), "startup": {**measured("2026-03-04"), "machine": "another"}})
    assert "2026-01-02; a processor; " in section_of(text, SECTIONS["rivals"].title)
    assert "2026-03-04; another; " in section_of(text, SECTIONS["startup"].title)
    assert "Took 12 s." in text


def test_row_and_target_are_shown_and_a_missed_one_is_marked():
    assert "| a ratio | 1.5 (1 to 2) | >= 1 | a note |" in page({"rivals": measured("2026-01-02")})
    assert "| a ratio | 1.5 (1 to 2) | >= 1, missed | a note |" in page({"rivals": measured("2026-01-02", met=False)})


def test_short_form_is_said():
    short = record(found(), 1.0, True)
    assert "A short form" in page({"rivals": short})
    assert "A short form" not in page({"rivals": measured("2026-01-02")})


def test_bar_in_a_cell_does_not_end_it():
    assert markdown(("what",), [("a|b\nc",)]).splitlines()[-1] == "| a\\|b c |"


def test_reason_names_no_place_on_this_machine():
    assert reason(ImportError("cannot import name 'a' from 'b' (/some/where/b.py)\nmore")) == (
        "ImportError: cannot import name 'a' from 'b'"
    )


def test_merge_replaces_what_was_measured_again_and_nothing_else():
    old = {"rivals": measured("2026-01-02"), "startup": measured("2026-01-02")}
    both = merge(old, {"startup": measured("2026-03-04")})
    assert (both["rivals"]["date"], both["startup"]["date"]) == ("2026-01-02", "2026-03-04")
    assert old["startup"]["date"] == "2026-01-02"


def test_findings_come_back_as_they_were_stored(tmp_path):
    file = tmp_path / "findings.json"
    assert load(file) == {}
    store(file, {"rivals": measured("2026-01-02")})
    assert page(load(file)) == page({"rivals": measured("2026-01-02")})


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """The command with made-up measurements; sections named "fails" end with an error."""
    monkeypatch.setattr(command, "FINDINGS", tmp_path / "findings.json")
    monkeypatch.setattr(command, "PAGE", tmp_path / "page.md")
    results = {"startup": measured("2026-03-04"), "scaling": measured("2026-03-04", met=False)}

    def made_up(name, short):
        if name not in results:
            raise command.subprocess.CalledProcessError(1, name)
        return results[name]

    monkeypatch.setattr(command, "elsewhere", made_up)
    store(command.FINDINGS, {"rivals": measured("2026-01-02")})
    return command


def test_one_section_alone_leaves_the_others_on_the_page(elsewhere):
    assert elsewhere.run(["startup"], short=False) == 0
    text = elsewhere.PAGE.read_text()
    assert "2026-01-02" in section_of(text, SECTIONS["rivals"].title)
    assert "2026-03-04" in section_of(text, SECTIONS["startup"].title)


def test_missed_target_and_failed_section_give_an_exit_status(elsewhere, capsys):
    assert elsewhere.run(["scaling"], short=False) == 1
    assert "scaling: a ratio: missed its target" in capsys.readouterr().err
    assert elsewhere.run(["hot_loop", "startup"], short=False) == 1
    assert "hot_loop: failed" in capsys.readouterr().err
    assert set(load(elsewhere.FINDINGS)) == {"rivals", "scaling", "startup"}


def test_page_is_that_of_the_stored_findings():
    assert PAGE.read_text() == page(load(FINDINGS))
