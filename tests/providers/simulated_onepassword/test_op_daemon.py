"""The daemon answers `op` as the program does by itself, and leaves to it what may kill it."""

from pathlib import Path

import pytest
from tests.providers.simulated_onepassword.small_tenant import DANA, LEA, PROD, Op

from keyturn_providers.simulated.onepassword import inspection
from keyturn_providers.simulated.onepassword.op_program import daemon

ASKED: tuple[tuple[str, ...], ...] = (
    ("user", "list"),
    ("user", "list", "--format", "json"),
    ("user", "get", "--me", "--format=json"),
    ("vault", "user", "list", PROD, "--format", "json"),
    ("vault", "get", "no such vault"),
    ("nonsense", "\udcff", "ünïcode"),
    ("--version",),
)


@pytest.mark.parametrize("asked", ASKED, ids=" ".join)
def test_it_answers_as_the_program_does(tenant: Path, asked: tuple[str, ...]) -> None:
    op = Op(tenant)
    here = op(*asked)
    with daemon.running(tenant):
        assert Path(f"{tenant}.op").is_socket()
        there = op(*asked)
    assert not Path(f"{tenant}.op").exists()
    # The time in an error is the only thing that may differ.
    assert (there.code, there.out, there.err[28:]) == (here.code, here.out, here.err[28:])


def test_it_is_asked_with_the_environment_and_the_standard_input(op: Op, tenant: Path) -> None:
    found = op("user", "get", "-", stdin=f"{DANA}\n{LEA}\n", OP_FORMAT="json").out
    assert DANA in found
    assert LEA in found
    refused = op("user", "list", OP_ACCOUNT="other.1password.com")
    assert (refused.code, "no account found" in refused.err) == (1, True)
    assert [call.exit_code for call in inspection.op_calls(tenant)] == [0, 1]


def test_a_fault_strikes_the_program_and_not_the_daemon(op: Op, tenant: Path) -> None:
    inspection.put_op_fault(tenant, "die_after", "user suspend *")
    assert op("user", "suspend", LEA).code < 0
    assert inspection.user_state(tenant, LEA) == "SUSPENDED"
    assert op("whoami").code == 0


def test_where_no_socket_can_be_the_program_answers_by_itself(tenant: Path) -> None:
    deep = tenant.parent / ("d" * 120)
    deep.mkdir()
    moved = tenant.rename(deep / tenant.name)
    with daemon.running(moved):
        assert Op(moved)("whoami").code == 0
