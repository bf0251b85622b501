"""What a terminal shows after what was written to it: enough of one for what Textual writes."""

import re

from rich.cells import cell_len

PIECES = re.compile(
    r"\x1b\[(?P<given>[0-9;?<>=$]*)(?P<does>[A-Za-z@`{|}~])"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_].*?\x1b\\|\x1b[^\[\]PX^_]"
    r"|(?P<control>[\x00-\x1f\x7f])|(?P<text>[^\x00-\x1f\x7f]+)",
    re.DOTALL,
)
UNFINISHED = re.compile(r"\x1b(?:\[[0-9;?<>=$]*|\][^\x07\x1b]*\x1b?|[PX^_].*)?$", re.DOTALL)
OTHER_SCREEN = "?1049"
Cell = tuple[str, str]
"""What is shown, and the numbers of its style."""
EMPTY: Cell = (" ", "")


class TerminalScreen:
    """A grid of `size` (columns, rows): for every cell what it shows and in which style."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.columns, self.rows = size
        self._left = self._style = ""
        self._x, self._y = 0, 0
        self._clear()

    def write(self, text: str) -> None:
        """Text that may end in the middle of a sequence: the rest comes with the next."""
        whole = self._left + text
        unfinished = UNFINISHED.search(whole)
        self._left = unfinished[0] if unfinished else ""
        for piece in PIECES.finditer(whole[: len(whole) - len(self._left)]):
            if (shown := piece["text"]) is not None:
                self._put(shown)
            elif (does := piece["does"]) is not None:
                self._do(does, piece["given"])
            elif piece["control"] == "\r":
                self._x = 0
            elif piece["control"] == "\n":
                self._y = min(self._y + 1, self.rows - 1)
            elif piece["control"] == "\b":
                self._x = max(self._x - 1, 0)

    @property
    def lines(self) -> list[str]:
        """Every line, without the spaces at its end."""
        return ["".join(shown for shown, _ in line).rstrip() for line in self._cells]

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)

    @property
    def cells(self) -> list[list[Cell]]:
        """A copy of the grid; the second cell of a wide character shows nothing."""
        return [list(line) for line in self._cells]

    def _clear(self) -> None:
        self._cells: list[list[Cell]] = [[EMPTY] * self.columns for _ in range(self.rows)]
        self._x, self._y = 0, 0

    def _put(self, text: str) -> None:
        line = self._cells[self._y]
        for char in text:
            width = cell_len(char)
            if not width:
                shown, style = line[max(self._x - 1, 0)]
                line[max(self._x - 1, 0)] = shown + char, style
            elif self._x + width <= self.columns:
                line[self._x : self._x + width] = [
                    (char, self._style), *[("", self._style)] * (width - 1)
                ]  # fmt: skip
                self._x += width

    def _do(self, does: str, given: str) -> None:
        numbers = [int(one) if one.isdigit() else 0 for one in given.split(";")]
        if does == "H":
            row, column = (*numbers, 1, 1)[:2] if given else (1, 1)
            self._y = min(max(row, 1), self.rows) - 1
            self._x = min(max(column, 1), self.columns) - 1
        elif does == "m":
            added = given.removeprefix("0").removeprefix(";")
            kept = "" if numbers[0] == 0 else self._style
            self._style = f"{kept};{added}".strip(";")
        elif does == "J" and numbers[0] == 2:
            self._cells = [[EMPTY] * self.columns for _ in range(self.rows)]
        elif does in "hl" and given == OTHER_SCREEN:
            self._clear()
