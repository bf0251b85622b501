"""Whether what is missing from the journal is what its purges say they took, and nothing else."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable


def purge_digest(gone: Iterable[tuple[str, str, str]], events: Iterable[tuple[int, str]]) -> str:
    """What the entry of a purge holds: SHA-256 over all that it took and what stands for it, by
    kind and key, the events by number after the rest."""
    digest = hashlib.sha256()
    for what, key, stands in gone:
        digest.update(f"{what}\t{key}\t{stands}\n".encode())
    for no, sha256 in events:
        digest.update(f"event\t{no}\t{sha256}\n".encode())
    return digest.hexdigest()


def purged_hashes(connection: sqlite3.Connection) -> dict[int, str]:
    """The hash that stands for each line that was purged, by the entry's number. A key that is no
    number, which nobody wrote so, stands for no line."""
    found = connection.execute("select key, stands from purged where what = 'entry'")
    return {int(key): str(stands) for key, stands in found if str(key).isdecimal()}


def first_bad_purge(connection: sqlite3.Connection) -> tuple[int, str] | None:
    """The number of the first entry of a purge whose list is not as it was written, and why. None
    if all are, and nothing is listed as purged of which no entry speaks.

    Call it after the chain itself was found to hold, line by line.
    """
    said: dict[int, str] = {}
    for seq, line in connection.execute(
        "select seq, line from entry where json_extract(line, '$.kind') = 'purge' order by seq"
    ):
        said[int(seq)] = str(json.loads(line)["sha256"])
    listed = {
        int(row[0])
        for row in connection.execute(
            "select purge from purged union select purge from purged_event"
        )
    }
    for seq in sorted(said.keys() | listed):
        if seq not in said:
            return seq, f"things are listed as purged by entry {seq}, which is no purge"
        gone = connection.execute(
            "select what, key, stands from purged where purge = ? order by what, key", (seq,)
        )
        events = connection.execute(
            "select no, sha256 from purged_event where purge = ? order by no", (seq,)
        )
        if purge_digest(gone, events) != said[seq]:
            return seq, f"what the purge of entry {seq} took is not listed as it was"
    return None
