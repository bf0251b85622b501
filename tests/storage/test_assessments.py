"""What is stored of decisions: order, stable numbers, since when, counts."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.storage.assessed import found, person, store
from tests.storage.worlds import DIRECTORY, SECRETS, account, refresh, whole

from keyturn_providers.records import AccountState, Email, Grant, Level, PrincipalKind
from keyturn_storage.filters import Field, Filter, Term
from keyturn_storage.queries.findings import (
    drift_counts,
    finding,
    finding_ids_of_people,
    findings,
    findings_by_id,
    findings_of_group,
    findings_of_vault,
)
from keyturn_storage.queries.grants import all_grants
from keyturn_storage.queries.groups import group_nos, group_rows
from keyturn_storage.queries.persons import (
    first_people,
    person_by_key,
    person_by_text,
    person_count,
    person_nos,
    person_rows,
)
from keyturn_storage.queries.reader import Asked, Reader, Scope, open_reader
from keyturn_storage.queries.sources import listings, snapshot_info, snapshots, source_rows
from keyturn_storage.queries.sources import unreadable as unreadable_rows
from keyturn_storage.rows import DriftCounts, FindingIn, GroupLinkIn, PersonIn
from keyturn_storage.snapshots import Cache


@pytest.fixture
def two_sides(cache: Cache) -> Cache:
    ana = account("d1", emails=(Email("Ana@Acme.example", True),))
    off = account("d2", AccountState.SUSPENDED)
    odd = account("s3", AccountState.UNKNOWN, state_raw="on leave")
    refresh(cache, whole((ana, off), {"g": ("d1", "d2"), "in": ("d1",)}), source=DIRECTORY)
    refresh(
        cache,
        whole(
            (account("s1", name="ana.s"), account("s2"), odd),
            {"g": ("s1", "in", "out"), "in": ("s2", "s1"), "out": ("s3", "g")},
            {"v": (Grant("v", PrincipalKind.GROUP, "g", Level.READ, "c"),), "w": ()},
        ),
    )
    return cache


@pytest.fixture
def reader(two_sides: Cache, cache_path: Path) -> Iterator[Reader]:
    with open_reader(cache_path) as opened:
        yield opened


PEOPLE = [
    person("d:d2", "Ben", 0, "!", d="d2", s="s2"),
    person("d:d1", "ána", d="d1", s="s1"),
    person("s:s3", "Zoë", 2, "?", s="s3"),
    person("d:dx", "Ädam", 2, "-", d="dx"),
]


def test_people_are_ordered_by_severity_then_name(two_sides: Cache, reader: Reader) -> None:
    assert (person_count(reader), first_people(reader, 9)) == (0, [])
    store(two_sides, PEOPLE)
    rows = first_people(reader, 9)
    assert [row.key for row in rows] == ["d:d2", "s:s3", "d:dx", "d:d1"]
    assert person_count(reader) == 4
    assert person_rows(reader, person_nos(reader)) == rows
    assert [r.key for r in first_people(reader, 2)] == ["d:d2", "s:s3"]
    assert [r.key for r in first_people(reader, 9, drift_only=True)] == ["d:d2", "s:s3", "d:dx"]
    drifted = person_nos(reader, Scope(drift_only=True))
    assert [r.key for r in person_rows(reader, drifted)] == ["d:d2", "s:s3", "d:dx"]
    states = {r.key: (r.login, r.directory_state, r.secrets_state) for r in rows}
    assert states == {
        "d:d1": ("d1.login", "active", "active"),
        "d:d2": ("d2.login", "suspended", "active"),
        "s:s3": ("s3.login", None, "unknown: on leave"),
        "d:dx": ("", None, None),
    }


def test_a_person_keeps_the_number_and_a_new_one_gets_a_new_one(
    two_sides: Cache, reader: Reader
) -> None:
    store(two_sides, PEOPLE)
    before = {r.key: r.no for r in first_people(reader, 9)}
    store(two_sides, PEOPLE[:2])
    store(two_sides, [person("d:new", "A"), *PEOPLE[1:]])
    after = {r.key: r.no for r in first_people(reader, 9)}
    assert all(after[key] == before[key] for key in after.keys() & before.keys())
    assert after["d:new"] not in before.values()
    assert person_rows(reader, [before["d:d2"], after["d:d1"]])[0].key == "d:d1"


def test_people_are_found_by_text(two_sides: Cache, reader: Reader) -> None:
    store(
        two_sides,
        PEOPLE,
        findings=[found("f", person_key="d:d1", kind="renamed", sign="~")],
    )
    ana = person_by_key(reader, "d:d1")
    assert ana is not None
    for word in ("ána", "d1.login", "ana.s", "ana@acme.example", "active", "renamed"):
        wanted = Filter((Term(Field.ANY, (word,)),))
        assert ana.no in person_nos(reader, asked=Asked(wanted)), word
    for words in ("ÁNA", "ana@acme.example", "d1.LOGIN", "ana.s", "d:d1", "d1", " ána "):
        assert person_by_text(reader, words, 5)[0].key == "d:d1", words
        assert person_by_text(reader, words, 1)[0].key == "d:d1", words
    assert [r.key for r in person_by_text(reader, "login", 9)] == ["d:d2", "s:s3", "d:d1"]
    assert len(person_by_text(reader, "login", 1)) == 1
    assert person_by_text(reader, "%", 9) == person_by_text(reader, "  ", 9) == []
    assert person_by_text(reader, "' or 1=1 --", 9) == []
    assert person_by_key(reader, "d:none") is None


def test_an_exact_login_comes_before_one_that_only_contains_it(
    cache: Cache, cache_path: Path
) -> None:
    refresh(cache, whole((account("x", name="xana"), account("y", name="ana"))), source=DIRECTORY)
    refresh(cache, whole())
    store(cache, [person("d:x", "A", 0, "!", d="x"), person("d:y", "B", d="y")])
    with open_reader(cache_path) as reader:
        assert [r.key for r in person_by_text(reader, "ana", 5)] == ["d:y", "d:x"]


def test_groups_count_members_with_nesting_and_cycles(two_sides: Cache, reader: Reader) -> None:
    store(
        two_sides,
        groups=[
            GroupLinkIn("k2", "in step", "in", "in", True, "=", 0),
            GroupLinkIn("k1", "linked", "g", "g", True, "-", 1),
            GroupLinkIn("k3", "only here", None, "out", False, "=", 0),
            GroupLinkIn("k4", "gone", None, "nowhere", True, "?", 1),
        ],
        findings=[found("f", subject="secrets/group/g", about="secrets/vault/v")],
    )
    rows = group_rows(reader, group_nos(reader))
    assert [(r.key, r.directory_members, r.secrets_members, r.sign, r.word) for r in rows] == [
        ("k1", 2, 3, "-", "grant not in policy"),
        ("k4", None, None, "?", "drift"),
        ("k2", 1, 2, "=", "in step"),
        ("k3", None, 3, "=", "in step"),
    ]
    only = group_rows(reader, group_nos(reader, Scope(drift_only=True)), Scope(drift_only=True))
    assert [r.key for r in only] == ["k1", "k4"]
    for word in ("linked", "grant not in policy"):
        wanted = Filter((Term(Field.ANY, (word,)),))
        assert list(group_nos(reader, asked=Asked(wanted))) == [rows[0].no]


def test_findings_keep_since_when_until_they_break_off(two_sides: Cache, reader: Reader) -> None:
    assert drift_counts(reader) is None
    store(two_sides, findings=[found("a"), found("b", rank=0)], at_ms=1)
    assert drift_counts(reader) == DriftCounts(1, 2)
    store(two_sides, findings=[found("a"), found("c")], at_ms=2)
    store(two_sides, findings=[found("a"), found("b", rank=0)], at_ms=3)
    assert [(f.id, f.since_ms) for f in findings(reader)] == [("b", 3), ("a", 1)]
    store(two_sides, at_ms=4)
    assert (drift_counts(reader), findings(reader)) == (DriftCounts(0, 0), [])


def test_findings_are_found_by_person_group_vault_kind_and_id(
    two_sides: Cache, reader: Reader
) -> None:
    store(
        two_sides,
        PEOPLE,
        [GroupLinkIn("k1", "linked", "g", "g", True, "-", 1)],
        [
            found("a", person_key="d:d1", subject="secrets/account/s1", about="secrets/vault/v"),
            found("b", subject="directory/group/g", about="secrets/vault/w", kind="missing grant"),
            found("c", person_key="d:d2", subject="secrets/account/s2", about="secrets/group/g"),
        ],
    )
    assert [f.id for f in findings(reader, person_key="d:d1")] == ["a"]
    assert [f.id for f in findings(reader, kind="missing grant")] == ["b"]
    assert [f.id for f in findings(reader, limit=1, offset=1)] == [findings(reader)[1].id]
    assert {f.id for f in findings_of_group(reader, "k1")} == {"b", "c"}
    assert findings_of_group(reader, "none") == []
    assert [f.id for f in findings_of_vault(reader, "v")] == ["a"]
    assert {f.id for f in findings_by_id(reader, ["a", "c", "z"])} == {"a", "c"}
    one = finding(reader, "b")
    assert one is not None
    assert (one.object_ref, finding(reader, "z")) == ("secrets/vault/w", None)
    assert finding_ids_of_people(reader, person_nos(reader)) == {"a", "c"}


def test_openers_leave_out_the_suspended_and_count_through_nested_groups(
    two_sides: Cache, reader: Reader
) -> None:
    store(two_sides, PEOPLE)
    assert [(r.vault_id, r.openers) for r in all_grants(reader)] == [("v", 3), ("w", 0)]
    assert [r.openers for r in all_grants(reader, Scope(drift_only=True))] == []
    refresh(
        two_sides,
        whole(
            (account("s1", AccountState.SUSPENDED), account("s2")),
            {"g": ("s1", "s2")},
            {
                "v": (
                    Grant("v", PrincipalKind.GROUP, "g", Level.READ, "c"),
                    Grant("v", PrincipalKind.ACCOUNT, "s1", Level.READ, "d"),
                ),
                "w": (Grant("w", PrincipalKind.ACCOUNT, "s2", Level.NONE, "e"),),
            },
        ),
    )
    store(two_sides, PEOPLE, findings=[found("f", about="secrets/vault/w")])
    assert [(r.vault_id, r.openers, r.sign, r.finding_id) for r in all_grants(reader)] == [
        ("w", 0, "-", "f"),
        ("v", 1, "=", ""),
    ]


@pytest.mark.parametrize(
    ("people", "groups", "findings_in"),
    [
        ([person("k", "a"), person("k", "b")], [], []),
        ([], [GroupLinkIn("k", "a", None, None, True, "=", 0)] * 2, []),
        ([], [], [found("f"), found("f")]),
    ],
)
def test_a_key_that_comes_twice_is_refused_and_the_old_stays(
    two_sides: Cache,
    reader: Reader,
    people: Sequence[PersonIn],
    groups: Sequence[GroupLinkIn],
    findings_in: Sequence[FindingIn],
) -> None:
    store(two_sides, PEOPLE, at_ms=1)
    with pytest.raises(ValueError, match="comes twice"):
        store(two_sides, people, groups, findings_in, at_ms=2)
    assert (person_count(reader), two_sides.assessment()) == (4, (1, 2, 1))


def test_an_assessment_needs_sealed_snapshots(two_sides: Cache) -> None:
    with pytest.raises(ValueError, match="snapshot 99 is not sealed"):
        two_sides.store_assessment(1, 99, 1, [], [], [])
    assert two_sides.assessment() is None


def test_lists_stay_with_their_snapshots_until_the_next_assessment(
    two_sides: Cache, reader: Reader
) -> None:
    store(two_sides, PEOPLE, [GroupLinkIn("k1", "linked", "g", "g", True, "=", 0)])
    before = all_grants(reader, Scope(person_key="d:d1"))
    refresh(two_sides, whole())
    assert all_grants(reader, Scope(person_key="d:d1")) == before != ()
    assert two_sides.forget_before(SECRETS.name, 10_000) == 0
    store(two_sides, PEOPLE)
    assert all_grants(reader, Scope(person_key="d:d1")) == ()


def test_sources_and_snapshots_are_shown_as_stored(two_sides: Cache, reader: Reader) -> None:
    assert source_rows(reader) == two_sides.sources()
    assert snapshot_info(reader, 2) == two_sides.info(2)
    assert snapshots(reader, SECRETS.name) == two_sides.snapshots(SECRETS.name)
    info = two_sides.info(1)
    assert info is not None
    assert listings(reader, 1) == info.listings
    assert unreadable_rows(reader, 1) == []
