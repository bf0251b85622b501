"""SCIM resources to records: what is kept, what is refused, what is never guessed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyturn_providers.records import (
    Account,
    AccountKind,
    AccountState,
    Email,
    Group,
    MemberKind,
    Membership,
    Unreadable,
)
from keyturn_providers.scim import translate
from keyturn_providers.text import is_hostile

ENTERPRISE = translate.ENTERPRISE


def account(**attributes: object) -> Account:
    record = translate.account({"id": "1", "userName": "ana", **attributes})
    assert isinstance(record, Account)
    return record


@pytest.mark.parametrize(
    ("active", "state", "raw"),
    [
        (True, AccountState.ACTIVE, ""),
        (False, AccountState.SUSPENDED, ""),
        ("True", AccountState.ACTIVE, ""),
        ("False", AccountState.SUSPENDED, ""),
        (None, AccountState.UNKNOWN, "active not told"),
        ("disabled", AccountState.UNKNOWN, "disabled"),
        ("sus\x1bpended", AccountState.UNKNOWN, "sus␛pended"),
        (2, AccountState.UNKNOWN, "2"),
        ([], AccountState.UNKNOWN, "[]"),
    ],
)
def test_only_a_clear_word_is_a_state(active: object, state: AccountState, raw: str) -> None:
    record = account(active=active)
    assert (record.state, record.state_raw) == (state, raw)


def test_a_missing_state_is_unknown() -> None:
    assert account().state is AccountState.UNKNOWN


@pytest.mark.parametrize(
    ("emails", "expected"),
    [
        ([{"value": "a@x", "primary": True}, {"value": "b@x"}], [("a@x", True), ("b@x", False)]),
        ([{"value": "a@x"}], [("a@x", True)]),
        ([{"value": "a@x"}, {"value": "b@x"}], [("a@x", False), ("b@x", False)]),
        (
            [{"value": "a@x", "primary": True}, {"value": "b@x", "primary": True}],
            [("a@x", False), ("b@x", False)],
        ),
        ([{"value": "a@x"}, {"value": "a@x", "primary": True}], [("a@x", True)]),
        (["plain@x"], [("plain@x", True)]),
        ([{"value": "ana@corp.local", "primary": "true"}, 5, None, {}], [("ana@corp.local", True)]),
        ("not a list", []),
        (None, []),
    ],
)
def test_only_one_address_is_vouched_for(emails: object, expected: list[tuple[str, bool]]) -> None:
    assert account(emails=emails).emails == tuple(Email(a, v) for a, v in expected)


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({"displayName": "Ana P."}, "Ana P."),
        ({"displayName": "  ", "name": {"formatted": "Ana Petrović"}}, "Ana Petrović"),
        ({"name": {"givenName": "Ana", "familyName": "Petrović"}}, "Ana Petrović"),
        ({"name": {"familyName": "Petrović"}}, "Petrović"),
        ({"name": "Ana"}, "ana"),
        ({"userName": None}, "1"),
        ({"displayName": "A\x1b[2J"}, "A␛[2J"),
    ],
)
def test_the_name_to_show(attributes: dict[str, object], name: str) -> None:
    assert account(**attributes).display_name == name


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Guest", AccountKind.GUEST),
        ("service account", AccountKind.SERVICE),
        ("Customer Service", AccountKind.PERSON),
        ("Robotics", AccountKind.PERSON),
        ("Employee", AccountKind.PERSON),
        (7, AccountKind.PERSON),
        (None, AccountKind.PERSON),
    ],
)
def test_only_an_exact_word_makes_a_guest_or_a_service(word: object, kind: AccountKind) -> None:
    assert account(userType=word).kind is kind


def test_one_attribute_of_the_wrong_shape_costs_only_itself() -> None:
    record = account(
        title=["x"],
        meta={"created": "yesterday"},
        displayName="Ana",
        active=True,
        **{ENTERPRISE: {"department": "Ops", "manager": "boss"}},
    )
    assert (record.title, record.created_ms, record.department) == ("", None, "")
    assert (record.display_name, record.state) == ("Ana", AccountState.ACTIVE)


def test_names_of_attributes_have_no_case() -> None:
    record = translate.account(
        {"ID": 7, "USERNAME": "ana", "Active": "false", "externalID": "hr-1"}
    )
    assert isinstance(record, Account)
    assert (record.id, record.name, record.external_id) == ("7", "ana", "hr-1")
    assert record.state is AccountState.SUSPENDED


def test_the_enterprise_extension() -> None:
    record = account(
        **{ENTERPRISE: {"department": "Ops", "manager": {"value": "9", "displayName": "Boss"}}}
    )
    assert (record.department, record.manager) == ("Ops", "Boss")
    assert account(**{ENTERPRISE: {"manager": {"value": "9"}}}).manager == "9"


@pytest.mark.parametrize("its_id", [None, "", True, 1.5, ["1"], "a\0b", ".", "..", "x" * 2000])
def test_without_a_usable_id_nothing_can_be_told(its_id: object) -> None:
    for read in (translate.account, translate.group):
        record = read({"id": its_id, "userName": "ana", "displayName": "ana"})
        assert isinstance(record, Unreadable)
        assert record.id is None
        assert record.reason.endswith(".") or "a␀b" in record.reason


def test_groups() -> None:
    assert translate.group({"id": "g", "displayName": "Ops", "externalId": "x"}) == Group(
        "g", "Ops", "x"
    )
    assert translate.group({"id": "g", "displayName": 5}) == Group("g", "g")
    assert isinstance(translate.group("g"), Unreadable)


MEMBERS: list[tuple[object, Membership | str | None]] = [
    ({"value": "u1"}, Membership("g", "u1")),
    ({"value": "u1", "type": "User"}, Membership("g", "u1")),
    ({"value": "u1", "type": "direct"}, Membership("g", "u1")),
    ({"value": "x", "type": "Group"}, Membership("g", "x", MemberKind.GROUP)),
    ({"value": "x", "$ref": "https://idp/v2/Groups/x"}, Membership("g", "x", MemberKind.GROUP)),
    ({"value": "g7"}, Membership("g", "g7", MemberKind.GROUP)),
    ({"value": "g7", "$ref": "../Users/g7"}, Membership("g", "g7")),
    ({"value": 12}, Membership("g", "12")),
    ({"value": "dangling"}, Membership("g", "dangling")),
    ({"value": "d1", "type": "Device"}, "d1"),
    ({"value": "Ana@acme.example"}, None),
    ({"value": "Ana@acme.example", "type": "User"}, None),
    ({"display": "Ana"}, None),
    ("u1", None),
]


@pytest.mark.parametrize(("entry", "expected"), MEMBERS)
def test_members(entry: object, expected: Membership | str | None) -> None:
    record = translate.membership(
        "g",
        entry,
        groups=frozenset({"g7"}),
        accounts=frozenset({"u1"}),
        logins=frozenset({"ana@acme.example"}),
    )
    if isinstance(expected, Membership):
        assert record == expected
    else:
        assert isinstance(record, Unreadable)
        assert record.id == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
names = st.sampled_from(
    (
        *("id", "userName", "displayName", "name", "emails", "active", "meta", "schemas"),
        *("userType", "title", "externalId", "members", ENTERPRISE),
    )
)


@settings(max_examples=200)
@given(st.dictionaries(names, json_values, max_size=6) | json_values)
def test_nothing_that_comes_breaks_the_reading(resource: object) -> None:
    for record in (
        translate.account(resource),
        translate.group(resource),
        translate.membership("g", resource),
    ):
        if isinstance(record, Account):
            texts = [record.name, record.display_name, record.title, record.state_raw]
            texts += [email.address for email in record.emails]
            assert not any(is_hostile(text) for text in texts)
            if record.state is AccountState.ACTIVE:
                assert isinstance(resource, dict)
                yes = {"true", "1", "1.0", "t", "y", "yes", "on"}
                assert str(resource["active"]).lower() in yes
        elif isinstance(record, Unreadable):
            assert record.reason
