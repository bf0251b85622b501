"""The simulated `op`: groups, vaults, and what may be granted and taken away."""

from pathlib import Path

import pytest
from tests.providers.simulated_onepassword.small_tenant import (
    ADMIN,
    BILLING,
    DANA,
    EMPTY,
    ENG,
    LEA,
    OLD,
    PROD,
    READ,
    SERVICE_TOKEN,
    SMALL,
    Op,
)

from keyturn_providers.simulated.onepassword import inspection
from keyturn_providers.simulated.onepassword.schema import create
from keyturn_providers.simulated.onepassword.seeding import seed


def test_groups_are_printed_as_recorded(op: Op) -> None:
    groups = {row["name"]: row for row in op.list("group", "list")}
    assert set(groups["Engineering"]) == {"id", "name", "description", "state", "created_at"}
    assert "description" not in groups["old-billing"]
    assert {"Owners", "Administrators", "Security", "Team Members", "Recovery"} <= set(groups)
    owners = op("group", "get", "Owners", "--format", "json").one
    assert owners["type"] == "OWNERS"
    assert "CREATE_VAULTS" in str(owners["permissions"])
    assert [row["name"] for row in op.list("group", "list", "--vault", PROD)] == ["Engineering"]
    roles = {row["id"]: row["role"] for row in op.list("group", "user", "list", ENG)}
    assert roles == {DANA: "MEMBER", LEA: "MANAGER"}
    assert roles == {row["id"]: row["role"] for row in op.list("user", "list", "--group", ENG)}


def test_a_new_group_is_inactive_once(op: Op, tenant: Path) -> None:
    made = op("group", "create", "Fresh", "--description", "new", "--format", "json").one
    assert made["state"] == "INACTIVE"
    assert op("group", "get", "Fresh", "--format", "json").one["state"] == "ACTIVE"
    assert op("group", "delete", str(made["id"])).out == ""
    assert inspection.group_id(tenant, "Fresh") is None


def test_an_empty_listing_prints_nothing_or_a_pair_of_brackets(op: Op, tenant: Path) -> None:
    assert op("group", "user", "list", OLD, "--format", "json").out == ""
    inspection.set_switch(tenant, "empty_stdout", False)
    assert op("group", "user", "list", OLD, "--format", "json").out == "[]\n"


def test_a_manager_must_be_a_member_first(op: Op, tenant: Path) -> None:
    grant = ("group", "user", "grant", "--group", OLD, "--user", DANA)
    assert op(*grant, "--role", "manager").code == 4
    assert (op(*grant).code, op(*grant).code) == (0, 4)
    assert "already a member" in op(*grant).err
    assert op(*grant, "--role", "manager").code == 0
    assert inspection.members(tenant, OLD) == {DANA: "MANAGER"}
    assert op("group", "user", "revoke", "--group", OLD, "--user", DANA).code == 0
    assert "(404)" in op("group", "user", "revoke", "--group", OLD, "--user", DANA).err
    events = [(e.action, e.object_id, e.aux_id, e.aux_info) for e in inspection.happened(tenant)]
    assert events == [
        ("join", OLD, DANA, "R"),
        ("role", OLD, DANA, "A"),
        ("leave", OLD, DANA, ""),
    ]


def test_two_groups_of_one_name_are_ambiguous(op: Op) -> None:
    op("group", "create", "Twin")
    op("group", "create", "Twin")
    ran = op("group", "get", "Twin")
    assert (ran.code, 'More than one group matches "Twin"' in ran.err) == (1, True)


def test_vaults_are_seen_by_who_may(op: Op, tenant: Path) -> None:
    readable = {row["name"] for row in op.list("vault", "list")}
    assert readable == {"Employee"}
    managed = {row["name"] for row in op.list("vault", "list", "--permission", "manage_vault")}
    assert managed == {"Employee", "Platform Prod", "Billing", "Empty"}
    inspection.sign_in_op(tenant, DANA)
    names = {row["name"] for row in op.list("vault", "list")}
    assert names == {"Employee", "Platform Prod", "Billing"}
    assert "isn't a vault" in op("vault", "get", EMPTY).err
    assert [row["title"] for row in op.list("item", "list", "--vault", PROD)] == ["Database"]


def test_managing_is_not_reading(op: Op) -> None:
    assert "(403)" in op("item", "list", "--vault", PROD).err


def test_direct_grants_only_in_vault_user_list(op: Op) -> None:
    assert op.list("vault", "user", "list", PROD) == []
    (dana,) = op.list("vault", "user", "list", BILLING)
    assert dana["id"] == DANA
    assert set(READ) | {"manage_vault"} == set(map(str, _names(dana)))
    (eng,) = op.list("vault", "group", "list", PROD)
    assert sorted(map(str, _names(eng))) == sorted(READ)


