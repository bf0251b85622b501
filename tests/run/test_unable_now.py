"""What a source can be asked to do only later stays open, and holds up nothing else."""

import pytest
from tests.run.conftest import Apply
from tests.run.plans_by_hand import REVOKE, SUSPEND_HERE, plan_of
from tests.run.taken_away import without

from keyturn.run.connections import Connections
from keyturn_providers.abilities import Ability
from keyturn_providers.contract import Check, Condition, Topic
from keyturn_providers.simulated import Pair
from keyturn_storage.journal import Journal

SIGNED_OUT = Check(Topic.REACH, Condition.WRONG, "op", "It is not signed in.", "grants")


async def test_a_step_waits_until_the_source_can_be_asked_again(
    pair: Pair,
    run_plan: Apply,
    go_on: Apply,
    journal: Journal,
    connections: Connections,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = plan_of(pair, SUSPEND_HERE, REVOKE)
    suspended, revoked = (operation.id for operation in plan.operations)
    with monkeypatch.context() as while_signed_out:
        without(while_signed_out, Ability.REVOKE, SIGNED_OUT)
        result = await run_plan(plan)
    name = pair.secrets.tenant.source.name
    (words,) = result.blocked
    assert words.startswith(f"{name}: cannot revoke just now: op: It is not signed in. ")
    assert "then resume" in words
    assert result.state == "stopped"
    assert len(result.open) == 1
    assert {step.operation_id: step.state for step in journal.steps(result.run_id)} == {
        suspended: "verified",
        revoked: "planned",
    }
    assert pair.secrets.tenant.done(revoked) == 0

    after = await go_on()
    assert (after.state, after.blocked) == ("ended", ())
    assert after.proven
    assert pair.secrets.tenant.done(revoked) == 1
