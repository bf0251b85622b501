"""What a new role does not justify: the removals among one person's findings. Nobody is suspended.

A mover keeps working, so what would be missing is not this plan's, but what replaces a wider grant
is: it comes before what it replaces is taken.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from keyturn.decide.findings import ChangeKind, Finding
from keyturn.decide.people import Person
from keyturn.decide.plans import LeftAlone

_OUT = frozenset(
    {
        ChangeKind.SUSPEND,
        ChangeKind.DEACTIVATE,
        ChangeKind.END_SESSION,
        ChangeKind.END_ALL_SESSIONS,
    }
)


@dataclass(frozen=True, slots=True)
class Moving:
    """The findings whose remedy is done, and the others with why not."""

    mended: tuple[Finding, ...]
    left_alone: tuple[LeftAlone, ...]


def moving(findings: Iterable[Finding], person: Person) -> Moving:
    """Which of a person's findings a move mends."""
    mended: list[Finding] = []
    left: list[LeftAlone] = []
    for finding in findings:
        if finding.person != person.key:
            continue
        reason = _why_not(finding)
        if reason:
            left.append(LeftAlone(finding.words, reason))
        else:
            mended.append(finding)
    return Moving(tuple(mended), tuple(left))


def _why_not(finding: Finding) -> str:
    if not finding.remedy:
        return finding.remedy_words
    if any(change.kind in _OUT for change in finding.remedy):
        return "A move puts nobody out: see keyturn offboard."
    if not any(change.kind.removes for change in finding.remedy):
        return "It gives access; a move only takes away: see keyturn plan."
    return ""
