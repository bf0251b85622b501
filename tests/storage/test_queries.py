"""The lists of the three panes against a naive oracle over the loaded snapshots."""

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from tests.storage.assessed import found, person, store
from tests.storage.worlds import DIRECTORY, SECRETS, Read, account, reads, refresh, whole

from keyturn_providers.records import (
    Grant,
    Level,
    MachineIdentity,
    MemberKind,
    PrincipalKind,
    Snapshot,
)
from keyturn_storage.filters import Field, Filter, Term
from keyturn_storage.queries import grant_paths
from keyturn_storage.queries.grants import (
    all_grants,
    grant_count,
    grant_nos,
    grant_rows,
)
from keyturn_storage.queries.groups import group_nos, group_rows
from keyturn_storage.queries.machines import machine_nos_asked, machine_rows
from keyturn_storage.queries.persons import person_nos, person_rows
from keyturn_storage.queries.reader import Asked, Reader, Scope, open_reader
from keyturn_storage.rows import FindingIn, GrantRow, GroupLinkIn
from keyturn_storage.snapshots import Cache, open_cache

PEOPLE = [person(f"d:a{n}", f"P{n}", d=f"a{n}", s=f"a{n}") for n in range(4)]
LINKS = [GroupLinkIn(f"k{n}", f"L{n}", f"g{n}", f"g{n}", True, "=", 0) for n in range(3)]


def _above(snapshot: Snapshot, kind: MemberKind, id_: str) -> set[str]:
    """The groups that something is in, by walking until nothing is added."""
    found: set[str] = set()
    waiting = [(kind, id_)]
    while waiting:
        member = waiting.pop()
        for m in snapshot.memberships:
            if (m.member_kind, m.member_id) == member and m.group_id not in found:
                found.add(m.group_id)
                waiting.append((MemberKind.GROUP, m.group_id))
    return found


