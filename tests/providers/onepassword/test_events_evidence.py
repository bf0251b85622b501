"""Which audit event proves which change: the evidence table, row by row."""

from dataclasses import replace
from typing import Any

import pytest
from tests.providers.onepassword.events_double import DANA, event

from keyturn_providers.abilities import Ability, Sought
from keyturn_providers.onepassword.events.evidence import (
    TOLERANCE_MS,
    by_another,
    matched,
    proves,
)
from keyturn_providers.onepassword.events.payloads import Audited, audited
from keyturn_providers.records import PrincipalKind

GROUP, VAULT = "q3m5x7c2v4b6n8a1s9d0f2g4hj", "b7w2e4r6t8y1u3i5o7p9a2s4df"
MAIL = "new@example.com"


def entry(
    action: str,
    kind: str,
    obj: str,
    more: dict[str, object] | None = None,
    *,
    at_ms: int = 5000,
) -> Audited:
    found = audited(event(at_ms, at_ms, action, kind, obj, **(more or {})))
    assert found is not None
    return found


def sought(ability: Ability, objects: dict[str, Any] | None = None) -> Sought:
    return Sought("op-1", ability, 5000, **(objects or {}))


ON_DANA = {"account_id": DANA}
DANA_ON_VAULT: dict[str, Any] = {
    "principal_kind": PrincipalKind.ACCOUNT,
    "principal_id": DANA,
    "vault_ids": (VAULT,),
}
GROUP_ON_VAULT = {
    "principal_kind": PrincipalKind.GROUP,
    "principal_id": GROUP,
    "vault_ids": (VAULT,),
}
IN_GROUP = {"group_id": GROUP, "account_id": DANA}
TABLE = [
    (Ability.SUSPEND, ON_DANA, ("suspend", "user", DANA, {})),
    (Ability.REACTIVATE, ON_DANA, ("reactive", "user", DANA, {})),
    (Ability.DEACTIVATE, ON_DANA, ("delete", "user", DANA, {})),
    (Ability.END_ALL_SESSIONS, ON_DANA, ("dealldev", "user", DANA, {})),
    (Ability.CONFIRM, ON_DANA, ("activate", "user", DANA, {})),
    (Ability.REMOVE_MEMBERSHIP, IN_GROUP, ("leave", "gm", GROUP, {"aux_uuid": DANA})),
    (Ability.ADD_MEMBERSHIP, IN_GROUP, ("join", "gm", GROUP, {"aux_uuid": DANA, "aux_info": "R"})),
    (Ability.REVOKE, DANA_ON_VAULT, ("revoke", "uva", VAULT, {"aux_uuid": DANA})),
    (Ability.NARROW, DANA_ON_VAULT, ("update", "uva", VAULT, {"aux_uuid": DANA})),
    (Ability.GRANT, DANA_ON_VAULT, ("grant", "uva", VAULT, {"aux_uuid": DANA})),
    (Ability.REVOKE, GROUP_ON_VAULT, ("revoke", "gva", VAULT, {"aux_uuid": GROUP})),
    (Ability.GRANT, GROUP_ON_VAULT, ("grant", "gva", VAULT, {"aux_uuid": GROUP})),
    (
        Ability.PROVISION,
        {"subject": "New@example.com"},
        ("create", "invite", "I1", {"aux_info": MAIL}),
    ),
    (
        Ability.PROVISION,
        {"subject": MAIL},
        ("provsn", "user", "N1", {"object_details": {"uuid": "N1", "email": "New@Example.com"}}),
    ),
]


@pytest.mark.parametrize(("ability", "objects", "said"), TABLE)
def test_each_change_is_proven_by_its_own_event_only(
    ability: Ability, objects: dict[str, Any], said: tuple[str, str, str, dict[str, Any]]
) -> None:
    wanted = sought(ability, objects)
    action, kind, obj, more = said
    assert proves(entry(action, kind, obj, more), wanted)
    assert not proves(entry("view", kind, obj, more), wanted)
    assert not proves(entry(action, "report", obj, more), wanted)
    elsewhere: dict[str, Any] = {key: {} if key == "object_details" else "x" for key in more}
    assert not proves(entry(action, kind, obj.lower() + "x", elsewhere), wanted)
    for other, its_objects, _ in TABLE:
        same_edge = its_objects == objects and {ability, other} <= {
            Ability.REVOKE,
            Ability.NARROW,
            Ability.GRANT,
        }
        if other is not ability and not same_edge:
            assert not proves(entry(action, kind, obj, more), sought(other, its_objects))


