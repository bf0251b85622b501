"""Answers: lines for people, one document for programs, and wide names kept in line."""

import json

import pytest

from keyturn.cli.invocation import Answer


def test_json_mode_prints_the_document_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    answer = Answer(as_json=True)
    answer.line("for people")
    answer.table(["a"], [["b"]])
    answer.document({"name": "김서연", "level": None})
    assert json.loads(capsys.readouterr().out) == {"name": "김서연", "level": None}


def test_text_mode_prints_no_document(capsys: pytest.CaptureFixture[str]) -> None:
    answer = Answer(as_json=False)
    answer.document({"a": 1})
    answer.line("for people")
    assert capsys.readouterr().out == "for people\n"


def test_a_table_is_aligned_by_cells_not_by_letters(capsys: pytest.CaptureFixture[str]) -> None:
    Answer(as_json=False).table(["name", "may"], [["김서연", "read"], ["Ana", "write"]])
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["name    may", "김서연  read", "Ana     write"]


def test_control_characters_never_leave(capsys: pytest.CaptureFixture[str]) -> None:
    answer = Answer(as_json=False)
    answer.line("x\x1b[2Jy\u202ez")
    answer.table(["name"], [["\x1b]0;owned\x07"]])
    answer.progress("\x9b31m")
    said = capsys.readouterr()
    assert not {"\x1b", "\u202e", "\x07", "\x9b"} & set(said.out + said.err)
