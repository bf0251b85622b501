"""Whether the texts kept beside the chain are what its entries say."""

import json
import sqlite3

from keyturn_storage.kept_texts import text_digest


def first_bad_text(connection: sqlite3.Connection) -> tuple[int, str] | None:
    """The number of the first entry about a text that is not as it was kept, and why. None if all
    are, but for those that were purged, and no text is there of which no entry speaks."""
    said: dict[int, tuple[str, str, str]] = {}
    for seq, line in connection.execute(
        "select seq, line from entry where json_extract(line, '$.kind') = 'kept'"
    ):
        entry = json.loads(line)
        said[int(seq)] = (entry["what"], entry.get("run", ""), entry["sha256"])
    stored: dict[int, tuple[str, str, str]] = {}
    for seq, no, what, run_id, sha256, body in connection.execute(
        "select entry, no, what, run_id, sha256, body from kept_text"
    ):
        purged = (
            not body
            and connection.execute(
                "select 1 from purged where what = 'text' and key = ?", (str(no),)
            ).fetchone()
        )
        stored[int(seq)] = (what, run_id, sha256 if purged else text_digest(body))
        if stored[int(seq)][2] != sha256:
            return int(seq), f"the {what} that entry {seq} kept is not stored as it was"
    for seq in sorted(said.keys() | stored.keys()):
        if said.get(seq) != stored.get(seq):
            what = (said.get(seq) or stored[seq])[0]
            return seq, f"the {what} that entry {seq} kept is not stored as it was"
    return None
