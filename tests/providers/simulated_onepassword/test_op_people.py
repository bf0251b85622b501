"""The simulated `op`: signing in, people, and the life of an account."""

import json
from pathlib import Path

import pytest
from tests.providers.simulated_onepassword.small_tenant import (
    ADMIN,
    DANA,
    ENG,
    LEA,
    RAVI,
    SERVICE,
    SERVICE_TOKEN,
    Op,
)

from keyturn_providers.simulated.onepassword import inspection
from keyturn_providers.simulated.onepassword.refusals import Refused
from keyturn_providers.simulated.onepassword.seeds import BUILT_IN_IDS


def test_version_and_whoami(op: Op, tenant: Path) -> None:
    assert op("--version").out == "2.39.0\n"
    assert op("whoami", "--format", "json").one == {
        "url": "https://acme.1password.com",
        "email": "ops@example.com",
        "user_uuid": ADMIN,
        "account_uuid": inspection.account_id(tenant),
    }
    assert op("account", "get", "--format=json").one["type"] == "BUSINESS"


def test_user_get_adds_times_and_the_year_one_for_who_never_signed_in(op: Op) -> None:
    listed = {row["id"]: row for row in op.list("user", "list")}
    assert set(listed[DANA]) == {"id", "name", "email", "type", "state"}
    assert listed[RAVI]["state"] == "SUSPENDED"
    dana = op("user", "get", "dana.vale@example.com", "--format", "json").one
    assert dana["id"] == DANA
    assert dana["email"] == "Dana.Vale@example.com"
    assert dana["last_auth_at"] == "0001-01-01T00:00:00Z"
    assert dana["created_at"] == "2025-11-24T16:00:00Z"


def test_get_dash_takes_a_listing_and_prints_objects_one_after_another(op: Op) -> None:
    listing = op("user", "list", "--format", "json").out
    ran = op("user", "get", "-", "--format", "json", stdin=listing)
    decoder, rest, ids = json.JSONDecoder(), ran.out, []
    while rest.strip():
        found, end = decoder.raw_decode(rest.lstrip())
        ids.append(found["id"])
        rest = rest.lstrip()[end:]
    assert ids == [row["id"] for row in json.loads(listing)]
    lines = op("user", "get", "-", "--format", "json", stdin=f"{DANA}\n{LEA}\n").out
    assert DANA in lines
    assert LEA in lines


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (
            ("user", "get", "nobody"),
            1,
            (
                '"nobody" isn\'t a user in this account. Specify the user with their UUID, email'
                " address, or name."
            ),
        ),
        (
            ("user", "get", "ZZZZZZZZZZZZZZZZZZZZZZZZZZ"),
            4,
            "(404) Not Found: The requested resource was not found.",
        ),
        (
            ("group", "get", "nothing"),
            1,
            '"nothing" isn\'t a group in this account. Specify the group with its UUID or name.',
        ),
        (
            ("vault", "get", "nothing"),
            1,
            '"nothing" isn\'t a vault in this account. Specify the vault with its ID or name.',
        ),
        (("user", "list", "extra"), 1, "expected at most 0 arguments but got 1"),
        (("user", "lst"), 1, 'unknown command "user lst" for "op"'),
        (
            ("user", "suspend", "lea@example.com", "--deauthorize-devices-after", "5q"),
            1,
            (
                'invalid argument "5q" for "--deauthorize-devices-after" flag: time: unknown unit'
                ' "q" in duration "5q"'
            ),
        ),
        (
            ("user", "suspend", "ops@example.com"),
            4,
            "(400) Bad Request: The user is the last remaining owner of this account.",
        ),
    ],
)
def test_refusals_have_the_recorded_words(
    op: Op, arguments: tuple[str, ...], code: int, text: str
) -> None:
    ran = op(*arguments, "--format", "json")
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("[ERROR] 20")
    assert ran.err.rstrip("\n")[len("[ERROR] YYYY/MM/DD HH:MM:SS ") :] == text


def test_a_suspension_logs_and_cuts_devices_later(op: Op, tenant: Path) -> None:
    ran = op("user", "suspend", DANA, "--deauthorize-devices-after", "5m")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert inspection.user_state(tenant, DANA) == "SUSPENDED"
    assert ENG in inspection.groups_of(tenant, DANA)
    assert not inspection.happened(tenant, "dealldev")
    inspection.advance(tenant, 299)
    assert inspection.devices_cut_ms(tenant, DANA) is None
    inspection.advance(tenant, 2)
    suspended, cut = inspection.happened(tenant)
    assert (suspended.action, suspended.object_id) == ("suspend", DANA)
    assert suspended.actor_email == "ops@example.com"
    assert (cut.action, cut.object_type, cut.object_id) == ("dealldev", "user", DANA)
    assert cut.at_ms - suspended.at_ms == pytest.approx(300_000, abs=2_000)

    assert op("user", "suspend", DANA).code == 4
    assert op("user", "reactivate", DANA).code == 0
    assert inspection.user_state(tenant, DANA) == "ACTIVE"
    assert len(inspection.happened(tenant, "reactive", "user")) == 1


