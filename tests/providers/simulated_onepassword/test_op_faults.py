"""The simulated `op`: killed before and after a change, refused in each wording, slow, cut off."""

import signal
from pathlib import Path

import pytest
from tests.providers.simulated_onepassword.small_tenant import DANA, LEA, RAVI, Op

from keyturn_providers.simulated.onepassword import inspection
from keyturn_providers.simulated.onepassword.op_program.recorded import RECORDED


@pytest.mark.parametrize(("kind", "state"), [("die_before", "ACTIVE"), ("die_after", "SUSPENDED")])
def test_killed_around_the_commit(op: Op, tenant: Path, kind: str, state: str) -> None:
    inspection.put_op_fault(tenant, kind, "user suspend *")
    ran = op("user", "suspend", DANA)
    assert (ran.code, ran.out, ran.err) == (-signal.SIGKILL, "", "")
    assert inspection.user_state(tenant, DANA) == state
    assert len(inspection.happened(tenant, "suspend", "user")) == (state == "SUSPENDED")
    (call,) = inspection.op_calls(tenant, "user suspend")
    assert call.exit_code is None


def test_killed_after_the_second_of_three_changes(op: Op, tenant: Path) -> None:
    inspection.put_op_fault(tenant, "die_after", "user suspend *")
    op("user", "suspend", "-", stdin=f"{DANA}\n{LEA}\n")
    assert inspection.user_state(tenant, DANA) == "SUSPENDED"
    assert inspection.user_state(tenant, LEA) == "ACTIVE"


def test_reported_but_not_done(op: Op, tenant: Path) -> None:
    inspection.put_op_fault(tenant, "ignore", "user reactivate *")
    assert op("user", "reactivate", RAVI).code == 0
    assert inspection.user_state(tenant, RAVI) == "SUSPENDED"
    assert not inspection.happened(tenant)


def test_refused_in_given_words_after_skipping(op: Op, tenant: Path) -> None:
    inspection.put_op_fault(
        tenant, "refuse", "user list", skip=1, text="you have been rate-limited", exit_code=1
    )
    assert op("user", "list").code == 0
    ran = op("user", "list")
    assert (ran.code, "rate-limited" in ran.err) == (1, True)
    assert op("user", "list").code == 0


@pytest.mark.parametrize("name", RECORDED)
def test_each_recorded_refusal_can_be_asked_for(op: Op, tenant: Path, name: str) -> None:
    inspection.refuse_op(tenant, name, "group list*")
    assert op("user", "list").code == 0
    ran = op("group", "list", "--format", "json")
    text, code = RECORDED[name]
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.rstrip().endswith(text)
    assert op("group", "list").code == 0


def test_half_of_the_output(op: Op, tenant: Path) -> None:
    whole = op("user", "list", "--format", "json").out
    inspection.put_op_fault(tenant, "cut", "user list*")
    ran = op("user", "list", "--format", "json")
    assert ran.code == -signal.SIGKILL
    assert ran.out == whole[: len(whole) // 2]
