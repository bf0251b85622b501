"""Everything a person's card says, from the cache and the journal: no source is asked."""

from collections.abc import Mapping
from dataclasses import dataclass

from keyturn.decide.blast_radius import USED_MS, HeldGroup, groups_held
from keyturn.decide.blast_words import missing_words
from keyturn.decide.explain import AccessPath, access_paths, day
from keyturn.decide.names import counted
from keyturn.decide.people import Person
from keyturn.decide.rules import Rules
from keyturn.run.explained import Explained, explained
from keyturn.run.near import Near, near_person, others_near
from keyturn.run.usage import STREAM, looked_until
from keyturn_storage.journal import Journal
from keyturn_storage.queries.begun_ended import Turn, turns_of_person
from keyturn_storage.queries.cases import cases_of
from keyturn_storage.queries.coverage import coverage, missing_between
from keyturn_storage.queries.events import Within, vaults_used
from keyturn_storage.queries.findings import findings
from keyturn_storage.queries.grants import all_grants
from keyturn_storage.queries.persons import person_by_key
from keyturn_storage.queries.reader import Reader, Scope
from keyturn_storage.rows import FindingRow, GrantRow, PersonRow
from keyturn_storage.stream_rows import VaultUse

FINDINGS_SHOWN = 100
VAULTS_USED = 2_000


@dataclass(frozen=True, slots=True)
class Used:
    """The vaults of which somebody used items in 90 days, by id. `known` is False where no such
    events were ever archived; `missing` says which part of that time the archive does not have."""

    vaults: Mapping[str, VaultUse]
    known: bool
    missing: tuple[str, ...] = ()

    def of(self, vault_id: str) -> VaultUse | None:
        """What was used of a vault; None where nothing was, or nothing is known."""
        return self.vaults.get(vault_id)


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A person on both sides. `paths` are the strongest first; `grants` are the rows with the
    findings' signs, those that are missing among them. `cases` are told in words, newest first."""

    row: PersonRow
    near: Near
    person: Person
    paths: tuple[AccessPath, ...]
    grants: tuple[GrantRow, ...]
    findings: tuple[FindingRow, ...]
    groups: tuple[HeldGroup, ...]
    used: Used
    turns: tuple[Turn, ...]
    cases: tuple[str, ...]


def person_facts(
    reader: Reader, journal: Journal | None, rules: Rules, person_key: str, now_ms: int
) -> PersonFacts | None:
    """None for nobody that the newest assessment knows."""
    row = person_by_key(reader, person_key)
    found = near_person(reader, rules, person_key, now_ms)
    if row is None or found is None:
        return None
    near, person = found
    return PersonFacts(
        row=row,
        near=near,
        person=person,
        paths=access_paths(near.world, person),
        grants=all_grants(reader, Scope(person_key=person_key)),
        findings=tuple(findings(reader, person_key=person_key, limit=FINDINGS_SHOWN)),
        groups=tuple(groups_held(near.world, person)),
        used=_used(journal, near, person, now_ms),
        turns=turns_of_person(reader, person_key, now_ms),
        cases=_cases(journal, row, now_ms),
    )


def person_and_vault(
    reader: Reader,
    journal: Journal | None,
    rules: Rules,
    person_key: str,
    vault_id: str,
    now_ms: int,
) -> tuple[Person, Explained] | None:
    """Everything about one access, or about the lack of it."""
    found = near_person(reader, rules, person_key, now_ms, vault_id=vault_id)
    if found is None:
        return None
    near, person = found
    others = others_near(reader, near, person)
    return person, explained(reader, journal, near.world, person, vault_id, others)


def _used(journal: Journal | None, near: Near, person: Person, now_ms: int) -> Used:
    tenant = near.world.secrets.snapshot.source.tenant
    since_ms = now_ms - USED_MS
    if journal is None:
        return Used({}, known=False)
    streams = [one for one in coverage(journal) if one.stream == STREAM and one.tenant == tenant]
    if not streams or person.secrets is None:
        return Used({}, known=bool(streams))
    within = Within(since_ms, now_ms, VAULTS_USED, tenant)
    missing = [
        (since_ms if gap.from_ms is None else max(gap.from_ms, since_ms), gap.until_ms, gap.words)
        for one in streams
        for gap in missing_between(one, since_ms, looked_until(one, now_ms))
    ]
    uses = vaults_used(journal, person.secrets.id, within)
    return Used({one.vault_id: one for one in uses}, True, missing_words(missing))


def _cases(journal: Journal | None, row: PersonRow, now_ms: int) -> tuple[str, ...]:
    if journal is None:
        return ()
    found = cases_of(journal, directory_id=row.directory_id or "", secrets_id=row.secrets_id or "")
    return tuple(
        f"case {case.id}, opened {day(case.opened_ms)} by {case.opened_by}, "
        f"{counted(len(case.run_ids), 'run')}"
        for case in found
        if case.opened_ms <= now_ms
    )