@pytest.mark.parametrize(
    ("wanted", "needs"),
    [
        ("create_items", "view_items"),
        ("view_items,edit_items", "view_and_copy_passwords"),
        ("view_items,view_and_copy_passwords,archive_items", "edit_items"),
        ("view_items,view_and_copy_passwords,export_items", "view_item_history"),
        ("view_items,import_items", "create_items"),
        ("allow_editing", "view_items"),
    ],
)
def test_a_set_that_is_not_closed_is_refused(op: Op, tenant: Path, wanted: str, needs: str) -> None:
    ran = op(
        "vault", "user", "grant", "--vault", EMPTY, "--user", LEA, "--permissions", wanted,
        "--no-input",
    )  # fmt: skip
    assert (ran.code, ran.out) == (1, "")
    assert needs in ran.err.partition("dependent on the permission(s)")[2]
    assert inspection.access_to(tenant, EMPTY) == {}


def test_grants_print_a_comma_list_and_add_up(op: Op, tenant: Path) -> None:
    grant = ("vault", "user", "grant", "--vault", EMPTY, "--user", LEA, "--format", "json")
    first = op(*grant, "--permissions", "view_items").one
    assert first == {
        "vault_id": EMPTY,
        "vault_name": "Empty",
        "user_id": LEA,
        "user_email": "lea@example.com",
        "permissions": "view_items",
    }
    op(*grant, "--permissions", "allow_viewing,manage_vault")
    assert inspection.grants_of(tenant, "user", LEA)[EMPTY] == {*READ, "manage_vault"}
    revoke = ("vault", "user", "revoke", "--vault", EMPTY, "--user", LEA)
    refused = op(*revoke, "--permissions", "view_items")
    assert "dependent on the permission(s)" in refused.err
    assert op(*revoke, "--permissions", "view_item_history").code == 0
    assert op(*revoke).code == 0
    assert inspection.access_to(tenant, EMPTY) == {}
    events = inspection.happened(tenant, object_type="uva")
    assert [event.action for event in events] == ["grant", "update", "update", "revoke"]
    assert {(event.object_id, event.aux_id) for event in events} == {(EMPTY, LEA)}


def test_inherited_access_cannot_be_revoked_from_the_person(op: Op, tenant: Path) -> None:
    ran = op("vault", "user", "revoke", "--vault", PROD, "--user", DANA)
    assert (ran.code, "the accessor doesn't have any permissions" in ran.err) == (1, True)
    assert op("vault", "group", "revoke", "--vault", PROD, "--group", ENG).code == 0
    (event,) = inspection.happened(tenant, "revoke", "gva")
    assert (event.object_id, event.aux_id) == (PROD, ENG)


def test_moving_is_implied(op: Op) -> None:
    everything = "allow_viewing,allow_editing,allow_managing"
    op("vault", "group", "grant", "--vault", EMPTY, "--group", OLD, "--permissions", everything)
    (old,) = op.list("vault", "group", "list", EMPTY)
    assert "move_items" in _names(old)
    assert len(_names(old)) == 13


def test_a_service_account_changes_only_what_it_made(op: Op, tenant: Path) -> None:
    env = {"OP_SERVICE_ACCOUNT_TOKEN": SERVICE_TOKEN}
    grant = ("vault", "user", "grant", "--user", LEA, "--permissions", "allow_viewing", "--vault")
    assert "(403)" in op(*grant, BILLING, **env).err
    made = str(op("vault", "create", "Made", "--format", "json", **env).one["id"])
    assert op(*grant, made, **env).code == 0
    revoke = ("vault", "user", "revoke", "--vault", made, "--user", LEA)
    partly = op(*revoke, "--permissions", "view_item_history", **env)
    assert "the accessor doesn't have any permissions" in partly.err
    assert op(*revoke, **env).code == 0
    assert LEA not in {one for _, one in inspection.access_to(tenant, made)}


def test_teams_know_only_the_broad_names(tmp_path: Path) -> None:
    path = tmp_path / "teams.db"
    create(path, plan="TEAM")
    seed(path, SMALL)
    op = Op(path)
    grant = ("vault", "user", "grant", "--vault", EMPTY, "--user", LEA, "--permissions")
    assert "isn't a valid permission" in op(*grant, "view_items").err
    assert op(*grant, "allow_viewing,allow_editing").code == 0
    (lea,) = op.list("vault", "user", "list", EMPTY)
    assert _names(lea) == ["allow_viewing", "allow_editing"]


def test_who_made_a_change_is_who_is_signed_in(op: Op, tenant: Path) -> None:
    assert inspection.user_id(tenant, "ops@example.com") == ADMIN
    op("vault", "edit", BILLING, "--name", "Invoices")
    (event,) = inspection.happened(tenant, "update", "vault")
    assert (event.actor_email, event.object_id) == ("ops@example.com", BILLING)
    assert op("vault", "get", BILLING, "--format", "json").one["name"] == "Invoices"


def _names(row: dict[str, object]) -> list[object]:
    names = row["permissions"]
    assert isinstance(names, list)
    return names
