"""The drill's terminal is given back, also one that is gone by then."""

import io
import sys
import termios

import pytest

from keyturn.demo.drill.terminal import kept_terminal


class _Gone(io.StringIO):
    """A terminal that went away."""

    def fileno(self) -> int:
        return 0

    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the terminal is set to."""
    found: list[object] = []
    monkeypatch.setattr(termios, "tcgetattr", lambda _fd: ["as it was"])
    monkeypatch.setattr(termios, "tcsetattr", lambda _fd, _when, how: found.append(how))
    monkeypatch.setattr(sys, "stdin", _Gone())
    return found


def test_lines_wrap_again_after_a_program_that_was_killed(
    settings: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    with kept_terminal():
        pass
    assert "\x1b[?7h" in out.getvalue()
    assert settings == [["as it was"]]


def test_a_terminal_that_is_gone_does_not_hide_how_the_program_ended(
    settings: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", _Gone())
    with pytest.raises(SystemExit) as left, kept_terminal():
        raise SystemExit(129)
    assert left.value.code == 129
