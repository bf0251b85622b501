"""The row types of cases. Plain frozen values; all times are UTC milliseconds."""

import json
from dataclasses import dataclass
from enum import StrEnum

from keyturn_storage.errors import StorageRefused


class Noted(StrEnum):
    """What a note of a case is about. The body of each is JSON; of RUN and COMMENT it is text."""

    FACTS = "facts"
    """What was stated: the fields of `Facts` that changed, and no others."""
    HELD = "held"
    """What the leaver could reach when that was read: `keyturn.decide.blast_radius.BlastRadius`."""
    SUCCESSOR = "successor"
    """{"vault", "vault_name", "person", "person_name"}: who takes a vault over."""
    WAIVER = "waiver"
    """{"vault", "vault_name", "reason"}: why a vault may stay without a manager."""
    RUN = "run"
    """A run belongs to the case; the body is empty."""
    ITEMS = "items"
    """The outside of items as they were listed for the rotation list, without their titles:
    `keyturn.run.items_kept.ItemsSeen`."""
    CLOSED = "closed"
    """{"reason"}"""
    REOPENED = "reopened"
    """{"reason"}: what came back, since when, and who did it as far as is known."""
    SETTLED = "settled"
    """{"reason"}: what it was opened again for is no more."""
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Facts:
    """What people stated of a case; what nobody stated is "" or None.

    `kind` is "voluntary", "involuntary", "contractor end" or "mover". `left_zone` is the zone the
    leave time was given in, as an offset (+02:00) or a name. `mode` is "standard" or "emergency".
    """

    kind: str = ""
    left_ms: int | None = None
    left_zone: str = ""
    approver: str = ""
    ticket: str = ""
    legal_hold: bool | None = None
    mode: str = ""


@dataclass(frozen=True, slots=True)
class CaseIn:
    """A case to be opened. An account that does not exist has "" as its id."""

    id: str
    person_key: str
    name: str
    login: str
    directory_tenant: str
    directory_id: str
    directory_name: str
    secrets_tenant: str
    secrets_id: str
    secrets_name: str
    opened_by: str
    opened_ms: int


@dataclass(frozen=True, slots=True)
class NoteIn:
    """Something to be noted of a case. `run_id` only where it is about a run."""

    what: Noted
    body: str
    by: str
    at_ms: int
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a note of a decision says: of a SUCCESSOR all but the reason, of a WAIVER the vault and
    the reason, of CLOSED, REOPENED and SETTLED the reason. What it does not say is ""."""

    vault: str
    vault_name: str
    person: str
    person_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note as it is stored. `entry` is the number of the chain entry that covers it; `what` is
    text, for a newer keyturn may know more kinds."""

    what: str
    body: str
    by: str
    at_ms: int
    run_id: str
    entry: int

    @property
    def plain(self) -> dict[str, object]:
        """The body of a note that holds JSON. Raises StorageRefused where it is none."""
        try:
            found: object = json.loads(self.body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise StorageRefused(
                f"journal.db, entry {self.entry}",
                f"cannot read the note {self.what!r} of a case",
                "it is not what keyturn writes.",
                "Keep the file as it is, and compare it with a copy: keyturn doctor checks it.",
            )
        return found

    @property
    def decision(self) -> Decision:
        """What was decided. Raises StorageRefused where the body is no JSON."""
        return Decision(
            self.field("vault"),
            self.field("vault_name"),
            self.field("person"),
            self.field("person_name"),
            self.field("reason"),
        )

    def field(self, name: str) -> str:
        """A text in it, "" where there is none. Raises StorageRefused where it is no JSON."""
        return str(self.plain.get(name, ""))


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case: who, what was stated (the last word on each fact), and every note, oldest first."""

    id: str
    person_key: str
    name: str
    login: str
    directory_tenant: str
    directory_id: str
    directory_name: str
    secrets_tenant: str
    secrets_id: str
    secrets_name: str
    opened_by: str
    opened_ms: int
    entry: int
    facts: Facts
    notes: tuple[NoteRow, ...]

    @property
    def run_ids(self) -> tuple[str, ...]:
        """The runs that belong to the case, oldest first, each once."""
        return tuple(dict.fromkeys(note.run_id for note in self.of(Noted.RUN)))

    def of(self, what: Noted) -> tuple[NoteRow, ...]:
        """Its notes of one kind, oldest first."""
        return tuple(note for note in self.notes if note.what == what.value)
