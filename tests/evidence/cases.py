"""A leaver's case in the journal, as evidence reads it."""

import json

from tests.run.office import Office

from keyturn_storage.case_files import note_case, open_case
from keyturn_storage.case_rows import CaseIn, Noted, NoteIn

LEFT_MS = 1_799_999_000_000


def case_of(work: Office, run_id: str, *, key: str = "d:d-001") -> None:
    """A case of the leaver with facts, a successor and a comment, that the run belongs to."""
    at_ms = work.watch.at_ms
    open_case(
        work.journal,
        CaseIn(
            f"case-{key[-3:]}", key, "Dana Okafor", "p001@acme.example", "tenant-directory",
            key[2:], "Dana Okafor", "tenant-secrets", key.replace("d:d", "s"), "Dana Okafor",
            "h.lund", at_ms,
        ),
    )  # fmt: skip
    facts = {
        "kind": "involuntary", "left_ms": LEFT_MS, "left_zone": "+01:00", "approver": "R. Silva",
        "ticket": "HR-9", "legal_hold": True, "mode": "emergency",
    }  # fmt: skip
    successor = {"vault": "v-payments", "vault_name": "Payments", "person": "s-002",
                 "person_name": "Ravi Menon"}  # fmt: skip
    note_case(
        work.journal,
        f"case-{key[-3:]}",
        NoteIn(Noted.FACTS, json.dumps(facts), "h.lund", at_ms),
        NoteIn(Noted.SUCCESSOR, json.dumps(successor), "h.lund", at_ms),
        NoteIn(Noted.COMMENT, "she was furious", "h.lund", at_ms),
        NoteIn(Noted.RUN, "", "h.lund", at_ms, run_id),
    )
