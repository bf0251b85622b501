"""What the SCIM writer sends, and what it makes of refusals and lost answers."""

import pytest
from tests.fault.scim_tenant import ScimTenant, people, scim_error, teams
from tests.fault.scim_wire import opened
from tests.fault.server import Reply, Request

from keyturn_providers.abilities import Outcome
from keyturn_providers.errors import (
    Conflict,
    OutcomeUnknown,
    ProviderError,
)


async def test_writes_carry_the_operation_id_and_are_not_repeated() -> None:
    tenant = ScimTenant(people(1), teams(1, []))
    async with opened(tenant) as (_, writer, _):
        assert (await writer.suspend("u0", "op-1")).outcome is Outcome.APPLIED
        assert (await writer.suspend("u0", "op-1")).outcome is Outcome.ALREADY_SO
        assert (await writer.add_membership("g0", "u0", "op-2")).outcome is Outcome.APPLIED
        assert (await writer.remove_membership("g0", "u0", "op-3")).outcome is Outcome.APPLIED
        with pytest.raises(ProviderError, match="operation id"):
            await writer.suspend("u0", "op\r\nX-Evil: 1")
    schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
    assert tenant.patches == [
        (
            "op-1",
            {
                "schemas": schemas,
                "Operations": [{"op": "replace", "path": "active", "value": False}],
            },
        ),
        (
            "op-2",
            {
                "schemas": schemas,
                "Operations": [{"op": "add", "path": "members", "value": [{"value": "u0"}]}],
            },
        ),
        (
            "op-3",
            {
                "schemas": schemas,
                "Operations": [{"op": "remove", "path": 'members[value eq "u0"]'}],
            },
        ),
    ]


@pytest.mark.parametrize("lost", [Reply(drop=True), scim_error(500), Reply(200, b"{}", cut=1)])
async def test_a_lost_answer_to_a_write_is_unknown_and_a_second_try_finds_it_done(
    lost: Reply,
) -> None:
    tenant = ScimTenant(people(1))

    def losing(_: int, request: Request) -> Reply | None:
        if request.method != "PATCH":
            return None
        tenant.answer(request)
        return lost

    tenant.fault = losing
    async with opened(tenant) as (_, writer, _):
        with pytest.raises(OutcomeUnknown, match="suspending account u0"):
            await writer.suspend("u0", "op-1")
        assert (await writer.suspend("u0", "op-1")).outcome is Outcome.ALREADY_SO
    assert len(tenant.patches) == 1


@pytest.mark.parametrize("scim_type", ["invalidPath", "invalidFilter", "noTarget", ""])
async def test_a_server_without_path_filters_gets_the_whole_list(scim_type: str) -> None:
    tenant = ScimTenant({}, teams(1, ["u0", "u1"]))
    tenant.groups["g0"]["members"].append({"value": "g9", "type": "Group", "display": "G"})
    tenant.groups["g0"]["meta"] = {"version": 'W/"7"'}
    versions: list[str | None] = []

    def refusing(_: int, request: Request) -> Reply | None:
        if request.method == "PATCH":
            versions.append(request.headers.get("if-match"))
            if b"value eq" in request.body:
                return scim_error(400, scim_type)
        return None

    tenant.fault = refusing
    async with opened(tenant) as (_, writer, _):
        receipt = await writer.remove_membership("g0", "u0", "op-1")
    assert receipt.outcome is Outcome.APPLIED
    assert "whole list was replaced" in receipt.note
    assert tenant.groups["g0"]["members"] == [{"value": "u1"}, {"value": "g9", "type": "Group"}]
    assert versions == [None, 'W/"7"']


async def test_a_refusal_for_another_reason_is_not_worked_around() -> None:
    tenant = ScimTenant({}, teams(1, ["u0", "u1"]))
    tenant.fault = lambda _, request: (
        scim_error(400, "mutability", "synced from HR") if request.method == "PATCH" else None
    )
    async with opened(tenant) as (_, writer, _):
        with pytest.raises(Conflict, match="mutability: synced from HR"):
            await writer.remove_membership("g0", "u0", "op-1")
    assert len(tenant.groups["g0"]["members"]) == 2


async def test_a_list_that_cannot_be_sent_back_whole_is_left_alone() -> None:
    tenant = ScimTenant({}, teams(1, ["u0"]))
    tenant.groups["g0"]["members"].append({"display": "no id"})
    tenant.fault = lambda _, request: (
        scim_error(400, "invalidPath") if request.method == "PATCH" else None
    )
    async with opened(tenant) as (_, writer, _):
        with pytest.raises(Conflict, match="cannot be sent back whole"):
            await writer.remove_membership("g0", "u0", "op-1")
    assert len(tenant.groups["g0"]["members"]) == 2


async def test_a_member_already_gone_after_a_refusal_is_success() -> None:
    tenant = ScimTenant({}, teams(1, ["u0"]))

    def vanishing(_: int, request: Request) -> Reply | None:
        if request.method == "PATCH":
            tenant.groups["g0"]["members"] = []
            return scim_error(400, "noTarget")
        return None

    tenant.fault = vanishing
    async with opened(tenant) as (_, writer, _):
        receipt = await writer.remove_membership("g0", "u0", "op-1")
    assert receipt.outcome is Outcome.ALREADY_SO
