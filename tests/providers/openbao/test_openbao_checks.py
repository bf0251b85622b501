"""What `about` finds out of the server and of keyturn's token, check by check."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.fault.server import Reply, Request
from tests.providers.openbao.fake_vault import FakeVault, data, serving, small_vault, told

from keyturn_providers.contract import (
    Check,
    Condition,
    Topic,
)

DENIED = told({"errors": ["permission denied"]}, 403)
MUST = {
    "sys/mounts": ["read"],
    "identity/entity/id/": ["list"],
    "identity/entity/id/x": ["read"],
    "identity/group/id/": ["list"],
    "identity/group/id/x": ["read"],
    "sys/policies/detailed/acl/": ["list"],
}


async def checks_of(vault: FakeVault, audit_log: Path | None = None) -> tuple[Check, ...]:
    async with serving(vault, audit_log) as (_, connector):
        return (await connector.about()).checks


def one(checks: tuple[Check, ...], topic: Topic, subject: str) -> Check:
    (found,) = [c for c in checks if c.topic is topic and c.subject == subject]
    return found


def allow(vault: FakeVault, rights: dict[str, list[str]]) -> FakeVault:
    """What sys/capabilities-self says; nothing is allowed that is not in `rights`."""

    def answer(request: Request) -> Reply | None:
        if request.path != "/v1/sys/capabilities-self":
            return None
        asked = request.json()
        assert isinstance(asked, dict)
        return data({path: rights.get(path, ["deny"]) for path in asked["paths"]})

    vault.before = answer
    return vault


async def test_a_token_that_may_do_everything() -> None:
    checks = await checks_of(small_vault())
    scopes = [check for check in checks if check.topic is Topic.SCOPE]
    assert {check.condition for check in scopes} == {Condition.WELL}
    assert {"read sys/mounts", "list auth/userpass", "update identity/group/id"} <= {
        check.subject for check in scopes
    }
    assert one(checks, Topic.REACH, "OpenBao").condition is Condition.WELL
    assert "version 1.20.0" in one(checks, Topic.HEALTH, "OpenBao").words


async def test_what_the_token_may_not_is_named_with_what_it_hides() -> None:
    checks = await checks_of(allow(small_vault(), MUST))
    scopes = {check.subject: check for check in checks if check.topic is Topic.SCOPE}
    assert scopes["read identity/group/id"].condition is Condition.WELL
    assert scopes["list auth/userpass"].condition is Condition.WATCH
    assert scopes["list auth/userpass"].hides == "logins by auth/userpass"
    assert scopes["update identity/group/id"].hides == "change groups"
    assert Condition.WRONG not in {check.condition for check in scopes.values()}


async def test_without_a_right_that_every_listing_needs_something_is_wrong() -> None:
    vault = allow(small_vault(), {**MUST, "identity/group/id/": ["deny"]})
    check = one(await checks_of(vault), Topic.SCOPE, "list identity/group/id")
    assert check.condition is Condition.WRONG
    assert check.hides == "the list of groups"


async def test_a_server_that_does_not_tell_rights_leaves_them_unknown() -> None:
    vault = small_vault()
    vault.before = lambda r: DENIED if r.path == "/v1/sys/capabilities-self" else None
    scopes = [c for c in await checks_of(vault) if c.topic is Topic.SCOPE]
    assert [check.condition for check in scopes] == [Condition.UNKNOWN]


async def test_a_performance_standby_is_to_be_watched() -> None:
    vault = small_vault()
    vault.before = lambda r: (
        told({"cluster_id": "c-1", "version": "1.20.0"}, 473)
        if r.path == "/v1/sys/health"
        else None
    )
    check = one(await checks_of(vault), Topic.HEALTH, "OpenBao")
    assert check.condition is Condition.WATCH
    assert "may lag" in check.words


async def test_the_token_s_age_and_end_are_told() -> None:
    vault = small_vault()
    end = datetime.now(UTC) + timedelta(days=2, minutes=1)
    own = vault.objects["auth/token/lookup-self"]
    own["creation_time"] = int(time.time()) - 40 * 86_400
    own["expire_time"] = end.isoformat()
    check = one(await checks_of(vault), Topic.TOKEN, "OpenBao")
    assert check.condition is Condition.WATCH
    assert "made 40 days ago ends in 2 days" in check.words
    own["expire_time"] = None
    check = one(await checks_of(vault), Topic.TOKEN, "OpenBao")
    assert check.condition is Condition.WELL
    assert "never ends" in check.words


async def test_the_audit_log_is_a_part_of_its_own(tmp_path: Path) -> None:
    vault = small_vault()
    assert one(await checks_of(vault), Topic.HEALTH, "audit log").condition is Condition.WATCH

    missing = one(await checks_of(vault, tmp_path / "none.log"), Topic.HEALTH, "audit log")
    assert missing.condition is Condition.WRONG
    assert missing.hides == "whether a change was logged"

    log = tmp_path / "audit.log"
    log.touch()
    vault.objects["sys/audit"] = {"s/": {"type": "syslog"}}
    wrong = one(await checks_of(vault, log), Topic.HEALTH, "audit log")
    assert wrong.condition is Condition.WRONG
    assert "no audit device of type file" in wrong.words

    vault.objects["sys/audit"] = {"file/": {"type": "file"}}
    assert one(await checks_of(vault, log), Topic.HEALTH, "audit log").condition is Condition.WELL
