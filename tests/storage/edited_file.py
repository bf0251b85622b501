"""A journal that somebody has edited by another program, around the triggers that forbid it."""

import sqlite3
from contextlib import closing
from pathlib import Path


def edit(path: Path, statement: str) -> None:
    """Carries the statement out, which has to change something."""
    with closing(sqlite3.connect(path)) as raw:
        triggers = raw.execute("select name from sqlite_master where type = 'trigger'").fetchall()
        for (name,) in triggers:
            raw.execute(f"drop trigger {name}")
        assert raw.execute(statement).rowcount > 0
        raw.commit()