def _chains(snapshot: Snapshot, kind: MemberKind, id_: str) -> Iterable[tuple[str, ...]]:
    """Every chain of groups from something upwards, no group twice, not through itself."""

    def walk(member: tuple[MemberKind, str], so_far: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
        for m in snapshot.memberships:
            if (m.member_kind, m.member_id) == member and m.group_id not in so_far:
                if kind is MemberKind.GROUP and m.group_id == id_:
                    continue
                chain = (*so_far, m.group_id)
                yield chain
                yield from walk((MemberKind.GROUP, m.group_id), chain)

    return walk((kind, id_), ())


def _expected_paths(
    snapshot: Snapshot, kind: MemberKind, id_: str
) -> set[tuple[str, str, tuple[str, ...]]]:
    principal = PrincipalKind(kind.value)
    direct = {
        (g.vault_id, g.carrier, ())
        for g in snapshot.grants
        if (g.principal_kind, g.principal_id) == (principal, id_)
    }
    through = {
        (g.vault_id, g.carrier, chain)
        for chain in _chains(snapshot, kind, id_)
        for g in snapshot.grants
        if (g.principal_kind, g.principal_id) == (PrincipalKind.GROUP, chain[-1])
    }
    return direct | through


def _with_group_grants(step: tuple[Read, ...]) -> tuple[Read, ...]:
    """The made-up grants are to accounts; give half of the carriers to groups."""
    return tuple(
        Read(
            r.collection,
            r.parent_id,
            r.complete,
            tuple(
                Grant(x.vault_id, PrincipalKind.GROUP, f"g{x.carrier[1]}", x.level, x.carrier)
                if isinstance(x, Grant) and x.principal_id in {"a0", "a1"}
                else x
                for x in r.records
            ),
            r.unreadable,
        )
        for r in step
    )


@given(reads, reads)
@settings(max_examples=50, deadline=None)
def test_the_panes_show_what_a_naive_walk_finds(
    here_reads: tuple[Read, ...], there_reads: tuple[Read, ...]
) -> None:
    with tempfile.TemporaryDirectory() as folder, open_cache(Path(folder) / "c.db") as cache:
        here = cache.load(refresh(cache, here_reads, source=DIRECTORY).id)
        there = cache.load(refresh(cache, _with_group_grants(there_reads)).id)
        store(cache, PEOPLE, LINKS)
        with open_reader(Path(folder) / "c.db") as reader:
            _compare_people(reader, here, there)
            _compare_groups(reader, here, there)
            _compare_grants(reader, there)


def _present(snapshot: Snapshot) -> tuple[set[str], set[str]]:
    return {a.id for a in snapshot.accounts}, {g.id for g in snapshot.groups}


def _compare_people(reader: Reader, here: Snapshot, there: Snapshot) -> None:
    for link in LINKS:
        assert link.directory_id is not None
        shown = {
            r.directory_id
            for r in person_rows(reader, person_nos(reader, Scope(group_key=link.key)))
        }
        expected = {
            f"a{n}"
            for n in range(4)
            for side in (here, there)
            if f"a{n}" in _present(side)[0]
            and link.directory_id in _above(side, MemberKind.ACCOUNT, f"a{n}")
            and link.directory_id in _present(side)[1]
        }
        assert shown == expected
    for vault in ("v0", "v1"):
        shown = {
            r.secrets_id for r in person_rows(reader, person_nos(reader, Scope(vault_id=vault)))
        }
        expected = {
            f"a{n}"
            for n in range(4)
            if f"a{n}" in _present(there)[0]
            and any(
                path[:2] == (vault, grant.carrier)
                for grant in there.grants
                if grant.vault_id == vault and grant.level is not Level.NONE
                for path in _expected_paths(there, MemberKind.ACCOUNT, f"a{n}")
            )
        }
        assert shown == expected


def _compare_groups(reader: Reader, here: Snapshot, there: Snapshot) -> None:
    for n in range(4):
        scope = Scope(person_key=f"d:a{n}")
        shown = {
            (r.directory_id, r.in_directory, r.in_secrets)
            for r in group_rows(reader, group_nos(reader, scope), scope)
        }
        sides = [
            _above(side, MemberKind.ACCOUNT, f"a{n}") & _present(side)[1]
            if f"a{n}" in _present(side)[0]
            else set()
            for side in (here, there)
        ]
        assert shown == {(g, g in sides[0], g in sides[1]) for g in sides[0] | sides[1]}


def _compare_grants(reader: Reader, there: Snapshot) -> None:
    names = {g.id: g.name for g in there.groups}
    scopes = [
        (MemberKind.ACCOUNT, f"a{n}", Scope(person_key=f"d:a{n}"))
        for n in range(4)
        if f"a{n}" in _present(there)[0]
    ] + [
        (MemberKind.GROUP, f"g{n}", Scope(group_key=f"k{n}"))
        for n in range(3)
        if f"g{n}" in _present(there)[1]
    ]
    for kind, id_, scope in scopes:
        expected = sorted(
            (vault, carrier, " > ".join(names.get(g, g) for g in chain) or "direct")
            for vault, carrier, chain in _expected_paths(there, kind, id_)
        )
        assert sorted(_shown(reader, scope)) == expected
        nos = grant_nos(reader, scope)
        assert len(set(nos)) == len(nos) == grant_count(reader, scope)
        assert tuple(grant_rows(reader, nos, scope)) == all_grants(reader, scope)
    for vault in ("v0", "v1"):
        rows = all_grants(reader, Scope(vault_id=vault))
        assert {(r.carrier, r.principal_kind, r.principal_id, r.level) for r in rows} == {
            (g.carrier, g.principal_kind.value, g.principal_id, g.level.value)
            for g in there.grants
            if g.vault_id == vault
        }


def _shown(reader: Reader, scope: Scope) -> list[tuple[str, str, str]]:
    return [(r.vault_id, r.carrier, r.via) for r in all_grants(reader, scope)]


def _case(cache: Cache, *findings: FindingIn) -> None:
    groups = {"g0": ("a0", "g1"), "g1": ("a1",), "g2": ()}
    refresh(cache, whole((account("a0"), account("a1")), groups), source=DIRECTORY)
    vaults = {
        "v0": (
            Grant("v0", PrincipalKind.ACCOUNT, "a1", Level.READ, "entity/a1/policy/p", ("read",)),
            Grant("v0", PrincipalKind.ACCOUNT, "a1", Level.MANAGE, "token/x/policy/p"),
            Grant("v0", PrincipalKind.GROUP, "g0", Level.WRITE, "group/g0/policy/p"),
        ),
        "v1": (Grant("v1", PrincipalKind.MACHINE, "robot", Level.LIST, "role/r/policy/p"),),
    }
    refresh(cache, whole((account("a0"), account("a1")), groups, vaults))
    store(cache, PEOPLE[:2], LINKS, findings)


def _rows(reader: Reader, scope: Scope) -> list[tuple[str, str, str, str]]:
    return [(r.sign, r.vault_id, r.via, r.carrier) for r in all_grants(reader, scope)]


def test_a_finding_marks_the_very_grant_that_it_is_about(cache: Cache, cache_path: Path) -> None:
    _case(
        cache,
        found(
            "f",
            kind="direct grant",
            person_key="d:a1",
            subject="secrets/account/a1",
            about="secrets/vault/v0",
            body='{"path":"token/x/policy/p"}',
        ),
    )
    with open_reader(cache_path) as reader:
        assert _rows(reader, Scope(person_key="d:a1")) == [
            ("-", "v0", "direct", "token/x/policy/p"),
            ("=", "v0", "direct", "entity/a1/policy/p"),
            ("=", "v0", "g1 name > g0 name", "group/g0/policy/p"),
        ]
        marked = all_grants(reader, Scope(person_key="d:a1", drift_only=True))
        assert [(r.word, r.finding_id, r.level) for r in marked] == [
            ("direct grant", "f", "manage")
        ]
        assert [r.sign for r in all_grants(reader, Scope(vault_id="v0"))] == ["-", "=", "="]


def test_a_finding_that_names_no_carrier_marks_all_grants_between_the_two(
    cache: Cache, cache_path: Path
) -> None:
    of = ("secrets/account/a1", "secrets/vault/v0")
    _case(cache, found("f", person_key="d:a1", body="not json", subject=of[0], about=of[1]))
    with open_reader(cache_path) as reader:
        signs = [row[0] for row in _rows(reader, Scope(person_key="d:a1"))]
    assert signs == ["-", "-", "="]


def test_a_membership_that_must_go_marks_what_it_gives(cache: Cache, cache_path: Path) -> None:
    of = ("secrets/account/a1", "secrets/group/g1")
    kind = "membership not in directory"
    _case(cache, found("f", person_key="d:a1", kind=kind, subject=of[0], about=of[1]))
    with open_reader(cache_path) as reader:
        rows = _rows(reader, Scope(person_key="d:a1"))
        assert rows[0] == ("-", "v0", "g1 name > g0 name", "group/g0/policy/p")
        assert [row[0] for row in rows] == ["-", "=", "="]
        assert [row[0] for row in _rows(reader, Scope(person_key="d:a0"))] == ["="]
        scope = Scope(person_key="d:a1")
        groups = group_rows(reader, group_nos(reader, scope), scope)
        assert [(g.key, g.sign, g.word) for g in groups] == [
            ("k1", "-", "membership not in directory"),
            ("k0", "=", "in step"),
        ]


def test_what_is_missing_has_a_row_too(cache: Cache, cache_path: Path) -> None:
    body = '{"remedy":[{"kind":"grant","level":"write"}]}'
    _case(
        cache,
        found(
            "f",
            sign="+",
            kind="missing grant",
            subject="secrets/group/g0",
            about="secrets/vault/v1",
            about_name="Billing",
            body=body,
        ),
        found(
            "m",
            sign="+",
            person_key="d:a0",
            kind="missing membership",
            subject="secrets/account/a0",
            about="secrets/group/g2",
        ),
    )
    with open_reader(cache_path) as reader:
        first = all_grants(reader, Scope(person_key="d:a1"))[0]
        assert (first.sign, first.vault_name, first.via, first.level, first.carrier) == (
            "+",
            "Billing",
            "g0 name",
            "write",
            "",
        )
        assert _rows(reader, Scope(group_key="k0"))[0] == ("+", "v1", "direct", "")
        assert [r.sign for r in all_grants(reader, Scope(vault_id="v1"))] == ["+", "="]
        scope = Scope(person_key="d:a0")
        shown = group_rows(reader, group_nos(reader, scope), scope)
        assert [(g.key, g.sign, g.in_directory) for g in shown] == [
            ("k2", "+", False),
            ("k0", "=", True),
        ]
        assert [r.key for r in person_rows(reader, person_nos(reader, Scope(group_key="k2")))] == [
            "d:a0"
        ]
        on_vault = Scope(vault_id="v1")
        assert [g.key for g in group_rows(reader, group_nos(reader, on_vault), on_vault)] == ["k0"]


def test_a_machine_that_was_never_listed_is_shown_by_its_id(cache: Cache, cache_path: Path) -> None:
    _case(cache)
    with open_reader(cache_path) as reader:
        row: GrantRow = all_grants(reader, Scope(vault_id="v1"))[0]
    assert (row.principal_kind, row.principal_name, row.via) == ("machine", "robot", "robot")


def test_machines_are_filtered_as_they_are_now(cache: Cache, cache_path: Path) -> None:
    robot = MachineIdentity("m1", "robot", "token")
    asked = Asked(Filter((Term(Field.NAME, ("ro",)),)))
    refresh(cache, whole(), source=DIRECTORY)
    refresh(cache, whole(machines=(robot,)), source=SECRETS)
    store(cache, [])
    with open_reader(cache_path) as reader:
        assert len(machine_nos_asked(reader, asked)) == 1
        two = (replace(robot, name="gone"), replace(robot, id="m2"), replace(robot, id="m3"))
        refresh(cache, whole(machines=two), source=SECRETS)
        store(cache, [])
        found = machine_rows(reader, machine_nos_asked(reader, asked))
    assert [row.machine.id for row in found] == ["m2", "m3"]


def test_row_numbers_stay_when_others_come_and_go(cache: Cache, cache_path: Path) -> None:
    _case(cache)
    with open_reader(cache_path) as reader:
        scope = Scope(person_key="d:a1")
        before = {(r.carrier, r.via): r.no for r in all_grants(reader, scope)}
        _case(cache, found("f", subject="secrets/account/a1", about="secrets/vault/v0"))
        after = {(r.carrier, r.via): r.no for r in all_grants(reader, scope)}
    assert before == after


def test_very_many_ways_to_one_group_are_cut_and_said(cache: Cache, cache_path: Path) -> None:
    layers = [[f"l{depth}n{place}" for place in range(6)] for depth in range(6)]
    groups: dict[str, tuple[str, ...]] = {"top": tuple(layers[0])}
    for outer, inner in pairwise(layers):
        groups |= dict.fromkeys(outer, tuple(inner))
    groups |= dict.fromkeys(layers[-1], ("a0",))
    grant = Grant("v", PrincipalKind.GROUP, "top", Level.READ, "c")
    refresh(cache, whole(), source=DIRECTORY)
    refresh(cache, whole((account("a0"),), groups, {"v": (grant,)}), source=SECRETS)
    store(cache, [person("s:a0", "A", s="a0")])
    with open_reader(cache_path) as reader:
        rows = all_grants(reader, Scope(person_key="s:a0"))
    assert len(rows) == grant_paths.CHAINS_PER_GROUP
    assert sum(row.via.endswith(grant_paths.MORE) for row in rows) == 1


def test_people_are_found_by_plain_letters_too(cache: Cache, cache_path: Path) -> None:
    names = ("Anna Lindqvist-Öberg", "Emre Yıldırım", "Łukasz Dąb", "김서연", "Κώστας", "Jane Doe")
    refresh(cache, whole(), source=DIRECTORY)
    refresh(cache, whole(), source=SECRETS)
    store(cache, [person(f"d:{name}", name) for name in names])

    def find(typed: str) -> list[str]:
        with open_reader(cache_path) as reader:
            asked = Asked(Filter((Term(Field.ANY, (typed.casefold(),)),)))
            nos = person_nos(reader, Scope(), asked)
            return [row.name for row in person_rows(reader, nos)]

    typed = ("oberg", "ÖBERG", "yildirim", "lukasz dab", "김서연", "κωστας", "jane", "obergx")
    assert [find(one) for one in typed] == [
        [names[0]], [names[0]], [names[1]], [names[2]], [names[3]], [names[4]], [names[5]], [],
    ]  # fmt: skip
