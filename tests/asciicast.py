"""Records screenshots/offboarding.cast from the demo: `uv run python -m tests.asciicast`.

Runs `keyturn demo` on a terminal of its own, offboards the leaver there by keys, and writes down
what the terminal showed (asciinema v2). Every key waits for words on the screen. Only what changed
from one look at the screen to the next is written, so that the file stays small and asks nothing of
the terminal it is played on. Times are as they were, but nothing stands still for more than 1.5 s,
each screen worth reading stands for that long, and a read of both sources is quickened to 4 s.
"""

import codecs
import getpass
import json
import os
import re
import select
import socket
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.terminal import Terminal
from tests.terminal_screen import Cell, TerminalScreen

TARGET = Path(__file__).parents[1] / "screenshots" / "offboarding.cast"
SIZE = (120, 40)
TITLE = "keyturn: somebody leaves, from the call to the verdicts"
LOGIN = "dana.okafor@halcyon.example"
IDLE_S = 1.5
READ_S = 4.0
FRAME_S = 0.04
LIMIT_S = 120.0
MOST_BYTES = 1_000_000


@dataclass
class Recording:
    """A program on a terminal, what its screen shows, and what was seen when."""

    terminal: Terminal
    screen: TerminalScreen = field(default_factory=lambda: TerminalScreen(SIZE))
    events: list[tuple[float, str]] = field(default_factory=list)
    now_s: float = 0.0
    _shown: list[list[Cell]] = field(default_factory=lambda: TerminalScreen(SIZE).cells)
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )

    def until(self, words: str, *, at_most_s: float = LIMIT_S) -> None:
        """Waits until `words` are on the screen; what is recorded meanwhile takes `at_most_s`."""
        first, begun, begun_s = len(self.events), time.monotonic(), self.now_s
        while words not in self.screen.text:
            if time.monotonic() - begun > LIMIT_S or self.terminal.process.poll() is not None:
                raise RuntimeError(f"{words!r} never came:\n{self.screen.text}")
            self._look()
        while self._look():
            pass
        share = min(1.0, at_most_s / max(self.now_s - begun_s, at_most_s))
        self.events[first:] = [
            (begun_s + (at_s - begun_s) * share, drawn) for at_s, drawn in self.events[first:]
        ]
        self.now_s = begun_s + (self.now_s - begun_s) * share

    def press(self, *keys: str) -> None:
        """After the screen has stood for as long as one reads; a word is typed by its letters."""
        self.now_s += IDLE_S
        for key in keys:
            os.write(self.terminal.keyboard, key.encode())
            while self._look():
                pass

    def quit(self) -> None:
        """Ends the program by its key; that is not recorded."""
        os.write(self.terminal.keyboard, b"q")
        begun = time.monotonic()
        while self.terminal.process.poll() is None:
            if time.monotonic() - begun > LIMIT_S:
                raise RuntimeError(f"q did not end it:\n{self.screen.text}")
            self._look()

    def _look(self) -> bool:
        """One look at what came; whether anything changed on the screen."""
        begun = time.monotonic()
        if select.select([self.terminal.keyboard], [], [], 0.2)[0]:
            ends = time.monotonic() + FRAME_S
            while (left := ends - time.monotonic()) > 0:
                if select.select([self.terminal.keyboard], [], [], left)[0]:
                    try:
                        came = os.read(self.terminal.keyboard, 65_536)
                    except OSError:  # it has ended
                        break
                    self.screen.write(self._decoder.decode(came))
        self.now_s += time.monotonic() - begun
        cells = self.screen.cells
        drawn = drawn_from(self._shown, cells)
        self._shown = cells
        if drawn:
            self.events.append((self.now_s, drawn))
        return bool(drawn)


def drawn_from(before: list[list[Cell]], after: list[list[Cell]]) -> str:
    """What to write to a terminal that shows `before`, for it to show `after`."""
    parts: list[str] = []
    style = None
    for y, (old, new) in enumerate(zip(before, after, strict=True)):
        changed = [x for x in range(len(new)) if old[x] != new[x]]
        at = None
        for x in changed:
            begin = x
            while begin and not new[begin][0]:  # the second half of a wide character
                begin -= 1
            for place in range(begin, x + 1):
                shown, its_style = new[place]
                if at is not None and place < at:
                    continue
                if at != place:
                    parts.append(f"\x1b[{y + 1};{place + 1}H")
                if its_style != style:
                    parts.append(f"\x1b[0;{its_style}m" if its_style else "\x1b[0m")
                    style = its_style
                parts.append(shown)
                at = place + 1
    return "".join(parts)


def offboarding(recording: Recording) -> None:
    """An emergency, from the first start to what is proven of it."""
    recording.until("(1 of 5)")
    recording.press("\x1b")
    recording.until("160 of 160 listings", at_most_s=READ_S)
    recording.press("/", *"dana")
    recording.until("Users 1/")
    recording.press("\r")
    recording.until("of Dana Okafor")
    recording.press("o")
    recording.until("What leaving takes along")
    recording.press("e")
    recording.until(f"then type {LOGIN}")
    recording.press("c", *LOGIN)
    recording.until(f"Cancel     {LOGIN}")
    recording.press("\r")
    recording.until("7 of 7 effective and logged")
    recording.until("160 of 160 listings", at_most_s=READ_S)
    recording.press("\x1b[6~")
    recording.until("✓ verified   -  7")


def written(recording: Recording) -> str:
    """The file: a header, and one line for every change of the screen."""
    header = {
        "version": 2, "width": SIZE[0], "height": SIZE[1], "title": TITLE,
        "idle_time_limit": IDLE_S, "env": {"TERM": "xterm-256color"},
    }  # fmt: skip
    lines: list[object] = [header, [0.0, "o", "\x1b[2J\x1b[?25l"]]
    at_s = last_s = 0.0
    for seen_s, drawn in recording.events:
        at_s += min(seen_s - last_s, IDLE_S)
        last_s = seen_s
        lines.append([round(at_s, 3), "o", drawn])
    lines.append([round(at_s + IDLE_S, 3), "o", f"\x1b[0m\x1b[?25h\x1b[{SIZE[1]};1H"])
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)


def of_this_machine(text: str) -> list[str]:
    """What must not be in a recording and is: where it was made, and by whom."""
    places = {str(Path.home()), str(Path.cwd()), tempfile.gettempdir() + "/"}
    whose = f"{getpass.getuser()}@{socket.gethostname()}"
    return [one for one in (*sorted(places), whose) if one in text]


def main() -> None:
    """Records, looks over what was recorded, and writes it."""
    with Terminal([sys.executable, "-m", "keyturn", "demo"], SIZE) as terminal:
        recording = Recording(terminal)
        offboarding(recording)
        text = written(recording)
        recording.quit()
    screens = re.sub(r"\\u001b\[[0-9;]*[A-Za-z]", "", text)
    if found := of_this_machine(text) + of_this_machine(screens):
        raise SystemExit(f"Not written, it holds {', '.join(found)}.")
    if len(text.encode()) > MOST_BYTES:
        raise SystemExit(f"Not written, it is too long: {len(text.encode())} bytes.")
    TARGET.write_text(text, "utf-8")
    sys.stdout.write(f"{TARGET.name}: {len(text.encode())} bytes, {len(recording.events)} frames\n")


if __name__ == "__main__":
    main()
