"""The demo's offboarding, taken back: a diff of two readings shows groups, grants and states as
before, but for what the plan named before anything was done."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import pytest

from keyturn.decide.rechecks import Recheck
from keyturn.decide.undo import not_restored
from keyturn.demo.checking import Checking, offboard, read, run_check
from keyturn.demo.okta_onepassword.naming import okta_id
from keyturn.demo.okta_onepassword.session import demo_session
from keyturn.demo.openbao.session import demo_session as openbao_session
from keyturn.demo.people import DOMAIN, LEAVER
from keyturn.run.apply import apply
from keyturn.run.assess import Assessment
from keyturn.run.progress import never, unobserved
from keyturn.run.recheck import ask, offboardings, recheck
from keyturn.run.results import RunResult
from keyturn.run.runs_done import undos_of
from keyturn.run.undo import plan_undo
from keyturn_providers.records import Snapshot

pytestmark = pytest.mark.real


@dataclass(frozen=True, slots=True)
class Facts:
    """What a reading says of groups, grants and states."""

    states: AbstractSet[tuple[str, str]]
    members: AbstractSet[tuple[str, str]]
    grants: AbstractSet[tuple[str, str, str, tuple[str, ...]]]


def facts(snapshot: Snapshot) -> Facts:
    return Facts(
        states={(one.id, one.state.value) for one in snapshot.accounts},
        members={(one.group_id, one.member_id) for one in snapshot.memberships},
        grants={
            (one.vault_id, one.carrier, one.level.value, one.permissions) for one in snapshot.grants
        },
    )


def both(assessment: Assessment) -> tuple[Facts, Facts]:
    return facts(assessment.directory), facts(assessment.secrets)


async def undone(work: Checking, run: RunResult) -> RunResult:
    plan = await plan_undo(
        run.run_id,
        work.connections,
        work.cache,
        work.journal,
        loaded=work.loaded,
        clock=work.clock,
    )
    return await apply(
        plan,
        work.connections,
        work.journal,
        loaded=work.loaded,
        observe=unobserved,
        stop=never,
        clock=work.clock,
        operator="a test",
        confirmed=plan.confirm_with,
    )


async def look_again(work: Checking) -> Recheck:
    world = (await read(work)).world
    (row,) = offboardings(work.journal)
    return await recheck(
        row,
        await ask(work.connections),
        work.connections,
        work.journal,
        world=world,
        observe=unobserved,
        stop=never,
        clock=work.clock,
        operator="a test",
    )


async def restores_all(work: Checking) -> None:
    before = await read(work)
    run = await offboard(work, f"{LEAVER}@{DOMAIN}")
    looked = await look_again(work)
    assert (looked.came_back, looked.not_seen) == ((), ())
    assert looked.checked >= 6

    undo = await undone(work, run)
    assert undo.proven, undo.words
    (there, here), (okta, onepassword) = both(before), both(await read(work))
    assert onepassword == here
    assert (okta.members, okta.grants) == (there.members, there.grants)
    # The leaver was suspended in Okta before: who was deactivated comes back on, and waits.
    leaver = okta_id("00u", LEAVER)
    assert there.states - okta.states == {(leaver, "suspended")}
    assert okta.states - there.states == {(leaver, "active")}
    lost = [one.words for one in not_restored(undo.plan)]
    assert "Not restored: Dana Okafor as suspended in okta" in lost
    assert any("End all sessions of Dana Okafor" in words for words in lost)
    assert any("invoice-sync (API token)" in words for words in lost)

    assert [one.id for one in undos_of(work.journal, run.run_id)] == [undo.run_id]
    assert (await undone(work, run)).steps == ()
    assert work.journal.verify_chain().unbroken


async def restores_exactly(work: Checking) -> None:
    before = await read(work)
    undo = await undone(work, await offboard(work, f"{LEAVER}@{DOMAIN}"))
    assert undo.proven, undo.words
    assert both(await read(work)) == both(before)
    lost = [one.words for one in not_restored(undo.plan)]
    assert lost
    assert all("End session" in words for words in lost)


def test_undo_restores_all_but_the_sessions_on_real_servers() -> None:
    with openbao_session() as session:
        said: list[str] = []
        assert run_check(session.places, said.append, restores_exactly) == 0, said


def test_undo_restores_what_the_offboarding_of_the_demo_took(
    request: pytest.FixtureRequest,
) -> None:
    if not request.config.getoption("--whole-sweep"):
        pytest.skip("reads two tenants through op four times: with --whole-sweep only")
    with demo_session() as session:
        said: list[str] = []
        assert run_check(session.places, said.append, restores_all) == 0, said
