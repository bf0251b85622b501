"""Texts kept beside the chain: what a run rested on, such as the policy. The chain holds their
digest alone, so that a text with names in it can be purged and the chain still be checked."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyturn_storage.journal_append import append
from keyturn_storage.leases import refuse_if_lost

if TYPE_CHECKING:
    from keyturn_storage.journal import Journal


@dataclass(frozen=True, slots=True)
class KeptText:
    """A text, with the number of the chain entry that covers it. `body` is None once purged."""

    what: str
    run_id: str
    sha256: str
    entry: int
    body: str | None


def keep_text(
    journal: "Journal",
    what: str,
    body: str,
    at_ms: int,
    *,
    run_id: str = "",
    generation: int = 0,
) -> None:
    """Keeps a text of a run, or with no `run_id` one that several runs may rest on; the same text
    of the same run once. Raises ValueError for an empty one, and LeaseLost where a `generation`
    other than 0 is not held any more."""
    if not body:
        raise ValueError(f"an empty text is not kept: {what}")
    digest = text_digest(body)
    with journal.transaction() as connection:
        refuse_if_lost(connection, generation)
        there = connection.execute(
            "select 1 from kept_text where what = ? and sha256 = ? and run_id = ? and body <> ''",
            (what, digest, run_id),
        ).fetchone()
        if there:
            return
        content: dict[str, str | int | bool] = {
            "kind": "kept",
            "what": what,
            "at_ms": at_ms,
            "sha256": digest,
        }
        if run_id:
            content["run"] = run_id
        entry = append(connection, content)
        connection.execute(
            "insert into kept_text (no, entry, what, run_id, sha256, body) values "
            "((select coalesce(max(no), 0) + 1 from kept_text), ?, ?, ?, ?, ?)",
            (entry, what, run_id, digest, body),
        )


def kept_of_run(journal: "Journal", what: str, run_id: str) -> KeptText | None:
    """The newest text of this kind that was kept with a run."""
    return _one(journal, "where what = ? and run_id = ? and run_id <> ''", (what, run_id))


def kept_with_digest(journal: "Journal", what: str, sha256: str) -> KeptText | None:
    """The text with this digest; one that was purged only if no other is there."""
    return _one(journal, "where what = ? and sha256 = ?", (what, sha256))


def text_digest(body: str) -> str:
    """SHA-256 over the text in UTF-8."""
    return hashlib.sha256(body.encode("utf-8")).hexdigest()


def _one(journal: "Journal", where: str, values: tuple[str, ...]) -> KeptText | None:
    row = journal.connection.execute(
        f"select what, run_id, sha256, entry, body from kept_text {where} "  # noqa: S608 -- constants of this module
        "order by body = '', no desc limit 1",
        values,
    ).fetchone()
    if row is None:
        return None
    what_, run_id, sha256, entry, body = row
    return KeptText(what_, run_id, sha256, entry, body or None)
