"""The journal's lines in a bundle: those of its runs and its case in full, the others by their hash
alone.

A line of another run is about another person, so it is withheld. Its hash is kept, for the next
line hangs on it; whether it is true can be seen only in the journal itself.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from keyturn.decide.rechecks import kept_recheck_of
from keyturn.decide.values import NotThatValue
from keyturn.evidence.manifest import Place
from keyturn_storage.chain import Entry, link

FILE = "journal.jsonl"
CHECKPOINT, RECHECK_OF = "audit checkpoint", "recheck of one"


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One entry as the bundle gives it. `line` is None where it is withheld."""

    seq: int
    hash: str
    line: str | None


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """`row` counts the lines of the file from 1; `seq` is the entry's number."""

    row: int
    seq: int
    words: str


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, strict=True)

    seq: int
    hash: str
    line: str | None = None


class NotALine(ValueError):
    """A row of the file is not one that keyturn wrote; says which."""


def written(entries: Iterable[Entry], shown: Callable[[str], bool]) -> bytes:
    """The file; the lines that `shown` says no to are withheld."""
    return "".join(_row(entry, shown) for entry in entries).encode("ascii")


def _row(entry: Entry, shown: Callable[[str], bool]) -> str:
    row: dict[str, int | str] = {"seq": entry.seq, "hash": entry.hash}
    if shown(entry.line):
        row["line"] = entry.line
    return json.dumps(row) + "\n"


def is_of(
    line: str,
    runs: Mapping[str, Collection[str]],
    case_id: str = "",
    undos: Collection[str] = (),
    person: str = "",
) -> bool:
    """Whether an entry is about one of these runs, or the case, or says when one of the `undos`
    began or ended, or keeps a later look at the one `person` of several.

    Each run has the operations that are withheld, because they are somebody else's who left in it:
    then what is noted about all of them is not shown either, nor another's case.
    """
    content = json.loads(line)
    if not isinstance(content, dict):
        return False
    if case_id and content.get("case") == case_id:
        return True
    if content.get("run") in undos and content.get("kind") in {"run", "end"}:
        return True
    withheld = runs.get(str(content.get("run")))
    if withheld is None:
        return False
    if not withheld:
        return True
    if content.get("kind") == "note" and content.get("what") == RECHECK_OF:
        return bool(person) and _person_in(str(content.get("body"))) == person
    if content.get("kind") == "note":
        return content.get("what") == CHECKPOINT
    return content.get("kind") != "case note" and content.get("operation") not in withheld


def _person_in(body: str) -> str:
    try:
        return kept_recheck_of(body).person
    except NotThatValue:
        return ""


def read(content: bytes) -> Iterator[ShownLine]:
    """The rows of the file. Raises NotALine."""
    for number, row in enumerate(content.split(b"\n")[:-1], start=1):
        try:
            found = _Row.model_validate_json(row)
        except ValidationError:
            raise NotALine(f"line {number} is no entry of a journal") from None
        yield ShownLine(found.seq, found.hash, found.line)


def contents(lines: Iterable[ShownLine]) -> Iterator[tuple[int, dict[str, object]]]:
    """What stands in the lines that are shown, each with the number of its entry."""
    for shown in lines:
        try:
            content = json.loads(shown.line or "null")
        except ValueError:
            continue
        if isinstance(content, dict):
            yield shown.seq, content


def broken_links(lines: Iterable[ShownLine], start: Place, end: Place) -> Iterator[BrokenLink]:
    """Every place where the chain from `start` to `end` does not hold."""
    seq, last, row = start.seq, start.hash, 0
    for row, shown in enumerate(lines, start=1):
        if shown.seq != seq + 1:
            yield BrokenLink(row, seq + 1, f"entry {seq + 1} should stand here, not {shown.seq}")
        elif shown.line is not None and link(last, shown.line) != shown.hash:
            yield BrokenLink(row, shown.seq, f"entry {shown.seq} was changed, or one before it")
        seq, last = shown.seq, shown.hash
    if (seq, last) != (end.seq, end.hash):
        words = f"the lines end at entry {seq}; the checkpoint is entry {end.seq}, {end.hash}"
        yield BrokenLink(row + 1, seq + 1, words)
