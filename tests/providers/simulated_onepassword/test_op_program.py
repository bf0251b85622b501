"""The simulated `op` as a program: how it starts, what it prints for people, many at a time."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.children import LIMIT_S
from tests.providers.simulated_onepassword.small_tenant import (
    ADMIN,
    BILLING,
    DANA,
    EMPTY,
    ENG,
    LEA,
    PROD,
    Op,
)

from keyturn_providers.simulated.onepassword import inspection
from keyturn_providers.simulated.onepassword.op_program.main import STATE_VARIABLE


def test_it_starts_without_anything_that_is_installed(tenant: Path) -> None:
    """Without site packages it could not load them; and it must not load what is slow either."""
    interpreter = (sys.executable, "-S", "-E", "-X", "importtime")
    done = subprocess.run(
        [*interpreter, str(inspection.op_program()), "--state", str(tenant), "user", "list"],
        capture_output=True,
        text=True,
        check=True,
        env={},
        timeout=LIMIT_S,
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "sqlite3" in loaded
    slow = {"dataclasses", "inspect", "argparse", "pathlib", "typing", "hashlib", "subprocess"}
    assert not loaded & slow


def test_the_tenant_may_be_named_by_the_environment(tenant: Path) -> None:
    command = [sys.executable, "-S", str(inspection.op_program()), "whoami"]

    def ended(**env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, env=env, capture_output=True, text=True, check=False, timeout=LIMIT_S
        )

    named = ended(**{STATE_VARIABLE: str(tenant)})
    assert (named.returncode, "ops@example.com" in named.stdout) == (0, True)
    nowhere = ended()
    assert (nowhere.returncode, "no tenant" in nowhere.stderr) == (1, True)
    missing = ended(**{STATE_VARIABLE: "/nowhere"})
    assert missing.returncode == 1


def test_for_people_it_prints_a_table(op: Op) -> None:
    lines = op("user", "list").out.splitlines()
    assert lines[0].split() == ["ID", "NAME", "EMAIL", "TYPE", "STATE"]
    assert len(lines) == 6
    assert op("user", "list", OP_FORMAT="json").out.startswith("[")
    assert "EMAIL:" in op("user", "get", DANA).out


def test_the_accounts_of_this_computer(op: Op, tenant: Path) -> None:
    (account,) = op.list("account", "list")
    assert (account["url"], account["user_uuid"]) == ("acme.1password.com", ADMIN)
    for name in ("acme", "acme.1password.com", "https://acme.1password.com", ADMIN):
        assert op("--account", name, "user", "get", "--me").code == 0
    inspection.sign_in_op(tenant, "")
    assert op("account", "list", "--format", "json").out == "[]\n"


def test_many_at_a_time(op: Op, tenant: Path) -> None:
    def one(number: int) -> int:
        if number % 2:
            return op("user", "get", DANA, "--format", "json").code
        return op(
            "user", "provision", "--email", f"p{number}@example.com", "--name", f"P {number}"
        ).code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(one, range(18))) == {0}
    assert len(inspection.happened(tenant, "provsn", "user")) == 9
    assert len(inspection.op_calls(tenant, "user get")) == 9


def test_vaults_of_a_person_with_and_without_their_groups(op: Op, tenant: Path) -> None:
    def names() -> set[object]:
        return {row["name"] for row in op.list("vault", "list", "--user", DANA)}

    assert names() == {"Billing", "Platform Prod"}
    inspection.set_switch(tenant, "vault_list_user_with_groups", False)
    assert names() == {"Billing"}
    assert [row["id"] for row in op.list("vault", "list", "--group", ENG)] == [PROD]
    assert [row["id"] for row in op.list("user", "list", "--vault", BILLING)] == [DANA]


def test_hasty_vault_changes_are_rate_limited(op: Op, tenant: Path) -> None:
    inspection.set_switch(tenant, "vault_changes_per_minute", 1)
    grant = ("vault", "user", "grant", "--vault", EMPTY, "--permissions", "view_items", "--user")
    assert op(*grant, DANA).code == 0
    refused = op(*grant, LEA)
    assert (refused.code, "rate-limited" in refused.err) == (1, True)
    assert LEA not in {one for _, one in inspection.access_to(tenant, EMPTY)}
    inspection.advance(tenant, 61)
    assert op(*grant, LEA).code == 0


def test_a_token_for_the_events_api(op: Op) -> None:
    token = op("events-api", "create", "siem", "--features", "auditevents").out
    assert token.startswith("ey")
    assert token.count(".") == 2


@pytest.mark.parametrize(
    ("stdin", "suspended"),
    [(json.dumps([{"id": DANA}, {"id": LEA}]), {DANA, LEA}), (f'{{"id":"{LEA}"}}\n', {LEA})],
)
def test_writes_take_standard_input_too(
    op: Op, tenant: Path, stdin: str, suspended: set[str]
) -> None:
    assert op("user", "suspend", "-", stdin=stdin).code == 0
    assert {event.object_id for event in inspection.happened(tenant, "suspend")} == suspended


def test_an_unknown_flag_and_a_missing_one(op: Op) -> None:
    assert "unknown flag: --colour" in op("user", "list", "--colour").err
    assert 'required flag(s) "permissions" not set' in op("vault", "user", "grant").err


def test_names_of_every_script(op: Op) -> None:
    name = "Zoë 李 \u202eevil\x1b[31m"
    env = {"LC_ALL": "C", "LANG": "C"}
    assert op("user", "edit", DANA, "--name", name, **env).code == 0
    assert op("user", "get", DANA, "--format", "json", **env).one["name"] == name
    assert f'"{name}x" isn\'t a user' in op("user", "get", f"{name}x", **env).err
