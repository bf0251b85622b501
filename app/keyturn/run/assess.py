"""Turns the newest snapshots into people, group links and findings, and stores what was decided."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from keyturn.decide.drift import drift_in
from keyturn.decide.findings import Finding, ObjectKind, Ref
from keyturn.decide.groups import GroupLink, link_groups
from keyturn.decide.match import match
from keyturn.decide.people import Matching, Person
from keyturn.decide.permissions import resolved
from keyturn.decide.rules import Rules
from keyturn.decide.values import to_plain
from keyturn.decide.words import DriftKind, Sign
from keyturn.decide.world import World, look
from keyturn_providers.records import Side, Snapshot
from keyturn_storage.rows import FindingIn, GroupLinkIn, PersonIn, SourceRow
from keyturn_storage.snapshots import Cache

IN_STEP_RANK = 9


class NothingRead(Exception):
    """A side has never been read, so nothing can be decided."""

    def __init__(self, side: Side) -> None:
        self.side = side
        super().__init__(
            f"{side.value}: nothing to decide from: no snapshot of it is in the cache. "
            "Run `keyturn refresh`, and see there why it could not be read."
        )


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was decided from one snapshot of each side."""

    world: World
    findings: tuple[Finding, ...]

    @property
    def directory(self) -> Snapshot:
        """The directory's snapshot it was decided from."""
        return self.world.directory.snapshot

    @property
    def secrets(self) -> Snapshot:
        """The secret manager's snapshot it was decided from."""
        return self.world.secrets.snapshot


def assess(cache: Cache, rules: Rules, now_ms: int) -> Assessment:
    """Decides from the newest sealed snapshot of each side, complete or not, and stores the result.

    What rests on an incomplete listing is a finding without remedy. Raises NothingRead.
    """
    assessment = read_assessment(cache, rules, now_ms)
    people, links, findings = rows_of(assessment)
    cache.store_assessment(
        assessment.directory.id, assessment.secrets.id, now_ms, people, links, findings
    )
    return assessment


def rows_of(
    assessment: Assessment,
) -> tuple[list[PersonIn], list[GroupLinkIn], list[FindingIn]]:
    """What was decided, as the cache takes it."""
    by_person: dict[str, list[Finding]] = defaultdict(list)
    by_group: dict[tuple[Side, str], list[Finding]] = defaultdict(list)
    for finding in assessment.findings:
        for key in _people_of(finding, assessment.world.matching):
            by_person[key].append(finding)
        for ref in (finding.subject, finding.object):
            if ref is not None and ref.kind is ObjectKind.GROUP:
                by_group[(ref.side, ref.id)].append(finding)
    return (
        [_person(person, by_person[person.key]) for person in assessment.world.people.values()],
        [_link(link, by_group) for link in assessment.world.links],
        [_finding(finding) for finding in assessment.findings],
    )


def _people_of(finding: Finding, matching: Matching) -> tuple[str, ...]:
    """The keys a finding counts for: that nobody knows who is who concerns each of them."""
    if finding.kind is DriftKind.AMBIGUOUS_MATCH:
        for ambiguity in matching.ambiguities:
            if finding.person in ambiguity.person_keys:
                return ambiguity.person_keys
    return (finding.person,)


def read_assessment(cache: Cache, rules: Rules, now_ms: int) -> Assessment:
    """Like `assess`, but stores nothing: for planning from what was read before."""
    directory = cache.load(_newest(cache, Side.DIRECTORY).snapshot_id)
    secrets = cache.load(_newest(cache, Side.SECRETS).snapshot_id)
    return decide(directory, secrets, rules, now_ms)


def decide(directory: Snapshot, secrets: Snapshot, rules: Rules, now_ms: int) -> Assessment:
    """Who is who, what should be, and what differs, from two snapshots."""
    rules = resolved(rules, secrets.permission_rules)
    matching = match(directory, secrets, rules)
    links = link_groups(directory, secrets, rules)
    world = look(directory, secrets, matching, links, rules, now_ms)
    return Assessment(world, drift_in(world))


def _newest(cache: Cache, side: Side) -> SourceRow:
    rows = [row for row in cache.sources() if row.source.side is side]
    if not rows:
        raise NothingRead(side)
    return max(rows, key=lambda row: row.snapshot_id)


def _worst(findings: Iterable[Finding]) -> tuple[str, int]:
    worst = min(findings, key=lambda one: one.severity.rank, default=None)
    if worst is None:
        return Sign.IN_STEP.value, IN_STEP_RANK
    return worst.sign.value, worst.severity.rank


def _person(person: Person, findings: list[Finding]) -> PersonIn:
    sign, rank = _worst(findings)
    return PersonIn(
        key=person.key,
        name=person.name,
        directory_id=person.directory.id if person.directory else None,
        secrets_id=person.secrets.id if person.secrets else None,
        matched_by=person.matched_by.value,
        sign=sign,
        severity_rank=rank,
        findings=len(findings),
    )


def _link(link: GroupLink, by_group: dict[tuple[Side, str], list[Finding]]) -> GroupLinkIn:
    found: dict[str, Finding] = {}
    for side, group in ((Side.DIRECTORY, link.directory), (Side.SECRETS, link.secrets)):
        if group is not None:
            found.update({one.id: one for one in by_group.get((side, group.id), ())})
    sign, _ = _worst(found.values())
    return GroupLinkIn(
        key=link.key,
        name=link.name,
        directory_id=link.directory.id if link.directory else None,
        secrets_id=link.secrets.id if link.secrets else None,
        in_policy=bool(link.mappings),
        sign=sign,
        findings=len(found),
    )


def _finding(finding: Finding) -> FindingIn:
    return FindingIn(
        id=finding.id,
        kind=finding.kind.value,
        severity=finding.severity.value,
        severity_rank=finding.severity.rank,
        sign=finding.sign.value,
        person_key=finding.person,
        subject_ref=_ref(finding.subject),
        subject_name=finding.subject.name,
        object_ref=_ref(finding.object),
        object_name=finding.object.name if finding.object else "",
        words=finding.words,
        body=json.dumps(to_plain(finding), ensure_ascii=False),
    )


def _ref(ref: Ref | None) -> str:
    return f"{ref.side.value}/{ref.kind.value}/{ref.id}" if ref else ""