def test_a_group_s_access_is_not_a_person_s() -> None:
    event_of_group = entry("revoke", "gva", VAULT, {"aux_uuid": DANA})
    assert not proves(event_of_group, sought(Ability.REVOKE, DANA_ON_VAULT))


def test_nothing_is_proven_by_empty_ids() -> None:
    assert not proves(entry("suspend", "user", ""), sought(Ability.SUSPEND))
    assert not proves(entry("create", "invite", "", {"aux_info": ""}), sought(Ability.PROVISION))


def test_what_was_done_twice_needs_two_events() -> None:
    first = Sought("op-1", Ability.SUSPEND, 10_000, account_id=DANA)
    second = Sought("op-2", Ability.SUSPEND, 60_000, account_id=DANA)
    one = entry("suspend", "user", DANA, at_ms=10_100)
    other = entry("suspend", "user", DANA, at_ms=60_050)
    assert [(s.operation_id) for _, s in matched([one], [first, second])] == ["op-1"]
    pairs = matched([other, one], [second, first])
    assert [(e.at_ms, s.operation_id) for e, s in pairs] == [(10_100, "op-1"), (60_050, "op-2")]


def test_clocks_that_differ_are_allowed_for() -> None:
    wanted = Sought("op-1", Ability.SUSPEND, 100_000, account_id=DANA)
    behind = entry("suspend", "user", DANA, at_ms=100_000 - 45_000 + 300)
    assert matched([behind], [wanted]) == ()
    assert len(matched([behind], [wanted], clock_ahead_ms=-45_000)) == 1
    early = entry("suspend", "user", DANA, at_ms=100_000 - TOLERANCE_MS - 1)
    assert matched([early], [wanted]) == ()


def test_what_another_account_did_is_no_proof_of_the_call() -> None:
    call = sought(Ability.REVOKE, {**DANA_ON_VAULT, "actor_ids": ("ME",)})
    theirs = entry("revoke", "uva", VAULT, {"aux_uuid": DANA, "uuid": "E1"})
    mine = entry("revoke", "uva", VAULT, {"aux_uuid": DANA, "uuid": "E2", "actor_uuid": "ME"})
    untold = entry("revoke", "uva", VAULT, {"aux_uuid": DANA, "uuid": "E3", "actor_uuid": ""})
    assert [by_another(one, call) for one in (theirs, mine, untold)] == [True, False, False]
    # It is given all the same, to be named, and the call's own is found beside it.
    assert [event.uuid for event, _ in matched([theirs, mine], [call])] == ["E1", "E2"]
    assert not by_another(theirs, replace(call, actor_ids=()))
    assert not by_another(theirs, replace(call, by_anyone=True))


def test_what_another_did_leaves_the_call_unproven_among_several() -> None:
    first = replace(sought(Ability.SUSPEND, ON_DANA), actor_ids=("ME",))
    second = replace(first, operation_id="op-2", not_before_ms=6000, actor_ids=("OTHER",))
    event = entry("suspend", "user", DANA, {"actor_uuid": "ME"}, at_ms=7000)
    assert [one.operation_id for _, one in matched([event], [first, second])] == ["op-1"]


def test_an_integration_may_have_switched_people_for_keyturn() -> None:
    service: dict[str, object] = {
        "actor_uuid": "S",
        "actor_details": {"email": "x@1passwordserviceaccounts.com"},
    }
    suspended = entry("suspend", "user", DANA, service)
    left = entry("leave", "gm", GROUP, {"aux_uuid": DANA, **service})
    assert not by_another(suspended, replace(sought(Ability.SUSPEND, ON_DANA), actor_ids=("ME",)))
    leaving = replace(sought(Ability.REMOVE_MEMBERSHIP, IN_GROUP), actor_ids=("ME",))
    assert by_another(left, leaving)
