"""Everything the openbao connector changes, on a real server, read back without the connector."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from tests.real.bao_server import BaoServer, bao_server
from tests.real.openbao_people import (
    Office,
    audited_reader_of,
    connected,
    grants_on,
    office,
    reader_of,
    vault_named,
    writer_of,
)

from keyturn_providers.abilities import (
    WRITER_PROTOCOLS,
    Ability,
    Outcome,
    Sought,
)
from keyturn_providers.errors import BadAnswer, Conflict, Gone, NotAllowed, ReadOnly
from keyturn_providers.records import Level, PrincipalKind

pytestmark = pytest.mark.real

NOBODY = "00000000-0000-0000-0000-000000000000"
EXACT = 'path "{0}/data/*" {{ capabilities = ["read"] }}'


def sought(*operation_ids: str) -> tuple[Sought, ...]:
    """OpenBao's log carries the operation's id: nothing else is looked at."""
    return tuple(Sought(one, Ability.SUSPEND, 0) for one in operation_ids)


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BaoServer]:
    with bao_server(tmp_path_factory.mktemp("bao")) as server:
        here = office(server)
        here.kv("pay")
        here.kv("hr")
        here.policy("pay-read", EXACT.format("pay"))
        here.policy("both", EXACT.format("pay") + EXACT.format("hr"))
        here.policy("pay-part", 'path "pay/data/team/*" { capabilities = ["read"] }')
        server.must("POST", "pay/data/salary", {"data": {"k": "v"}})
        yield server


@pytest.fixture
def firm(bao: BaoServer) -> Office:
    """The module's server; every test makes people and groups with names of its own."""
    return Office(bao)


def kept(data: dict[str, object], field: str) -> str:
    """All that a write to `field` must leave as it is. The server's own stamps change, and after a
    write it shows an alias's empty table as null."""
    stamps = {field, "last_update_time", "modify_index"}
    rest = {key: value for key, value in data.items() if key not in stamps}
    return json.dumps(rest, sort_keys=True).replace(
        '"custom_metadata": {}', '"custom_metadata": null'
    )


async def test_a_leaver_is_cut_off_and_the_log_says_so(firm: Office) -> None:
    ana = firm.person("leaver", login_policies=("pay-read",))
    token = firm.log_in("leaver")
    assert firm.bao.call("GET", "pay/data/salary", token=token).status == 200
    async with connected(firm.bao) as connector:
        reader, writer = audited_reader_of(connector), writer_of(connector)
        since = await reader.audit_checkpoint()
        first = await writer.suspend(ana, "op-suspend-1")
        assert firm.bao.call("GET", "pay/data/salary", token=token).status == 403
        [session] = await reader.read_sessions(ana)
        second = await writer.end_session(session.id, "op-end-1")
        assert await reader.read_sessions(ana) == ()
        events = await reader.audit_events(since, sought("op-suspend-1", "op-end-1"))
        other = await reader.audit_events(since, sought("op-of-nobody"))
    assert (first.outcome, second.outcome) == (Outcome.APPLIED, Outcome.APPLIED)
    assert firm.bao.call("GET", "pay/data/salary", token=token).status == 403
    firm.bao.must("POST", f"identity/entity/id/{ana}", {"disabled": False})
    assert firm.bao.call("GET", "pay/data/salary", token=token).status == 403
    assert [(e.operation_id, e.action, e.target, e.error) for e in events] == [
        ("op-suspend-1", "update", f"identity/entity/id/{ana}", ""),
        ("op-end-1", "update", "auth/token/revoke-accessor", ""),
    ]
    assert all(token not in event.raw and firm.bao.root_token not in event.raw for event in events)
    assert other == ()


async def test_suspending_keeps_every_other_field(firm: Office) -> None:
    ana = firm.person("keeper", policies=("pay-read",), metadata={"email": "k@acme.example"})
    before = firm.bao.must("GET", f"identity/entity/id/{ana}")
    async with connected(firm.bao) as connector:
        writer = writer_of(connector)
        await writer.suspend(ana, "op-1")
        assert (await writer.suspend(ana, "op-2")).outcome is Outcome.ALREADY_SO
        assert firm.bao.must("GET", f"identity/entity/id/{ana}")["disabled"] is True
        await writer.reactivate(ana, "op-3")
        assert (await writer.reactivate(ana, "op-4")).outcome is Outcome.ALREADY_SO
    after = firm.bao.must("GET", f"identity/entity/id/{ana}")
    assert kept(after, "disabled") == kept(before, "disabled")


