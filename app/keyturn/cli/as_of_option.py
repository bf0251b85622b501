"""`--as-of`: the same question, asked of an earlier read."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed
from keyturn.cli.invocation import Invocation, Json
from keyturn.run.as_of import AsOf, NotATime, NothingKnownThen, find_as_of
from keyturn_storage.files import data_dir
from keyturn_storage.queries.reader import Reader, open_reader

P = ParamSpec("P")
R = TypeVar("R")
POLICY_OF_NOW = "What is in policy is said by keyturn.yaml as it is now."


def as_of_option(command: Callable[P, R]) -> Callable[P, R]:
    """Gives a verb `--as-of`, as a parameter `as_of: str`; empty for now."""
    return click.option(
        "--as-of",
        "as_of",
        default="",
        metavar="TIME",
        help="Answer as of then: 2026-03-14 (its end, UTC), 2026-03-14T10:30, 7d (ago), or #12, "
        "a read of `keyturn history`.",
    )(command)


def reader_of(invocation: Invocation) -> Reader:
    """The cache for reading; the caller closes it."""
    found = invocation.places()
    data_dir(found.data)
    return open_reader(found.cache)


def read_meant(reader: Reader, text: str, now_ms: int) -> AsOf:
    """The read that a text means; a text that means none ends the verb."""
    try:
        return find_as_of(reader, text, now_ms)
    except NotATime as wrong:
        raise VerbFailed(Exit.USAGE, str(wrong)) from None
    except NothingKnownThen as unknown:
        raise VerbFailed(Exit.NOT_FOUND, str(unknown)) from None


def as_of_json(found: AsOf) -> Json:
    """The read, what was asked for, and between which two times nothing is known."""
    return {
        "asked_ms": found.asked_ms,
        "read": found.moment.no,
        "sources": [
            {
                "source": side.source,
                "snapshot": side.snapshot_id,
                "taken_ms": side.started_ms,
                "complete": side.complete,
            }
            for side in found.moment.then
            if side is not None
        ],
        "next_read_ms": found.after.started_ms if found.after else None,
        "words": found.words,
    }
