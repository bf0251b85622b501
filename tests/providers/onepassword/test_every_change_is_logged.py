"""Every kind of change that `op` makes is found in the account's own log, as done by this one."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from tests.providers.onepassword.whole import WAITING, Whole
from tests.providers.simulated_onepassword.small_tenant import BILLING, DANA, ENG, LEA, PROD

from keyturn_providers.abilities import (
    Ability,
    AddsMemberships,
    Confirms,
    MakesGrants,
    Narrows,
    Provisions,
    ReadsAudit,
    Receipt,
    RemovesMemberships,
    Revokes,
    Sought,
    able,
)
from keyturn_providers.records import Level, PrincipalKind


async def test_every_change_is_logged(account: Whole) -> None:
    connector = account.open("op", "events")
    await connector.about()
    writer, log = connector.writer(), able(connector.reader(), ReadsAudit)
    person, group = PrincipalKind.ACCOUNT, PrincipalKind.GROUP
    lea_on_prod: dict[str, Any] = {
        "principal_kind": person,
        "principal_id": LEA,
        "vault_ids": (PROD,),
    }
    group_on_billing: dict[str, Any] = {
        "principal_kind": group,
        "principal_id": ENG,
        "vault_ids": (BILLING,),
    }
    edge, group_edge = f"user/{LEA}/vault/{PROD}", f"group/{ENG}/vault/{BILLING}"
    changes: list[tuple[Ability, dict[str, Any], Callable[[str], Awaitable[Receipt]]]] = [
        (
            Ability.REMOVE_MEMBERSHIP,
            {"group_id": ENG, "account_id": DANA},
            lambda op: able(writer, RemovesMemberships).remove_membership(ENG, DANA, op),
        ),
        (
            Ability.ADD_MEMBERSHIP,
            {"group_id": ENG, "account_id": DANA},
            lambda op: able(writer, AddsMemberships).add_membership(ENG, DANA, op),
        ),
        (
            Ability.GRANT,
            lea_on_prod,
            lambda op: able(writer, MakesGrants).grant(PROD, person, LEA, Level.WRITE, op),
        ),
        (
            Ability.NARROW,
            lea_on_prod,
            lambda op: able(writer, Narrows).narrow(edge, Level.READ, op),
        ),
        (Ability.REVOKE, lea_on_prod, lambda op: able(writer, Revokes).revoke(edge, op)),
        (
            Ability.GRANT,
            group_on_billing,
            lambda op: able(writer, MakesGrants).grant(BILLING, group, ENG, Level.READ, op),
        ),
        (
            Ability.REVOKE,
            group_on_billing,
            lambda op: able(writer, Revokes).revoke(group_edge, op),
        ),
        (
            Ability.PROVISION,
            {"subject": "New.Person@example.com"},
            lambda op: able(writer, Provisions).provision(
                "New.Person@example.com", "New Person", op
            ),
        ),
        (
            Ability.CONFIRM,
            {"account_id": WAITING},
            lambda op: able(writer, Confirms).confirm(WAITING, op),
        ),
    ]
    since = await log.audit_checkpoint()
    sought = []
    for number, (ability, objects, change) in enumerate(changes):
        began_ms = int(time.time() * 1000)
        await change(f"op-{number}")
        sought.append(Sought(f"op-{number}", ability, began_ms, **objects))
    found = await log.audit_events(since, sought)
    await connector.aclose()
    told = {event.operation_id: event.action for event in found}
    missing = [one.ability.value for one in sought if one.operation_id not in told]
    assert missing == []
    assert all(event.actor == "Ops Admin (ops@example.com)" for event in found)