async def test_removing_one_member_keeps_the_others_and_all_else(firm: Office) -> None:
    people = {name: firm.person(name, login=False) for name in ("m-one", "m-two", "m-three")}
    firm.group("m-inner")
    firm.group("m-eng", members=tuple(people), inside=("m-inner",), policies=("pay-read",))
    group_id = firm.groups["m-eng"]
    before = firm.bao.must("GET", f"identity/group/id/{group_id}")
    async with connected(firm.bao) as connector:
        writer = writer_of(connector)
        gone = await writer.remove_membership(group_id, people["m-two"], "op-1")
        again = await writer.remove_membership(group_id, people["m-two"], "op-2")
        assert firm.members("m-eng") == {people["m-one"], people["m-three"]}
        back = await writer.add_membership(group_id, people["m-two"], "op-3")
        twice = await writer.add_membership(group_id, people["m-two"], "op-4")
    assert [r.outcome for r in (gone, again, back, twice)] == [
        Outcome.APPLIED,
        Outcome.ALREADY_SO,
        Outcome.APPLIED,
        Outcome.ALREADY_SO,
    ]
    after = firm.bao.must("GET", f"identity/group/id/{group_id}")
    for unchanged in ("policies", "metadata", "member_group_ids", "name", "type"):
        assert after[unchanged] == before[unchanged]
    assert firm.members("m-eng") == set(people.values())


async def test_the_last_member_can_be_removed(firm: Office) -> None:
    only = firm.person("lonely", login=False)
    firm.group("of-one", members=("lonely",))
    async with connected(firm.bao) as connector:
        await writer_of(connector).remove_membership(firm.groups["of-one"], only, "op-1")
    assert firm.members("of-one") == set()


async def test_two_removals_at_once_lose_none(firm: Office) -> None:
    people = {name: firm.person(name, login=False) for name in ("r-a", "r-b", "r-c", "r-d")}
    firm.group("r-all", members=tuple(people))
    async with connected(firm.bao) as connector:
        writer = writer_of(connector)
        await asyncio.gather(
            *(
                writer.remove_membership(firm.groups["r-all"], people[name], f"op-{name}")
                for name in ("r-a", "r-b", "r-c")
            )
        )
    assert firm.members("r-all") == {people["r-d"]}


async def test_members_of_an_external_group_are_the_logins_business(firm: Office) -> None:
    who = firm.person("claimed", login=False)
    firm.group("external", kind="external")
    async with connected(firm.bao) as connector:
        with pytest.raises(NotAllowed, match="identity provider decides"):
            await writer_of(connector).add_membership(firm.groups["external"], who, "op-1")


async def test_unknown_objects_are_gone(firm: Office) -> None:
    firm.group("known")
    async with connected(firm.bao) as connector:
        writer = writer_of(connector)
        with pytest.raises(Gone):
            await writer.suspend(NOBODY, "op-1")
        with pytest.raises(Gone):
            await writer.add_membership(firm.groups["known"], NOBODY, "op-2")
        with pytest.raises(Gone):
            await writer.restore(f"entity/{NOBODY}/policy/pay-read", "op-3")
        for already in (
            await writer.remove_membership(NOBODY, NOBODY, "op-4"),
            await writer.revoke(f"entity/{NOBODY}/policy/pay-read", "op-5"),
            await writer.revoke("token/no-such-accessor/policy/pay-read", "op-6"),
            await writer.end_session("no-such-accessor", "op-7"),
        ):
            assert already.outcome is Outcome.ALREADY_SO


