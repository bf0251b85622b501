"""The System Log: bounded by `published`, or polled in the order of commits."""

from datetime import UTC, datetime, timedelta

from keyturn_providers.simulated.okta import expression, paging
from keyturn_providers.simulated.okta.expression import (
    ORDER,
    Condition,
    Field,
    NotPossible,
    NotUnderstood,
)
from keyturn_providers.simulated.okta.moments import normal, of_datetime
from keyturn_providers.simulated.okta.web import Answer, Call, Refused, invalid

_DAYS_BACK = timedelta(days=7)
_LONGEST_BACK = timedelta(days=180)
_KEPT = timedelta(days=90)
_FIELD = {
    "eventType": "type",
    "uuid": "json_extract(doc, '$.uuid')",
}
_EACH_TARGET = "EXISTS (SELECT 1 FROM json_each(doc, '$.target') WHERE {})"


def read(call: Call) -> Answer:
    """`GET /api/v1/logs`. With `until`, or DESCENDING, it ends; else it is polling and always has
    a next link."""
    query = call.query
    if "since" in query and "after" in query:
        raise invalid("since", "since and after exclude each other")
    order = query.get("sortOrder", "ASCENDING").upper()
    if order not in ("ASCENDING", "DESCENDING"):
        raise invalid("sortOrder", "sortOrder: ASCENDING or DESCENDING")
    where = _wanted(call)
    if "until" in query or order == "DESCENDING":
        return _bounded(call, where, descending=order == "DESCENDING")
    return _polled(call, where)


def _polled(call: Call, where: Condition) -> Answer:
    limit = paging.limit_of(call, 100, 1000)
    since = "" if "after" in call.query else _since(call, call.now)
    visible, number = paging.after_of(call, "log") or [0, 0]
    rows = call.connection.execute(
        f"SELECT visible, no, doc FROM event WHERE (visible, no) > (?, ?) AND visible <= ?"  # noqa: S608 - from fixed names
        f" AND published >= ? AND {where.sql} ORDER BY visible, no LIMIT ?",
        (visible, number, call.now, since, *where.parameters, limit),
    ).fetchall()
    # Behind the last event shown; on an empty page behind all that was looked through, so that
    # the next poll does not start from the beginning.
    end = [rows[-1][0], rows[-1][1]] if rows else [visible, number]
    if not rows:
        last = call.connection.execute(
            "SELECT visible, no FROM event WHERE visible <= ? ORDER BY visible DESC, no DESC"
            " LIMIT 1",
            (call.now,),
        ).fetchone()
        end = max(end, list(last or (0, 0)))
    body = "[" + ",".join(row[2] for row in rows) + "]"
    return Answer(200, body, paging.links(call, "log", end))


def _bounded(call: Call, where: Condition, *, descending: bool) -> Answer:
    limit = paging.limit_of(call, 100, 1000)
    until = _date(call, "until") if "until" in call.query else of_datetime(_at(call.now))
    after = paging.after_of(call, "log-bounded")
    # The cursor keeps where the range began: the next link has no `since`.
    since = str(after[2]) if after else _since(call, _seconds(until))
    start = after[:2] if after else (["\U0010ffff", 2**62] if descending else ["", 0])
    sign, way = ("<", "DESC") if descending else (">", "ASC")
    rows = call.connection.execute(
        f"SELECT published, no, doc FROM event WHERE (published, no) {sign} (?, ?)"  # noqa: S608 - from fixed names
        f" AND visible <= ? AND published >= ? AND published < ? AND {where.sql}"
        f" ORDER BY published {way}, no {way} LIMIT ?",
        (*start, call.now, since, until, *where.parameters, limit + 1),
    ).fetchall()
    return paging.page(
        call,
        "log-bounded",
        rows,
        limit,
        lambda row: [row[0], row[1], since],
        lambda row: str(row[2]),
    )


def _wanted(call: Call) -> Condition:
    made = Condition()
    if "filter" in call.query:
        try:
            made = expression.condition(call.query["filter"], _field, negation=True)
        except NotPossible as error:
            raise Refused(400, "E0000031", f"Invalid search criteria: {error}") from None
        except NotUnderstood as error:
            raise Refused(
                400,
                "E0000053",
                f"Invalid filter '{call.query['filter']}': {error}",
            ) from None
    words = call.query.get("q", "").split()
    if len(words) > 10 or any(len(word) > 40 for word in words):
        raise invalid("q", "q: at most 10 words of at most 40 characters")
    return Condition(
        " AND ".join([f"({made.sql})", *("instr(lower(doc), ?)" for _ in words)]),
        (*made.parameters, *(word.lower() for word in words)),
    )


def _field(name: str) -> Field:
    if name == "published":
        raise NotUnderstood("published cannot be filtered by")
    operators = expression.ALL - (ORDER if name in ("eventType", "uuid") else frozenset())
    if name in _FIELD:
        return Field(_FIELD[name], operators)
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        raise NotUnderstood(f"{name} is no attribute")
    if parts[0] == "target":
        own = ".".join(parts[1:]) or "id"
        return Field(f"json_extract(value, '$.{own}')", operators, each=_EACH_TARGET)
    return Field(f"json_extract(doc, '$.{name}')", operators)


def _since(call: Call, until: float) -> str:
    kept = of_datetime(_at(call.now) - _KEPT)
    if "since" not in call.query:
        return max(kept, of_datetime(_at(until) - _DAYS_BACK))
    since = _date(call, "since")
    if since < of_datetime(_at(call.now) - _LONGEST_BACK):
        raise Refused(400, "E0000053", "Invalid time range: since is more than 180 days ago")
    return max(kept, since)


def _date(call: Call, name: str) -> str:
    # A plus sign that was not encoded arrives as a space.
    try:
        return normal(call.query[name].replace(" ", "+"))
    except ValueError:
        raise invalid(name, f"{name}: not a date") from None


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
