"""What was stated in a case, note by note, as the journal's lines hold the digest of each."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields, replace

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from keyturn.evidence.case_record import with_facts
from keyturn.evidence.moments import moment, utc
from keyturn.evidence.names_of_files import PACK
from keyturn.evidence.pack import Pack
from keyturn.evidence.stated import Stated
from keyturn.evidence.wrong import Wrong
from keyturn_storage.case_files import row_digest
from keyturn_storage.case_rows import CaseRow, Facts, Noted

FACTS = "stated.json"


class _Note(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, strict=True)

    entry: int
    run: str
    body: str
    by: str
    at_ms: int


_NOTES, _BODY = TypeAdapter(list[_Note]), TypeAdapter(Facts)


def facts_written(case: CaseRow) -> bytes:
    """The file: every note of facts, oldest first, with who said it and when."""
    notes = [
        _Note(entry=one.entry, run=one.run_id, body=one.body, by=one.by, at_ms=one.at_ms)
        for one in case.of(Noted.FACTS)
    ]
    return _NOTES.dump_json(notes, indent=1) + b"\n"


def wrong_facts(
    pack: Pack, lines: Sequence[tuple[int, dict[str, object]]], case_id: str, content: bytes
) -> Iterator[Wrong]:
    """Whether the file has every note of facts that the lines have, as they have it, and the pack
    says of the case what these add up to."""
    try:
        notes = _NOTES.validate_json(content)
    except ValidationError:
        yield Wrong(FACTS, "", "it is missing, or is not what keyturn writes")
        return
    held = {
        seq: one.get("sha256")
        for seq, one in lines
        if (one.get("kind"), one.get("case")) == ("case note", case_id)
        and one.get("what") == Noted.FACTS.value
    }
    found = {
        one.entry: row_digest((Noted.FACTS.value, one.run, one.body, one.by, one.at_ms))
        for one in notes
    }
    for entry in sorted(held.keys() | found.keys()):
        if held.get(entry) != found.get(entry):
            yield Wrong(FACTS, f"entry {entry}", "it is not what the journal's lines say")
    facts = _folded(notes)
    if facts is None or not _said_so(pack, facts):
        yield Wrong(PACK, "case", f"what was stated is not what {FACTS} adds up to")


def _folded(notes: Sequence[_Note]) -> Facts | None:
    names = {one.name for one in fields(Facts)}
    facts = Facts()
    for note in sorted(notes, key=lambda one: one.entry):
        try:
            said: object = json.loads(note.body)
            if not isinstance(said, dict) or not names.issuperset(said):
                return None
            facts = _BODY.validate_python(asdict(replace(facts, **said)))
        except ValueError:
            return None
    return facts


def _said_so(pack: Pack, facts: Facts) -> bool:
    case = pack.case
    here = set(case.stated)
    given = Stated(
        left_at=case.left_at_as_stated if "left_at" in here else None,
        left_ms=moment(case.left_at) if "left_at" in here and case.left_at else None,
        approver=case.approver if "approver" in here else None,
        ticket=case.ticket if "ticket" in here else None,
        legal_hold=case.legal_hold if "legal_hold" in here else None,
    )
    every = with_facts(given, facts)
    left_at = utc(every.left_ms) if every.left_ms is not None else None
    return (
        (left_at, every.left_at, every.approver, every.ticket, every.legal_hold),
        (every.from_case, facts.kind or None, facts.mode or None),
    ) == (
        (case.left_at, case.left_at_as_stated, case.approver, case.ticket, case.legal_hold),
        (case.from_case, case.type, case.mode),
    )