async def test_grant_takes_the_policy_that_gives_this_and_nothing_else(firm: Office) -> None:
    ana = firm.person("granted", policies=("both",), login=False)
    firm.group("granted-group")
    async with connected(firm.bao) as connector:
        reader, writer = reader_of(connector), writer_of(connector)
        pay = await vault_named(reader, "pay")
        hr = await vault_named(reader, "hr")
        args = (pay.id, PrincipalKind.ACCOUNT, ana, Level.READ)
        assert (await writer.grant(*args, "op-1")).outcome is Outcome.APPLIED
        assert (await writer.grant(*args, "op-2")).outcome is Outcome.ALREADY_SO
        await writer.grant(
            pay.id, PrincipalKind.GROUP, firm.groups["granted-group"], Level.READ, "op-3"
        )
        with pytest.raises(Conflict, match=r"No policy gives exactly read on hr/"):
            await writer.grant(hr.id, PrincipalKind.ACCOUNT, ana, Level.READ, "op-4")
        with pytest.raises(Conflict, match="keyturn writes no policies"):
            await writer.grant(pay.id, PrincipalKind.ACCOUNT, ana, Level.MANAGE, "op-5")
        with pytest.raises(NotAllowed):
            await writer.grant(pay.id, PrincipalKind.MACHINE, "role/approle/x", Level.READ, "op-6")
    assert firm.bao.must("GET", f"identity/entity/id/{ana}")["policies"] == ["both", "pay-read"]
    group = firm.bao.must("GET", f"identity/group/id/{firm.groups['granted-group']}")
    assert group["policies"] == ["pay-read"]


async def test_revoke_and_restore_every_kind_of_edge(firm: Office) -> None:
    ana = firm.person("edges", policies=("pay-read", "both"), login_policies=("pay-read", "both"))
    firm.group("edges-group", members=("edges",), policies=("both", "pay-read"))
    firm.bao.must(
        "POST",
        "auth/approle/role/edges",
        {"token_policies": ["both", "pay-read"], "token_period": "1h", "secret_id_ttl": "10m"},
    )
    firm.bao.must(
        "POST",
        "auth/jwt/role/edges",
        {
            "role_type": "jwt",
            "user_claim": "sub",
            "bound_subject": "repo:acme/site",
            "bound_audiences": ["bao"],
            "claim_mappings": {"a": "b"},
            "token_policies": ["both", "pay-read"],
        },
    )
    places = {
        f"entity/{ana}": (f"identity/entity/id/{ana}", "policies"),
        f"group/{firm.groups['edges-group']}": (
            f"identity/group/id/{firm.groups['edges-group']}",
            "policies",
        ),
        "userpass/userpass/edges": ("auth/userpass/users/edges", "token_policies"),
        "role/approle/edges": ("auth/approle/role/edges", "token_policies"),
        "role/jwt/edges": ("auth/jwt/role/edges", "token_policies"),
    }
    async with connected(firm.bao) as connector:
        reader, writer = reader_of(connector), writer_of(connector)
        shown = {g.carrier for v in ("pay", "hr") for g in await grants_on(reader, v)}
        for holder, (path, field) in places.items():
            carrier = f"{holder}/policy/both"
            assert carrier in shown
            before = firm.bao.must("GET", path)
            assert (await writer.revoke(carrier, "op-r")).outcome is Outcome.APPLIED
            assert (await writer.revoke(carrier, "op-r2")).outcome is Outcome.ALREADY_SO
            without = firm.bao.must("GET", path)
            assert without[field] == ["pay-read"]
            assert (await writer.restore(carrier, "op-b")).outcome is Outcome.APPLIED
            assert (await writer.restore(carrier, "op-b2")).outcome is Outcome.ALREADY_SO
            after = firm.bao.must("GET", path)
            held = after[field]
            assert isinstance(held, list)
            assert set(held) == {"both", "pay-read"}
            assert kept(without, field) == kept(after, field) == kept(before, field)
        left = {g.carrier for g in await grants_on(reader_of(connector), "hr")}
    assert {f"{holder}/policy/both" for holder in places} <= left


async def test_a_shared_policy_falls_on_both_vaults_at_once(firm: Office) -> None:
    ana = firm.person("shared", policies=("both",), login=False)
    async with connected(firm.bao) as connector:
        reader, writer = reader_of(connector), writer_of(connector)
        grants = await reader.read_grants_of(PrincipalKind.ACCOUNT, ana)
        assert len({g.vault_id for g in grants}) == 2
        [carrier] = {g.carrier for g in grants}
        await writer.revoke(carrier, "op-1")
        assert await reader.read_grants_of(PrincipalKind.ACCOUNT, ana) == ()


