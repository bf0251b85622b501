"""Appending one entry to the journal's chain."""

import json
import sqlite3
from collections.abc import Mapping

from keyturn_storage.chain import link


def append(connection: sqlite3.Connection, content: Mapping[str, str | int | bool]) -> int:
    """Writes `content` as the next entry and gives its number.

    Call it inside the transaction whose writes the entry is about: both are there, or neither.
    """
    seq, prev_hash = connection.execute("select seq, hash from head").fetchone()
    line = json.dumps({"seq": seq + 1, **content}, separators=(",", ":"))
    connection.execute(
        "insert into entry (seq, prev_hash, line, hash) values (?, ?, ?, ?)",
        (seq + 1, prev_hash, line, link(prev_hash, line)),
    )
    return int(seq) + 1
