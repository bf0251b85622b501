"""What `op` prints, from the sheet's shapes and some that should not be."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn_providers.onepassword.op import translate
from keyturn_providers.onepassword.op.carriers import Carrier, parse_carrier
from keyturn_providers.onepassword.op.environment import scrubbed
from keyturn_providers.onepassword.op.payloads import (
    ConnectServer,
    ConnectToken,
    Group,
    User,
    documents,
    shaped,
)
from keyturn_providers.onepassword.op.queries import is_id
from keyturn_providers.onepassword.permissions import BUSINESS
from keyturn_providers.records import Level, PrincipalKind, Unreadable

DANA = "K7QW2R5TXYABCDEFGHIJKLMNOP"
VAULT = "q3m5x7c2v4b6n8a1s9d0f2g4hj"


@given(st.lists(st.dictionaries(st.text(), st.integers() | st.text()), max_size=5), st.data())
def test_arrays_and_concatenated_objects_read_alike(
    objects: list[dict[str, int | str]], data: st.DataObject
) -> None:
    between = data.draw(st.sampled_from(["", "\n", " ", "\n\n", ",", ",\n"]))
    concatenated = between.join(json.dumps(one) for one in objects)
    assert list(documents(concatenated.encode())) == objects
    assert list(documents(json.dumps(objects, indent=2).encode())) == objects


def test_nothing_is_an_empty_list() -> None:
    assert list(documents(b"")) == list(documents(b" \n")) == list(documents(b"[]\n")) == []


@pytest.mark.parametrize("stdout", [b'{"id": "a"}{"id"', b"no json", b"[1, 2", b"\xff\xfe"])
def test_what_is_no_json_is_refused(stdout: bytes) -> None:
    with pytest.raises(ValueError, match=r"Expecting|decode"):
        list(documents(stdout))


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ("2026-11-20T08:01:55Z", 1_795_161_715_000),
        ("2026-11-20T09:01:55.5+01:00", 1_795_161_715_500),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
        (None, None),
        ("yesterday", None),
        (17, None),
    ],
)
def test_moments(told: object, wanted: int | None) -> None:
    user = shaped(User, {"id": DANA, "last_auth_at": told})
    assert isinstance(user, User)
    assert user.last_auth_at == wanted


def test_an_id_that_cannot_be_one_makes_the_record_nameless() -> None:
    for document in ({"id": "a\x1b"}, {"id": ""}, {"id": 7}, {}, "text", None, [1]):
        odd = shaped(User, document)
        assert isinstance(odd, Unreadable)
        assert odd.id is None


def test_a_record_with_an_id_and_odd_fields_keeps_its_id() -> None:
    odd = shaped(User, {"id": DANA, "name": {"first": "Dana"}})
    assert isinstance(odd, Unreadable)
    assert (odd.id, "name" in odd.reason) == (DANA, True)


def _user(**fields: object) -> User:
    user = shaped(User, {"id": DANA, **fields})
    assert isinstance(user, User)
    return user


def test_permissions_that_are_not_told_are_not_none() -> None:
    grant = translate.grant(VAULT, PrincipalKind.ACCOUNT, _user(), BUSINESS)
    assert (grant.level, grant.permissions, grant.note) == (
        Level.UNKNOWN,
        (),
        translate.NOT_TOLD,
    )
    none = translate.grant(VAULT, PrincipalKind.ACCOUNT, _user(permissions=[]), BUSINESS)
    assert (none.level, none.note) == (Level.NONE, "")


def test_permissions_that_are_not_known_are_shown() -> None:
    user = _user(permissions=["view_items", "teleport\x1b_items", "move_items"])
    grant = translate.grant(VAULT, PrincipalKind.ACCOUNT, user, BUSINESS)
    assert grant.level is Level.UNKNOWN
    assert grant.permissions == ("view_items", "teleport␛_items")
    assert grant.note == "unknown permissions: teleport␛_items; with move_items"


def test_a_string_of_permissions_is_a_list() -> None:
    assert _user(permissions="view_items, edit_items").permissions == ("view_items", "edit_items")


def test_ones_own_vault_cannot_be_taken() -> None:
    user = _user(permissions=["view_items"])
    grant = translate.grant(VAULT, PrincipalKind.ACCOUNT, user, BUSINESS, own_vault=True)
    assert not grant.revocable


def test_an_odd_type_is_shown_with_the_state() -> None:
    assert translate.account(_user(state="ACTIVE", type="ROBOT")).state_raw == "ACTIVE (type ROBOT)"


@pytest.mark.parametrize(
    ("name", "kind", "privileged"),
    [
        ("Besitzer", "OWNERS", True),
        ("Administrators", "ADMINISTRATORS", True),
        ("Owners", "TEAM_MEMBERS", False),
        ("Provision Managers", "USER_DEFINED", True),
        ("Owners", "", True),
        ("Engineering", "USER_DEFINED", False),
        ("Engineering", "NEW_KIND", False),
    ],
)
def test_privileged_groups(name: str, kind: str, privileged: bool) -> None:
    group = shaped(Group, {"id": VAULT, "name": name, "type": kind})
    assert isinstance(group, Group)
    assert translate.is_privileged(group) is privileged


def test_a_connect_token() -> None:
    server = shaped(ConnectServer, {"id": VAULT, "name": "k8s", "creator_id": DANA})
    token = shaped(
        ConnectToken,
        {
            "id": "t" * 26,
            "name": "deploy",
            "state": "PAUSED",
            "features": ["vaultaccess"],
            "vaults": [{"id": VAULT, "acl": ["read", "write"]}, {"id": "v2"}],
            "integration_id": VAULT,
        },
    )
    assert isinstance(server, ConnectServer)
    assert isinstance(token, ConnectToken)
    machine = translate.token_machine(token, server, {VAULT: "Payments"})
    assert machine.scopes == ("Payments: read, write", "v2")
    assert machine.owner_account_id == DANA
    assert "state PAUSED" in machine.note
    assert translate.token_machine(token, None, {}).owner_account_id is None


@pytest.mark.parametrize(
    ("acl", "level"),
    [
        (["read"], Level.READ),
        (["read", "write"], Level.WRITE),
        ([], Level.UNKNOWN),
        (["read", "teleport"], Level.UNKNOWN),
    ],
)
def test_what_a_connect_token_may_do(acl: list[str], level: Level) -> None:
    token = shaped(ConnectToken, {"id": "t" * 26, "vaults": [{"id": VAULT, "acl": acl}, {}]})
    assert isinstance(token, ConnectToken)
    (grant,) = translate.token_grants(token)
    assert (grant.level, grant.vault_id, grant.revocable) == (level, VAULT, False)


@pytest.mark.parametrize("kind", [PrincipalKind.ACCOUNT, PrincipalKind.GROUP])
def test_carriers_come_back(kind: PrincipalKind) -> None:
    carrier = Carrier(kind, DANA, VAULT)
    assert parse_carrier(carrier.text) == carrier


@pytest.mark.parametrize(
    "text", ["", "user", "user/a/vault", "user/a/vault/", "machine/a/vault/b", "user/a/vault/b/c"]
)
def test_what_is_no_carrier(text: str) -> None:
    with pytest.raises(ValueError, match=r"names no access|lacks an id"):
        parse_carrier(text)


def test_what_is_an_id() -> None:
    assert is_id(DANA)
    assert is_id(VAULT)
    for text in ("", "Dana", DANA[:-1], DANA + "A", "-" + DANA[1:], DANA[:-1] + "\n"):
        assert not is_id(text)


def test_the_environment_is_an_allow_list() -> None:
    kept = scrubbed(
        {
            "PATH": "/bin",
            "HOME": "/home/olu",
            "LC_ALL": "C",
            "XDG_RUNTIME_DIR": "/run",
            "https_proxy": "http://proxy",
            "OP_CONFIG_DIR": "/conf",
            "OP_CONNECT_HOST": "h",
            "OP_CONNECT_TOKEN": "t",
            "OP_SERVICE_ACCOUNT_TOKEN": "ops_x",
            "OP_SESSION": "s",
            "OP_SESSION_acme": "s",
            "OP_ACCOUNT": "other",
            "OP_FORMAT": "human-readable",
            "OP_DEBUG": "true",
            "SSH_AUTH_SOCK": "/agent",
            "OKTA_TOKEN": "secret",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }
    )
    told = {name: kept.pop(name) for name in list(kept) if name.startswith("OP_")}
    assert kept == {
        "PATH": "/bin",
        "HOME": "/home/olu",
        "LC_ALL": "C",
        "XDG_RUNTIME_DIR": "/run",
        "https_proxy": "http://proxy",
        "NO_COLOR": "1",
    }
    assert told.pop("OP_CONFIG_DIR") == "/conf"
    assert told.pop("OP_CACHE") == "false"
    assert set(told) == {
        "OP_INTEGRATION_NAME",
        "OP_INTEGRATION_ID",
        "OP_INTEGRATION_BUILDNUMBER",
    }
    assert len(told["OP_INTEGRATION_BUILDNUMBER"]) == 7