async def test_revoking_a_tokens_grant_ends_the_token_for_good(firm: Office) -> None:
    made = firm.bao.call("POST", "auth/token/create", {"policies": ["pay-read"], "period": "1h"})
    token, accessor = str(made.auth["client_token"]), made.auth["accessor"]
    carrier = f"token/{accessor}/policy/pay-read"
    async with connected(firm.bao) as connector:
        writer = writer_of(connector)
        assert firm.bao.call("GET", "pay/data/salary", token=token).status == 200
        assert (await writer.revoke(carrier, "op-1")).outcome is Outcome.APPLIED
        assert firm.bao.call("GET", "pay/data/salary", token=token).status == 403
        with pytest.raises(Conflict, match="cannot be put back"):
            await writer.restore(carrier, "op-2")


async def test_a_policy_that_is_gone_is_not_put_back(firm: Office) -> None:
    ana = firm.person("dangling", login=False)
    async with connected(firm.bao) as connector:
        with pytest.raises(Conflict, match="not there any more"):
            await writer_of(connector).restore(f"entity/{ana}/policy/no-such", "op-1")
    assert not firm.bao.must("GET", f"identity/entity/id/{ana}")["policies"]


async def test_keyturn_never_cuts_itself_off(firm: Office) -> None:
    firm.policy("robot", 'path "*" { policy = "sudo" }')
    robot = firm.person("robot", policies=("robot",))
    firm.group("robots", members=("robot",))
    token = firm.log_in("robot")
    accessor = firm.bao.call("GET", "auth/token/lookup-self", token=token).data["accessor"]
    async with connected(firm.bao, token=token) as connector:
        about = await connector.about()
        assert about.own is not None
        assert about.own.account_id == robot
        writer = writer_of(connector)
        for refused in (
            writer.suspend(robot, "op-1"),
            writer.end_session(str(accessor), "op-2"),
            writer.revoke(f"entity/{robot}/policy/robot", "op-3"),
            writer.revoke(f"token/{accessor}/policy/robot", "op-4"),
            writer.revoke("userpass/userpass/robot/policy/robot", "op-5"),
            writer.remove_membership(firm.groups["robots"], robot, "op-6"),
        ):
            with pytest.raises(NotAllowed, match="keyturn itself"):
                await refused
    assert firm.bao.call("GET", "auth/token/lookup-self", token=token).status == 200


async def test_the_implied_default_policy_is_not_revocable(firm: Office) -> None:
    firm.person("implied", login_policies=("pay-read",))
    async with connected(firm.bao) as connector:
        writer = writer_of(connector)
        with pytest.raises(NotAllowed, match="default policy"):
            await writer.revoke("userpass/userpass/implied/policy/default", "op-1")
        with pytest.raises(Conflict, match="does not name an edge"):
            await writer.revoke("vault/7/right/read", "op-2")


async def test_read_only_has_no_writer(bao: BaoServer) -> None:
    async with connected(bao, read_only=True) as connector:
        about = await connector.about()
        assert not about.abilities & set(WRITER_PROTOCOLS)
        with pytest.raises(ReadOnly):
            connector.writer()


async def test_a_refused_write_is_logged_with_its_error(firm: Office) -> None:
    """keyturn's token may read and not write: the audit log shows who was refused what."""
    firm.policy("looker", 'path "identity/*" { capabilities = ["read", "list"] }')
    ana = firm.person("refused", login=False)
    async with connected(firm.bao) as connector:
        await writer_of(connector).reactivate(ana, "op-0")
        assert (await writer_of(connector).suspend(ana, "op-header")).outcome is Outcome.APPLIED
    firm.bao.must("POST", f"identity/entity/id/{ana}", {"disabled": False})
    made = firm.bao.call("POST", "auth/token/create", {"policies": ["looker"]})
    async with connected(firm.bao, token=str(made.auth["client_token"])) as connector:
        reader, writer = audited_reader_of(connector), writer_of(connector)
        since = await reader.audit_checkpoint()
        with pytest.raises(NotAllowed):
            await writer.suspend(ana, "op-refused")
        [event] = await reader.audit_events(since, sought("op-refused"))
    assert "permission denied" in event.error
    assert firm.bao.must("GET", f"identity/entity/id/{ana}")["disabled"] is False


async def test_a_checkpoint_of_another_kind_is_refused(bao: BaoServer) -> None:
    async with connected(bao) as connector:
        with pytest.raises(BadAnswer, match="checkpoint"):
            await audited_reader_of(connector).audit_events("nonsense", sought("op"))
