"""One invocation of `op`: what a command sees and how it writes and prints."""

import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from sqlite3 import Connection

from keyturn_providers.simulated.onepassword.op_program.arguments import Line
from keyturn_providers.simulated.onepassword.op_program.caller import Caller, charge
from keyturn_providers.simulated.onepassword.refusals import Refused
from keyturn_providers.simulated.onepassword.schema import writing
from keyturn_providers.simulated.onepassword.switches import is_on

Row = dict[str, object]


class FaultRefusal(Refused):
    """A refusal a test asked for: its text as it is, and its exit code."""

    def __init__(self, text: str, exit_code: int) -> None:
        super().__init__(text)
        self.exit_code = exit_code


class _Ignored(Exception):
    """Takes back a change that is nevertheless reported as done."""


class Invocation:
    """A command at work. `caller` is set before the command runs."""

    def __init__(
        self, conn: Connection, line: Line, environment: Mapping[str, str], stdin: str
    ) -> None:
        self.conn = conn
        self.line = line
        self.environment = environment
        self.stdin = stdin
        self.out: list[str] = []
        self.faults: list[str] = []
        self._caller: Caller | None = None

    @property
    def caller(self) -> Caller:
        """Who asks."""
        if self._caller is None:
            raise RuntimeError("nobody was asked for")
        return self._caller

    @caller.setter
    def caller(self, caller: Caller) -> None:
        self._caller = caller

    @contextmanager
    def change(self) -> Iterator[None]:
        """Around one change: it is committed here, or struck by a fault."""
        if self.caller.service:
            charge(self.conn, self.caller, "write")
        try:
            with writing(self.conn):
                yield
                if "die_before" in self.faults:
                    die()
                if "ignore" in self.faults:
                    _take_back()
        except _Ignored:
            return
        if "die_after" in self.faults:
            die()

    @property
    def wants_json(self) -> bool:
        """Whether JSON was asked for, by the flag or the environment."""
        asked = self.line.flags.get("--format") or self.environment.get("OP_FORMAT", "")
        return asked.lower() == "json"

    def print(self, row: Row) -> None:
        """Prints one object."""
        if self.wants_json:
            self.out.append(json.dumps(row, ensure_ascii=False, indent=2) + "\n")
        else:
            self.out.extend(f"{key.upper() + ':':<20}{_cell(row[key])}\n" for key in row)

    def print_all(self, rows: list[Row]) -> None:
        """Prints a listing. Without rows it prints nothing, or [] where the switch says so."""
        if not rows and is_on(self.conn, "empty_stdout"):
            return
        if self.wants_json:
            lines = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in rows)
            self.out.append(f"[\n  {lines}\n]\n" if rows else "[]\n")
        elif rows:
            heads = list(rows[0])
            table = [[head.upper() for head in heads]]
            table += [[_cell(row.get(head, "")) for head in heads] for row in rows]
            widths = [max(len(line[n]) for line in table) for n in range(len(heads))]
            for line in table:
                cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
                self.out.append("    ".join(cells).rstrip() + "\n")

    def targets(self) -> list[str]:
        """The objects named by the arguments, or by standard input where the argument is `-`."""
        if self.line.positionals == ["-"]:
            return list(_specifiers(self.stdin))
        return [self.line.one()]


def die() -> None:
    """Ends this process as a power cut would: nothing more is printed."""
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def _take_back() -> None:
    raise _Ignored


def _cell(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _specifiers(text: str) -> Iterator[str]:
    """Names one per line, or JSON objects and arrays of them that have an `id`."""
    rest, decoder = text.lstrip(), json.JSONDecoder()
    if not rest.startswith(("{", "[")):
        yield from (line.strip() for line in text.splitlines() if line.strip())
        return
    while rest:
        try:
            value, end = decoder.raw_decode(rest)
        except ValueError as error:
            raise Refused("unable to process standard input: it is not valid JSON") from error
        for found in value if isinstance(value, list) else [value]:
            if not isinstance(found, dict) or not isinstance(found.get("id"), str):
                raise Refused("unable to process standard input: an object has no id")
            yield found["id"]
        rest = rest[end:].lstrip()
