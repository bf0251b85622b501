"""Filters in SQL against a plain-Python oracle over a small organisation that has everything."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.storage.filter_oracle import group_is, groups_of, holds_of, line_is, person_is
from tests.storage.filtered_office import (
    FINDINGS,
    INNER,
    OPENS,
    PEOPLE,
    VAULTS,
    finding_in,
    links_in,
    people_in,
)
from tests.storage.worlds import DIRECTORY, account, refresh, whole

from keyturn_providers.records import Grant, Level, PrincipalKind
from keyturn_storage import people_sets
from keyturn_storage.connections import connect
from keyturn_storage.files import create_private
from keyturn_storage.filters import ABSENT, PRESENT, Facts, Field, Filter, Term, holds
from keyturn_storage.migrations import migrate
from keyturn_storage.queries import containment
from keyturn_storage.queries.finding_lines import finding_nos, id_of
from keyturn_storage.queries.groups import group_nos, group_rows
from keyturn_storage.queries.persons import departments, person_nos, person_rows
from keyturn_storage.queries.reader import Asked, Reader, Scope, open_reader
from keyturn_storage.schema_cache import CACHE
from keyturn_storage.snapshots import open_cache


@pytest.fixture(scope="module", params=("sets of bits", "sets of places", "no sets"))
def reader(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reader]:
    """The same organisation in a cache with either form of sets, and in one that was filled by a
    keyturn which had none."""
    data = tmp_path_factory.mktemp("filters")
    data.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch, open_cache(data / "cache.db") as cache:
        if request.param == "sets of places":
            patch.setattr(people_sets, "SMALLEST", 0)
        at = {}
        for side in ("d", "s"):
            there = tuple(
                account(
                    key,
                    state,
                    display_name=human.name,
                    department=human.department,
                    name=key,
                    title=human.title,
                )
                for key, human in PEOPLE.items()
                if (state := getattr(human, side)) is not None
            )
            ids = {one.id for one in there}
            groups = {
                group: tuple(
                    [k for k, h in PEOPLE.items() if group in h.groups and k in ids]
                    + [inner for inner, outer in INNER.items() if outer == group]
                )
                for group in OPENS
            }
            if side == "d":
                at[side] = refresh(cache, whole(there, groups), source=DIRECTORY).id
                continue
            vaults = {
                vault: tuple(
                    [
                        Grant(vault, PrincipalKind.GROUP, g, Level.READ, f"c-{g}")
                        for g, opened in OPENS.items()
                        if vault in opened
                    ]
                    + [
                        Grant(vault, PrincipalKind.ACCOUNT, k, Level.WRITE, f"c-{k}")
                        for k, h in PEOPLE.items()
                        if vault in h.direct
                    ]
                )
                for vault in VAULTS
            }
            at[side] = refresh(cache, whole(there, groups, vaults)).id
        made = [finding_in(number) for number in range(len(FINDINGS))]
        # Later ones are added later: what is known of "since" must differ.
        for upto in range(1, len(made) + 1):
            cache.store_assessment(
                at["d"], at["s"], upto * 1000, list(people_in()), list(links_in()), made[:upto]
            )
    forms = {"sets of bits": {people_sets.BITS}, "sets of places": {people_sets.LISTED}}
    with open_reader(data / "cache.db") as opened:
        stored = {form for (form,) in opened.connection.execute("select form from people_set")}
    if request.param == "no sets":
        with closing(connect(data / "cache.db")) as connection:
            connection.execute("delete from people_set")
    else:
        assert stored == forms[request.param]
    with open_reader(data / "cache.db") as opened:
        yield opened


WORDS = st.sampled_from(
    ("ana", "ána", "å", "ß", "ss", "%", "_", "'", "'; drop table person --", "fin", "finance eu",
     "act", "active", "susp", "none", "any", "g1", "v2 name", "v", "leaver", "grant", "high",
     "renamed", "zoe", "urgent", "bob % _", "p4", "name")
)  # fmt: skip


def _filters(*fields: Field) -> st.SearchStrategy[Filter]:
    plain = st.builds(
        Term, st.sampled_from(fields), st.tuples(WORDS) | st.tuples(WORDS, WORDS), st.booleans()
    )
    since = st.builds(Term, st.just(Field.SINCE), st.just(()), st.booleans(), st.integers(0, 6_000))
    return st.lists(plain | since, max_size=3).map(lambda terms: Filter(tuple(terms)))


@settings(max_examples=150)
@given(
    _filters(
        Field.ANY, Field.NAME, Field.DEPARTMENT, Field.DIRECTORY, Field.SECRETS, Field.STATE,
        Field.DRIFT, Field.GROUP, Field.VAULT, Field.SEVERITY, Field.TITLE,
    ),
    st.sampled_from(("", "name", "directory", "secrets", "drift")),
    st.booleans(),
)  # fmt: skip
def test_people_are_those_of_the_oracle_in_every_order(
    reader: Reader, wanted: Filter, order: str, backwards: bool
) -> None:
    expected = {
        key
        for key in PEOPLE
        if holds_of(
            wanted,
            lambda term, value: person_is(key, term, value),  # noqa: B023 - used at once
            [f[6] for f in FINDINGS if f[2] == key],
        )
    }
    nos = person_nos(reader, asked=Asked(wanted, order, backwards))
    found = person_rows(reader, nos)

    assert {row.key for row in found} == expected
    assert len(nos) == len(expected)
    keys: dict[str, Callable[[object], object]] = {
        "name": lambda row: row.name.casefold(),  # type: ignore[attr-defined]
        "directory": lambda row: (row.directory_state is None, row.directory_state or ""),  # type: ignore[attr-defined]
        "secrets": lambda row: (row.secrets_state is None, row.secrets_state or ""),  # type: ignore[attr-defined]
        "drift": lambda row: -row.findings,  # type: ignore[attr-defined]
    }
    if order:
        rows = found[::-1] if backwards else found
        assert [keys[order](r) for r in rows] == sorted(  # type: ignore[type-var]
            keys[order](r) for r in rows
        )


@settings(max_examples=100)
@given(
    _filters(Field.ANY, Field.NAME, Field.DRIFT, Field.VAULT, Field.SEVERITY, Field.PERSON),
    st.booleans(),
)
def test_groups_are_those_of_the_oracle(reader: Reader, wanted: Filter, of_person: bool) -> None:
    scope = Scope(person_key="p4") if of_person else Scope()
    there = groups_of("p4") if of_person else set(OPENS)
    expected = {
        group
        for group in there
        if holds_of(
            wanted,
            lambda term, value: group_is(group, term, value),  # noqa: B023 - used at once
            [f[6] for f in FINDINGS if f"secrets/group/{group}" in f],
        )
    }

    found = group_rows(reader, group_nos(reader, scope, Asked(wanted)), scope)

    assert {row.key for row in found} == expected


@settings(max_examples=100)
@given(
    _filters(
        Field.ANY, Field.DRIFT, Field.SEVERITY, Field.NAME, Field.VAULT, Field.GROUP,
        Field.DEPARTMENT, Field.DIRECTORY, Field.SECRETS, Field.STATE, Field.TITLE, Field.PERSON,
    )
)  # fmt: skip
def test_findings_are_those_of_the_oracle(reader: Reader, wanted: Filter) -> None:
    expected = {
        number
        for number in range(len(FINDINGS))
        if holds_of(
            wanted,
            lambda term, value: line_is(number, term, value),  # noqa: B023 - used at once
            [FINDINGS[number][6]],
        )
    }

    found = {int(id_of(no), 16) - 1 for no in finding_nos(reader, asked=Asked(wanted))}

    assert found == expected


def test_a_field_that_a_list_does_not_have_holds_of_nothing(reader: Reader) -> None:
    owner = Filter((Term(Field.OWNER, ("ana",)),))

    assert len(person_nos(reader, asked=Asked(owner))) == 0


def test_departments_are_suggested_by_how_many_are_in_them(reader: Reader) -> None:
    assert departments(reader, "fin", 9) == ["finance", "finance eu"]
    assert departments(reader, "", 1) == ["finance"]


def test_rows_in_memory_are_held_against_the_same_words() -> None:
    facts = Facts("payments read ana", {Field.LEVEL: ("read",), Field.STATE: ("inactive",)}, 5)

    assert holds(Filter((Term(Field.LEVEL, ("edit", "read")),)), facts)
    assert not holds(Filter((Term(Field.STATE, ("active",)),)), facts)
    assert holds(Filter((Term(Field.OWNER, ("none",)), Term(Field.STATE, ("any",)))), facts)
    assert holds(Filter((Term(Field.SINCE, (), False, 5), Term(Field.ANY, ("pay",)))), facts)
    assert not holds(Filter((Term(Field.SINCE, (), True, 5),)), facts)


def test_a_cache_from_before_is_filled_when_it_is_migrated(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    path = tmp_path / "cache.db"
    create_private(path)
    connection = connect(path)
    migrate(connection, path, replace(CACHE, migrations=CACHE.migrations[:4]), lambda: 1)
    body = json.dumps(["ana", "ÁNA", "active", "", "person", [], None, "Boß", "FINANZ"])
    for statement in (
        "insert into source values (1, 'a', 'k', 'directory', 't'), (2, 'b', 'k', 'secrets', 't')",
        """insert into snapshot (id, source_no, state, started_ms, host, pid, process_start)
        values (1, 1, 'sealed', 1, '', 1, ''), (2, 2, 'sealed', 1, '', 1, '')""",
        "insert into assessment values (1, 1, 2, 3, 1, 0, 1)",
        "insert into object values (1, 1, 1, 'x')",
        "insert into presence values (1, 1, null, 1)",
        "insert into person_key values (1, 'd:x')",
        """insert into person values (1, 0, 'd:x', 'ÁNA', 'ana', 'x', null, 1, null, 'active', null,
        'id', '!', 0, 1, 'ána')""",
        """insert into finding values ('a1', 0, 'renamed', 'urgent', 0, '~', 'd:x', 'r', 'ÁNA',
        'secrets/vault/v', 'TRESOR', 'w', '{}', 9)""",
    ):
        connection.execute(statement)
    connection.execute("insert into version values (1, x'00', ?)", (body,))
    connection.close()

    open_cache(path).close()

    with open_reader(path) as old:
        for field, word in (
            (Field.NAME, "ána"), (Field.DEPARTMENT, "finanz"), (Field.TITLE, "boss"),
            (Field.DRIFT, "renamed"), (Field.SINCE, ""),
        ):  # fmt: skip
            wanted = Filter((Term(field, (word,), after_ms=9),))
            assert list(person_nos(old, asked=Asked(wanted))) == [1], field
        vault = Filter((Term(Field.VAULT, ("tresor",)), Term(Field.PERSON, ("ána",))))
        assert list(finding_nos(old, asked=Asked(vault))) == [0xA1]


@pytest.mark.parametrize("field", [Field.GROUP, Field.VAULT])
def test_few_and_most_groups_are_asked_in_two_ways_with_one_answer(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, field: Field
) -> None:
    answers: list[list[Sequence[int]]] = []
    for many in (0, 1, 1_000):
        monkeypatch.setattr(containment, "MANY", many)
        found = [
            person_nos(
                reader,
                Scope(vault_id=vault),
                Asked(Filter((Term(field, (value,), negated=no),))),
            )
            for value in ("g1", "g2", "g3", "g", "v1", "v2", "v", "nobody's", ABSENT, PRESENT)
            for no in (False, True)
            for vault in (None, *VAULTS)
        ]
        answers.append(list(found))
    assert answers[0] == answers[1] == answers[2]
    assert len({tuple(one) for one in answers[0]}) > 4
