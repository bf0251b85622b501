"""Findings as lines of the Drift screen, and all that is known of one in words."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from keyturn.decide.findings import Finding
from keyturn.decide.origins import origin_words
from keyturn.decide.values import NotThatValue, from_plain
from keyturn.tui.ages import age, moment
from keyturn.tui.safe import joined
from keyturn.tui.why_words import STYLE
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.list_content import SIGN_ROLE
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.row_source import Row
from keyturn_storage.queries.finding_lines import number_of
from keyturn_storage.rows import FindingRow, SourceRow

if TYPE_CHECKING:
    from keyturn.decide.people import Person
    from keyturn.run.explained import Explained

COLUMNS = (
    Column("severity", 8),
    Column("kind", 20, 2, most=38),
    Column("subject", 14, 3, most=48),
    Column("object", 10, 3, most=48),
    Column("since", 5, right=True),
)
SEVERITY_ROLE = {"urgent": "urgent", "high": "strong", "low": "dim"}
SEVERITY_STYLE = {"urgent": "bold $urgent", "high": "bold", "low": "$quiet"}
HANG = 11
EDGES_TOLD = 3


def finding_line(found: FindingRow, now_ms: int) -> Row:
    """One line."""
    role = SEVERITY_ROLE.get(found.severity, "")
    return Row(
        number_of(found.id),
        found.sign,
        (found.severity, found.kind, found.subject_name, _object(found),
         age(found.since_ms, now_ms)),
        (role, SIGN_ROLE.get(found.sign, ""), "strong", "", "dim"),
        label=f"{found.kind}: {found.subject_name}",
        about=found,
    )  # fmt: skip


def _object(found: FindingRow) -> str:
    """Nothing for the same person's other account: the words tell of it."""
    both = f"{found.subject_ref} {found.object_ref}".count("/account/") == 2
    return "–" if both and found.object_name == found.subject_name else found.object_name or "–"


def finding_lines(
    found: FindingRow, sources: Sequence[SourceRow], now_ms: int, *, read_only: bool
) -> Iterator[Line]:
    """What it is, what would mend it, since when it is so, and how old that knowledge is."""
    style = STYLE[SIGN_ROLE.get(found.sign, "dim")]
    yield Line(joined((f"{found.sign} ", style), (found.words, "bold")), hang=2)
    yield _line("severity", (found.severity, SEVERITY_STYLE.get(found.severity, "")),
                (f", {found.kind}", "$quiet"))  # fmt: skip
    whole = whole_finding(found.body)
    if whole is not None:
        if whole.path:
            yield _line("path", whole.path)
        yield _line("policy", f"keyturn.yaml, line {whole.policy_line}" if whole.policy_line
                    else "no line of it is about this")  # fmt: skip
        yield _remedy(whole, read_only=read_only)
    yield _line("since", f"{age(found.since_ms, now_ms)} ago",
                (f", first seen {moment(found.since_ms)}", "$quiet"))  # fmt: skip
    yield _line("data", *_data_words(sources, now_ms))


def made_lines(found: FindingRow, known: "tuple[Person, Explained] | None") -> Iterator[Line]:
    """Who made what the finding is about, where the journal, the audit log or the snapshots tell;
    and how it is excepted."""
    if known is None:
        return
    _person, explained = known
    whole = whole_finding(found.body)
    carriers = {one.carrier for one in whole.remedy if one.carrier} if whole is not None else set()
    groups = {one.group.id for one in whole.remedy if one.group} if whole is not None else set()
    about = [
        edge for edge in explained.edges if edge.carrier in carriers or edge.end in groups
    ]  # fmt: skip
    for edge in about[:EDGES_TOLD]:
        yield _line("who", origin_words(explained.origins[edge.key]))
    if any(not path.groups and not path.in_policy for path in explained.paths):
        yield _line("allow it", ("e", "bold $accent"),
                    " makes an exception with owner, reason and last day")  # fmt: skip


def whole_finding(body: str) -> Finding | None:
    """The finding as it was decided; None where it was written by another version of keyturn."""
    try:
        # An earlier keyturn did not write what was left unread.
        return from_plain(Finding, {"unread": [], **json.loads(body)})
    except (ValueError, TypeError, NotThatValue):
        return None


def _remedy(whole: Finding, *, read_only: bool) -> Line:
    if not whole.remedy:
        return _line("remedy", (whole.remedy_words or "Not for keyturn to mend.", ""))
    kinds = ", ".join(dict.fromkeys(change.kind.value for change in whole.remedy))
    if read_only:
        return _line("remedy", f"{kinds}; keyturn is read-only here")
    return _line("remedy", f"{kinds}: mark it with ", ("space", "bold $accent"), ", then ",
                 ("s", "bold $accent"), " shows the plan")  # fmt: skip


def _data_words(sources: Sequence[SourceRow], now_ms: int) -> Iterator[str | tuple[str, str]]:
    between = ""
    for row in sources:
        yield f"{between}{row.source.name} {age(row.taken_ms, now_ms)} old, "
        yield ("complete", "$accent") if row.complete else ("✗ incomplete", "bold $remove")
        between = "; "


def _line(name: str, *parts: str | tuple[str, str]) -> Line:
    return Line(joined((f"  {name:<9}", "$quiet"), *parts), hang=HANG)