def test_from_invitation_to_active(op: Op, tenant: Path) -> None:
    made = op(
        "user", "provision", "--email", "new@example.com", "--name", "New One", "--format", "json"
    ).one
    assert made["state"] == "TRANSFER_PENDING"
    user_id = str(made["id"])
    assert [(e.action, e.object_type) for e in inspection.happened(tenant)] == [
        ("provsn", "user"),
        ("create", "invite"),
    ]
    assert inspection.happened(tenant, "create", "invite")[0].aux_info == "new@example.com"
    again = op("user", "provision", "--email", "NEW@example.com", "--name", "New One")
    assert "already a member" in again.err
    assert op("user", "confirm", user_id).code == 4
    inspection.accept_invitation(tenant, user_id)
    assert op("user", "get", user_id, "--format", "json").one["state"] == "TRANSFER_ACCEPTED"
    assert op("user", "confirm", "--all").code == 0
    assert inspection.user_state(tenant, user_id) == "ACTIVE"
    assert BUILT_IN_IDS["Team Members"] in inspection.groups_of(tenant, user_id)
    assert inspection.happened(tenant, "activate", "user")[0].object_id == user_id


def test_an_invitation_expires_after_five_days(op: Op, tenant: Path) -> None:
    made = op("user", "provision", "--email", "n@example.com", "--name", "N", "--format", "json")
    inspection.advance(tenant, 5 * 86_400 + 60)
    with pytest.raises(Refused, match="expired"):
        inspection.accept_invitation(tenant, str(made.one["id"]))
    assert inspection.user_state(tenant, str(made.one["id"])) == "TRANSFER_PENDING"
    op("user", "suspend", "n@example.com")
    assert inspection.user_state(tenant, str(made.one["id"])) == "TRANSFER_SUSPENDED"


def test_deleting_takes_the_traces(op: Op, tenant: Path) -> None:
    assert op("user", "rm", DANA).code == 0
    assert inspection.user_state(tenant, DANA) is None
    assert DANA not in inspection.members(tenant, ENG)
    assert inspection.grants_of(tenant, "user", DANA) == {}
    assert inspection.happened(tenant, "delete", "user")[0].object_id == DANA


def test_nobody_signed_in_and_an_ended_session(op: Op, tenant: Path) -> None:
    token = op("signin", "--raw").out.strip()
    inspection.set_switch(tenant, "signed_in", False)
    assert "You are not currently signed in." in op("user", "list").err
    assert op("whoami").err.rstrip().endswith("account is not signed in")
    assert op.list("user", "list", OP_SESSION_acme=token)
    assert op("user", "list", "--session", token).code == 0
    assert token not in str(inspection.op_calls(tenant))
    inspection.advance(tenant, 31 * 60)
    assert "session expired" in op("user", "list", OP_SESSION_acme=token).err
    assert "no account found for filter other" in op("whoami", "--account", "other").err


def test_a_person_without_rights_is_forbidden(op: Op, tenant: Path) -> None:
    inspection.sign_in_op(tenant, LEA)
    ran = op("user", "suspend", DANA)
    assert (ran.code, "(403) Forbidden" in ran.err) == (4, True)
    assert inspection.user_state(tenant, DANA) == "ACTIVE"


def test_service_accounts(op: Op, tenant: Path) -> None:
    env = {"OP_SERVICE_ACCOUNT_TOKEN": SERVICE_TOKEN}
    assert "service account token set, but not authenticated yet" in op("whoami", **env).err
    assert len(op.list("user", "list", **env)) == 5
    who = op("whoami", "--format", "json", **env).one
    assert (who["user_uuid"], who["user_type"]) == (SERVICE, "SERVICE_ACCOUNT")
    assert "email" not in who
    assert [row["name"] for row in op.list("vault", "list", **env)] == ["Billing"]
    assert "permissions" not in op.list("vault", "user", "list", "Billing", **env)[0]
    assert "(403)" in op("user", "suspend", DANA, **env).err
    assert "(403)" in op("vault", "list", "--user", DANA, **env).err
    assert "Service Account Deleted" in op("user", "list", OP_SERVICE_ACCOUNT_TOKEN="ops_x").err
    corrupt = op("user", "list", OP_SERVICE_ACCOUNT_TOKEN="garbage")
    assert (corrupt.code, corrupt.err.startswith("panic:")) == (2, True)
    limits = op.list("service-account", "ratelimit", **env)
    assert [(row["type"], row["action"]) for row in limits] == [
        ("token", "write"),
        ("token", "read"),
        ("account", "read_write"),
    ]
    inspection.set_switch(tenant, "service_account_reads_per_hour", 1)
    assert "(429) Too Many Requests: You've reached the maximum" in op("user", "list", **env).err


def test_connect_environment_wins_and_fails(op: Op) -> None:
    assert op("user", "list", OP_CONNECT_HOST="http://c", OP_CONNECT_TOKEN="t").code == 1
    assert [row["name"] for row in op.list("connect", "server", "list")] == ["k8s"]
    (token,) = op.list("connect", "token", "list")
    assert token["vaults"] != []
    assert token["state"] == "ACTIVE"


def test_provisioned_people_can_be_made_untouchable(op: Op, tenant: Path) -> None:
    inspection.set_switch(tenant, "op_refuses_managed", True)
    assert "(403) Forbidden" in op("user", "suspend", DANA).err
    assert op("user", "suspend", LEA).code == 0
