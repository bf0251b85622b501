"""What every verb is given: where the files are, whether writing is allowed, how to answer."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeAlias, TypeVar

import click

from keyturn.settings import Places, places
from keyturn_providers.text import safe

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Invocation:
    """The global options of one command line."""

    config: Path | None
    data: Path | None
    read_only: bool

    def places(self) -> Places:
        return places(self.config, self.data)


@dataclass(frozen=True, slots=True)
class Answer:
    """Writes a verb's answer: lines for people, or one JSON document for programs."""

    as_json: bool
    quiet: bool = False

    def line(self, text: str = "") -> None:
        """One line for people; nothing in JSON mode."""
        if not self.as_json and not self.quiet:
            click.echo(safe(text, limit=4000))

    def progress(self, text: str) -> None:
        """One line on stderr while work goes on, in either mode."""
        click.echo(safe(text, limit=4000), err=True)

    def document(self, value: Json) -> None:
        """The whole answer for programs; nothing in text mode."""
        if self.as_json:
            click.echo(json.dumps(value, ensure_ascii=False, indent=2))

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Aligned columns for people, by cell width so that wide names stay in line."""
        if self.as_json or self.quiet or not rows:
            return
        from rich.cells import cell_len as width

        clean = [[safe(cell, limit=60) for cell in row] for row in rows]
        widths = [max(width(row[i]) for row in [list(head), *clean]) for i in range(len(head))]
        for row in [list(head), *clean]:
            cells = [cell + " " * (widths[i] - width(cell)) for i, cell in enumerate(row)]
            click.echo("  ".join(cells).rstrip())


def json_option(command: Callable[P, R]) -> Callable[P, R]:
    """Gives a verb `--json`, as a parameter `answer: Answer`."""
    return click.option(
        "--json",
        "answer",
        is_flag=True,
        callback=lambda _ctx, _param, wanted: Answer(as_json=bool(wanted)),
        help="Answer with one JSON document.",
    )(command)
