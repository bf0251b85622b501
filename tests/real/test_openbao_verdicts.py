"""A run on a real OpenBao with what goes wrong: each verdict is what is true there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.real.bao_server import bao_server
from tests.real.openbao_people import Office, connected, office, writer_of
from tests.run.plans_by_hand import Loaded, plan_of

from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.run.apply import apply
from keyturn.run.clock import system_clock
from keyturn.run.connections import Connections
from keyturn.run.progress import StepChanged, never
from keyturn.run.results import RunResult
from keyturn_providers.abilities import Receipt
from keyturn_providers.contract import About, Connector
from keyturn_providers.errors import OutcomeUnknown
from keyturn_providers.records import Side
from keyturn_providers.simulated import simulated_pair
from keyturn_storage import leases
from keyturn_storage.errors import LeaseLost
from keyturn_storage.journal import Journal, open_journal

pytestmark = pytest.mark.real

LOGGED, NOT_LOGGED = "effective and logged", "effective, not logged"


@dataclass(frozen=True, slots=True)
class OneWriter:
    """The connector with a writer that a test has in its hands."""

    inner: Connector
    made: object

    async def about(self) -> About:
        return await self.inner.about()

    def reader(self) -> object:
        return self.inner.reader()

    def writer(self) -> object:
        return self.made

    async def aclose(self) -> None:
        await self.inner.aclose()


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with bao_server(tmp_path_factory.mktemp("bao")) as server:
        yield office(server)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    with open_journal(folder / "journal.db") as opened:
        yield opened


def leaving(firm: Office, who: str, *groups: str) -> tuple[Change, ...]:
    """Somebody new in these groups, new too; what suspends them and takes them out of each."""
    firm.person(who)
    here = Ref(Side.SECRETS, ObjectKind.ACCOUNT, firm.entities[who], who)
    changes = [Change(ChangeKind.SUSPEND, Side.SECRETS, account=here)]
    for name in groups:
        firm.group(name, members=(who,))
        group = Ref(Side.SECRETS, ObjectKind.GROUP, firm.groups[name], name)
        changes.append(
            Change(ChangeKind.REMOVE_MEMBERSHIP, Side.SECRETS, account=here, group=group)
        )
    return tuple(changes)


async def run(
    connector: Connector,
    journal: Journal,
    *changes: Change,
    watch: Callable[[StepChanged], None] = lambda _: None,
) -> RunResult:
    pair = simulated_pair(people=4)
    pair.secrets.tenant.source = (await connector.about()).source
    plan = plan_of(pair, *changes)
    return await apply(
        plan,
        Connections(pair.directory, connector),
        journal,
        loaded=Loaded(),
        observe=lambda event: watch(event) if isinstance(event, StepChanged) else None,
        stop=never,
        clock=system_clock(),
        operator="test",
        confirmed=plan.confirm_with,
        audit_wait_s=10.0,
    )


async def test_many_steps_together_are_effective_and_logged(firm: Office, journal: Journal) -> None:
    names = [f"many-{number}" for number in range(8)]
    async with connected(firm.bao) as connector:
        assert (await connector.about()).changes_at_once > 1
        result = await run(connector, journal, *leaving(firm, "ana", *names))
    assert [step.verdict for step in result.steps] == [LOGGED] * 9
    assert all(firm.members(name) == set() for name in names)


async def test_an_answer_that_is_lost_is_read_again_and_not_sent_again(
    firm: Office, journal: Journal
) -> None:
    changes = leaving(firm, "bob", "lost")
    sent: list[str] = []
    async with connected(firm.bao) as connector:
        writer = writer_of(connector)
        really = writer.remove_membership

        async def lost(group_id: str, account_id: str, operation_id: str) -> Receipt:
            await really(group_id, account_id, operation_id)
            sent.append(operation_id)
            raise OutcomeUnknown("secrets", "removing", "the answer was lost.", "It is read again.")

        writer.remove_membership = lost  # type: ignore[method-assign] # what a network does
        result = await run(OneWriter(connector, writer), journal, *changes)
    assert [step.verdict for step in result.steps] == [LOGGED] * 2
    assert "read again" in result.steps[1].words or result.steps[1].state.value == "verified"
    assert len(sent) == 1


async def test_without_its_log_a_step_is_effective_and_not_logged(
    firm: Office, journal: Journal
) -> None:
    async with connected(firm.bao, audit=False) as connector:
        result = await run(connector, journal, *leaving(firm, "cleo", "unlogged"))
    assert [step.verdict for step in result.steps] == [NOT_LOGGED] * 2


async def test_what_drifted_goes_back_to_the_plan_what_is_gone_is_done_and_the_rest_goes_on(
    firm: Office, journal: Journal
) -> None:
    suspend, gone, stays = leaving(firm, "dora", "gone", "stays")
    other, _ = leaving(firm, "emil", "of-emil")
    firm.bao.must("POST", f"identity/entity/id/{firm.entities['emil']}", {"name": "somebody-else"})
    firm.bao.must("DELETE", f"identity/group/id/{firm.groups['gone']}")
    add = Change(ChangeKind.ADD_MEMBERSHIP, Side.SECRETS, account=stays.account, group=gone.group)
    async with connected(firm.bao) as connector:
        result = await run(connector, journal, suspend, other, gone, stays, add)
    states = [step.state.value for step in result.steps]
    assert states == ["verified", "refused", "verified", "verified", "refused"]
    assert [step.operation.number for step in result.back_to_plan] == [2, 5]
    assert "is somebody-else now" in result.steps[1].words
    assert firm.members("stays") == set()


async def test_a_token_with_fewer_rights_is_refused_and_the_rest_goes_on(
    firm: Office, journal: Journal
) -> None:
    firm.policy(
        "no-suspending",
        'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }\n'
        'path "identity/entity/id/*" { capabilities = ["read"] }\n',
    )
    made = firm.bao.call("POST", "auth/token/create", {"policies": ["no-suspending"]})
    token = str(made.auth["client_token"])
    async with connected(firm.bao, token=token) as connector:
        result = await run(connector, journal, *leaving(firm, "finn", "left"))
    assert [step.state.value for step in result.steps] == ["refused", "verified"]
    assert result.steps[1].verdict == LOGGED
    assert result.steps[0].error


async def test_a_run_that_was_taken_over_sends_nothing_more(firm: Office, journal: Journal) -> None:
    changes = leaving(firm, "gita", "taken-over")

    def take_over(event: StepChanged) -> None:
        if (event.number, event.state) == (1, "applied"):
            leases.take(
                journal,
                f"secrets/account/{firm.entities['gita']}",
                holder="m.reed",
                operation="resume",
                now_ms=system_clock().now_ms() + 100 * leases.TTL_MS,
            )

    async with connected(firm.bao) as connector:
        with pytest.raises(LeaseLost):
            await run(connector, journal, *changes, watch=take_over)
    assert firm.members("taken-over") == {firm.entities["gita"]}
