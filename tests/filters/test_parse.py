"""The filter language: what people guess is understood, and nothing typed is ever an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn.filters.parse import moment_of, parse, pieces
from keyturn.filters.suggest import meant, suggestions
from keyturn_storage.filters import Field, Filter, Term

NOW = 1_800_000_000_000  # 2027-01-15T08:00:00Z
DAY = 86_400_000
FIELDS = (
    Field.NAME, Field.DEPARTMENT, Field.STATE, Field.DIRECTORY, Field.DRIFT, Field.VAULT,
    Field.SINCE,
)  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("", ()),
        ("   ", ()),
        ("ana", (Term(Field.ANY, ("ana",)),)),
        ("ANA Ünal", (Term(Field.ANY, ("ana",)), Term(Field.ANY, ("ünal",)))),
        ('"ana maria"', (Term(Field.ANY, ("ana maria",)),)),
        ("eng-platform", (Term(Field.ANY, ("eng-platform",)),)),
        ("-temp", (Term(Field.ANY, ("temp",), True),)),
        ("dept:finance", (Term(Field.DEPARTMENT, ("finance",)),)),
        ("Department:Finance", (Term(Field.DEPARTMENT, ("finance",)),)),
        ('dept:"human resources"', (Term(Field.DEPARTMENT, ("human resources",)),)),
        ("-state:active", (Term(Field.STATE, ("active",), True),)),
        ("state:off", (Term(Field.STATE, ("suspended", "deactivated")),)),
        ("state:invited,on", (Term(Field.STATE, ("invited", "active")),)),
        ('dept:"a, b",c', (Term(Field.DEPARTMENT, ("a, b", "c")),)),
        ("okta:none", (Term(Field.DIRECTORY, ("none",)),)),
        ("drift:no", (Term(Field.DRIFT, ("none",)),)),
        ("drift:yes", (Term(Field.DRIFT, ("any",)),)),
        ("since:7d", (Term(Field.SINCE, (), False, NOW - 7 * DAY),)),
        ("since:7", (Term(Field.SINCE, (), False, NOW - 7 * DAY),)),
        ("since:", ()),
        ("dept:", ()),
        ('dept:"', ()),
        ('"', ()),
        ("-", ()),
        ('vault:"pay', (Term(Field.VAULT, ("pay",)),)),
        ("-vault:pay ana", (Term(Field.VAULT, ("pay",), True), Term(Field.ANY, ("ana",)))),
    ],
)
def test_it_means_what_a_person_would_guess(typed: str, terms: tuple[Term, ...]) -> None:
    found = parse(typed, FIELDS, NOW, {"okta": Field.DIRECTORY})

    assert found.filter == Filter(terms)
    assert found.problems == found.hints == ()


def test_a_field_that_is_not_here_is_plain_text_with_a_hint() -> None:
    found = parse("ana dpt:x https://acme", FIELDS, NOW)

    assert found.filter.terms == (
        Term(Field.ANY, ("ana",)), Term(Field.ANY, ("dpt:x",)), Term(Field.ANY, ("https://acme",)),
    )  # fmt: skip
    assert [(one.start, one.end) for one in found.hints] == [(4, 9), (10, 22)]
    assert "Did you mean dept:?" in found.hints[0].words
    assert "Here are " in found.hints[1].words
    assert "no fields" in parse("a:b", (), NOW).hints[0].words


def test_a_date_that_is_none_is_a_problem_with_its_place() -> None:
    found = parse("ana since:soon", FIELDS, NOW)

    assert [(one.start, one.end) for one in found.problems] == [(10, 14)]
    assert str(found.problems[0]).startswith("at 11: since: takes 7d")


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("24h", NOW - DAY),
        ("90m", NOW - 90 * 60_000),
        ("2w", NOW - 14 * DAY),
        ("today", NOW - 8 * 3_600_000),
        ("yesterday", NOW - 32 * 3_600_000),
        ("2027-01-14", NOW - 32 * 3_600_000),
        ("2027-01", NOW - 14 * DAY - 8 * 3_600_000),
        ("999999999y", NOW - 200 * 31_557_600_000),
        ("2027-02-30", None),
        ("٣d", NOW - 3 * DAY),
        ("d", None),
        ("", None),
    ],
)
def test_moments(value: str, moment: int | None) -> None:
    assert moment_of(value, NOW) == moment


@given(st.text(st.sampled_from('ab -:",\\n\t\u202e%;[]') | st.characters(), max_size=40))
def test_nothing_typed_is_an_error(typed: str) -> None:
    found = parse(typed, FIELDS, NOW)

    places = [(one.start, one.end) for one in pieces(typed)]
    assert places == sorted(places)
    assert all(0 <= start < end <= len(typed) for start, end in places)
    for remark in (*found.problems, *found.hints):
        assert typed[remark.start : remark.end]
    assert all(any(term.values) or term.field is Field.SINCE for term in found.filter.terms)
    assert suggestions(typed, FIELDS, lambda *_: ["x y"], 5) is not None


WORD = st.text(st.sampled_from("abß-%'_.é"), min_size=1, max_size=6).filter(
    lambda word: not word.startswith("-")
)


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from((Field.NAME, Field.DEPARTMENT, Field.ANY)), WORD),
        max_size=4,
    )
)
def test_what_is_written_from_terms_is_read_as_those_terms(
    parts: list[tuple[bool, Field, str]],
) -> None:
    typed = " ".join(
        f'{"-" if negated else ""}{f"{field.value}:" if field else ""}"{word} {word}"'
        for negated, field, word in parts
    )

    expected = tuple(
        Term(field, (f"{word} {word}".casefold(),), negated) for negated, field, word in parts
    )
    assert parse(typed, FIELDS, NOW).filter.terms == expected


def _values(field: Field, part: str, limit: int) -> list[str]:
    known = {
        Field.DEPARTMENT: ["finance", "human resources"], Field.DRIFT: ["leaver still active"]
    }  # fmt: skip
    return [word for word in known.get(field, []) if part in word][:limit]


@pytest.mark.parametrize(
    ("typed", "whole", "shown"),
    [
        ("de", ["dept:"], ["dept:"]),
        ("ana d", ["ana dept:", "ana directory:", "ana drift:"], ["dept:", "directory:", "drift:"]),
        ("tea", ["dept:"], ["dept:"]),
        ("-st", ["-state:"], ["state:"]),
        ("state:s", ["state:suspended"], ["state:suspended"]),
        ("state:active,s", ["state:active,suspended"], ["state:suspended"]),
        ("since:", [f"since:{w}" for w in ("today", "24h", "7d", "30d")], None),
        ("dept:fin", ["dept:finance"], ["dept:finance"]),
        ('dept:"hum', ['dept:"human resources"'], ['dept:"human resources"']),
        ("drift:leav", ['drift:"leaver still active"'], None),
        ("dept:finance", [], []),
        ("zzz", [], []),
        ("zz:z", [], []),
    ],
)
def test_suggestions_go_on_from_what_is_typed(
    typed: str, whole: list[str], shown: list[str] | None
) -> None:
    found = suggestions(typed, FIELDS, _values, 6)

    assert [one for one, _ in found] == whole
    if shown is not None:
        assert [one for _, one in found] == shown


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        ("finance", ["dept:finance"]),
        ("ana Finance", ["ana dept:finance"]),
        ("-finance", ["-dept:finance"]),
        ("resources", ['dept:"human resources"']),
        ("leaver", ['drift:"leaver still active"']),
        ("susp", ["state:suspended"]),
        ("dept:human res", ['dept:"human resources"']),
        ("ana -dept:human resources", ['ana -dept:"human resources"']),
        ("state:actve", ["state:active"]),
        ("status:suspnded", ["status:suspended"]),
        ("dept:finanze", []),
        ("fi", []),
        ("zz:finance", []),
        ("", []),
    ],
)
def test_a_filter_that_finds_nothing_is_told_what_was_perhaps_meant(
    typed: str, whole: list[str]
) -> None:
    found = [one for one, _ in meant(typed, FIELDS, _values, 6)]

    assert found == whole


def test_an_address_is_looked_for_in_all_text_and_that_is_said() -> None:
    parsed = parse("email:Dana@x -mail:guest login:", FIELDS, NOW)

    assert parsed.filter.terms == (
        Term(Field.ANY, ("dana@x",)), Term(Field.ANY, ("guest",), negated=True),
    )  # fmt: skip
    assert "looks through all text" in str(parsed.hints[0])


def test_typographic_quotation_marks_hold_words_together() -> None:
    assert parse("“ana maria”", FIELDS, NOW).filter.terms == (Term(Field.ANY, ("ana maria",)),)


def test_before_anything_is_typed_the_fields_are_named() -> None:
    assert [shown for _, shown in suggestions("ana ", FIELDS, _values, 3)] == [
        "name:", "dept:", "state:",
    ]  # fmt: skip
