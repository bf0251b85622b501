"""`keyturn offboard`, then `keyturn undo`, on Okta and 1Password: two readings differ by nothing
but what the offboarding's own plan said could not be undone."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.real.leaver_org import LeaverOrg, leaver_org
from tests.real.leaver_tenants import DANA, DANA_OKTA

from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn.decide.planfile import recorded
from keyturn.decide.undo import not_undoable
from keyturn_storage.journal import open_journal
from keyturn_storage.snapshots import open_cache

Said = pytest.CaptureFixture[str]
Facts = set[tuple[str, ...]]


@pytest.fixture
def org(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LeaverOrg]:
    with leaver_org(tmp_path) as served:
        for name, value in served.environment.items():
            monkeypatch.setenv(name, value)
        served.config()
        (tmp_path / "data").mkdir(mode=0o700)
        yield served


def keyturn(org: LeaverOrg, *arguments: str) -> int:
    front = ["--config", str(org.folder / "keyturn.yaml"), "--data-dir", str(org.folder / "data")]
    return run([*front, *arguments])


def reading(org: LeaverOrg) -> Facts:
    """Every state, membership and permission of both sources, read now."""
    assert keyturn(org, "refresh") in {Exit.IN_STEP, Exit.DRIFT}
    found: Facts = set()
    with open_cache(org.folder / "data" / "cache.db") as cache:
        for name in ("okta", "onepassword"):
            newest = cache.latest(name, complete_only=True)
            assert newest is not None
            snapshot = cache.load(newest.id)
            found |= {(name, one.id, one.state.value) for one in snapshot.accounts}
            found |= {(name, one.group_id, one.member_id) for one in snapshot.memberships}
            found |= {
                (name, one.vault_id, one.carrier, *one.permissions) for one in snapshot.grants
            }
    return found


@pytest.mark.parametrize("suspended", [True, False])
def test_an_undo_restores_everything_but_what_was_said_beforehand(
    org: LeaverOrg, capsys: Said, request: pytest.FixtureRequest, *, suspended: bool
) -> None:
    if suspended:
        with org.as_admin() as okta:
            okta.post(f"/api/v1/users/{DANA_OKTA}/lifecycle/suspend").raise_for_status()
    elif not request.config.getoption("--whole-sweep"):
        pytest.skip("the lesser half of the other case: with --whole-sweep only")
    before = reading(org)
    capsys.readouterr()
    assert keyturn(org, "offboard", DANA, "--confirm", DANA, "--json") == Exit.IN_STEP
    run_id = json.loads(capsys.readouterr().out)["run"]["id"]
    assert keyturn(org, "undo", run_id[:10], "--confirm", DANA, "--json") == Exit.IN_STEP
    undo = json.loads(capsys.readouterr().out)["run"]
    assert undo["undoes"] == run_id

    after = reading(org)
    state = ("okta", DANA_OKTA)
    lost = {(*state, "suspended")} if suspended else set()
    assert before - after == lost
    assert after - before == ({(*state, "active")} if suspended else set())
    with open_journal(org.folder / "data" / "journal.db") as journal:
        (plan,) = [recorded(row.plan_json) for row in journal.runs() if row.id == run_id]
    planned = not_undoable(plan)
    said = " ".join(f"{one.words}: {one.reason}" for one in planned)
    assert "End all sessions of Dana Vale" in said
    assert ("waiting to be activated, and not suspended" in said) is suspended
    # What the undo could not bring back is no more than what was said before.
    assert len(undo["not_restored"]) == len(planned)
