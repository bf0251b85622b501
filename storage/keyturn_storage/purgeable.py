"""What of the journal is old enough to be purged, and what stays all the same, and why."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable

from keyturn_storage.case_rows import CaseRow, Noted
from keyturn_storage.purge_rows import Purgeable, Stays

ON_HOLD = "it is under legal hold"
_PERSONAL = ("step", "note")
"""The kinds of a run's lines that may hold names: in what was read, and in what failed."""
NOT_HELD = (
    "at_ms < :before and no < (select max(no) from stream_event) and not exists ("
    "select 1 from json_each(:held) h where h.value = user_id or instr(raw, h.value) > 0)"
)
"""Which archived events go. The newest one stays, for numbers go on from it."""


def purgeable(
    connection: sqlite3.Connection, cases: Iterable[CaseRow], before_ms: int
) -> Purgeable:
    """What may go of what is older than `before_ms`, with all `cases` of the journal.

    A case goes once it is closed, unless it is under legal hold; a run goes with the cases it
    belongs to. Events about anybody with a case that stays, stay too.
    """
    rows = tuple(cases)
    stays: dict[tuple[str, str], str] = {}
    last = dict(
        connection.execute(
            "select json_extract(line, '$.run'), max(json_extract(line, '$.at_ms')) from entry "
            "where json_extract(line, '$.run') <> '' group by 1"
        )
    )
    runs: dict[str, str] = {}
    for run_id, state, started_ms in connection.execute("select id, state, started_ms from run"):
        if started_ms >= before_ms:
            runs[run_id] = "recent"
        elif state != "ended":
            runs[run_id] = f"it is {state}: keyturn resume goes on with it"
        else:
            runs[run_id] = "" if last[run_id] < before_ms else "recent"
    whys = {row.id: _why_it_stays(row, before_ms) for row in rows}
    _spread(rows, runs, whys)
    for what, found in (("run", runs), ("case", whys)):
        stays |= {(what, key): why for key, why in found.items() if why not in {"", "recent"}}
    going = tuple(run_id for run_id, why in runs.items() if not why)
    held = {
        id_ for row in rows if whys[row.id] for id_ in (row.directory_id, row.secrets_id) if id_
    }
    return Purgeable(
        before_ms=before_ms,
        runs=going,
        cases=tuple(row.id for row in rows if not whys[row.id]),
        lines=len(lines_of(connection, going)),
        texts=len(texts_of(connection, going, before_ms)),
        events=_events(connection, before_ms, held),
        events_held=_events(connection, before_ms, ()) - _events(connection, before_ms, held),
        stays=tuple(Stays(what, key, why) for (what, key), why in stays.items()),
        held=tuple(sorted(held)),
    )


def lines_of(connection: sqlite3.Connection, runs: Iterable[str]) -> list[tuple[int, str]]:
    """(number, hash) of the lines of these runs that may hold names."""
    found = connection.execute(
        "select seq, hash from entry where json_extract(line, '$.run') in "
        "(select value from json_each(?)) and json_extract(line, '$.kind') in "
        "(select value from json_each(?)) order by seq",
        (json.dumps(list(runs)), json.dumps(_PERSONAL)),
    )
    return [(int(seq), str(hash_)) for seq, hash_ in found]


def texts_of(
    connection: sqlite3.Connection, runs: Iterable[str], before_ms: int
) -> list[tuple[int, str]]:
    """(number, digest) of the texts that only these runs rest on."""
    found = connection.execute(
        "select t.no, t.sha256 from kept_text t join entry e on e.seq = t.entry "
        "where t.body <> '' and (t.run_id in (select value from json_each(:runs)) "
        "or (t.run_id = '' and json_extract(e.line, '$.at_ms') < :before and not exists ("
        "select 1 from run r where r.id not in (select value from json_each(:runs)) "
        "and instr(r.plan_json, t.sha256) > 0))) order by t.no",
        {"runs": json.dumps(list(runs)), "before": before_ms},
    )
    return [(int(no), str(digest)) for no, digest in found]


def _events(connection: sqlite3.Connection, before_ms: int, held: Iterable[str]) -> int:
    row = connection.execute(
        f"select count(*) from stream_event where {NOT_HELD}",  # noqa: S608 -- a constant of this module
        {"before": before_ms, "held": json.dumps(sorted(held))},
    ).fetchone()
    return int(row[0])


def _why_it_stays(row: CaseRow, before_ms: int) -> str:
    """Why a case stays; "recent" for one that is not old enough, "" for one that goes."""
    last = [note.what for note in row.notes if note.what in {Noted.CLOSED, Noted.REOPENED}]
    if row.facts.legal_hold:
        return ON_HOLD
    if row.opened_ms >= before_ms:
        return "recent"
    if not last or last[-1] != Noted.CLOSED.value:
        return "it is not closed"
    if any(note.at_ms >= before_ms for note in row.notes):
        return "recent"
    return ""


def _spread(rows: tuple[CaseRow, ...], runs: dict[str, str], whys: dict[str, str]) -> None:
    """A run stays with any of its cases, and a case with any of its runs, until nothing changes."""
    of_run: dict[str, list[CaseRow]] = defaultdict(list)
    for row in rows:
        for run_id in row.run_ids:
            of_run[run_id].append(row)
    changed = True
    while changed:
        changed = False
        for run_id, why in runs.items():
            if why:
                continue
            staying = next((row for row in of_run[run_id] if whys[row.id]), None)
            if staying is not None:
                runs[run_id] = f"it belongs to case {staying.id}, which stays"
                changed = True
        for row in rows:
            if whys[row.id]:
                continue
            run_id = next((one for one in row.run_ids if runs.get(one)), "")
            if run_id:
                whys[row.id] = f"its run {run_id} stays"
                changed = True
