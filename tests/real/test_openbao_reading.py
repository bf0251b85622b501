"""Everything the openbao connector reads, from a real server."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from tests.real.bao_server import BaoServer, bao_server
from tests.real.openbao_people import (
    Office,
    connected,
    grants_on,
    office,
    reader_of,
    vault_named,
)

from keyturn_providers.abilities import (
    READER_PROTOCOLS,
    WRITER_PROTOCOLS,
    Ability,
    Page,
)
from keyturn_providers.openbao.connector import READS, WRITES
from keyturn_providers.records import (
    AccountKind,
    AccountState,
    Level,
    MemberKind,
    PrincipalKind,
    Side,
)

pytestmark = pytest.mark.real

T = TypeVar("T")
READ = (
    'path "{0}/data/*" {{ capabilities = ["read"] }}'
    ' path "{0}/metadata/*" {{ capabilities = ["list"] }}\n'
)


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with bao_server(tmp_path_factory.mktemp("bao")) as bao:
        here = office(bao)
        for path in ("pay", "hr/files"):
            here.kv(path)
        here.kv("old", "1")
        here.policy("pay-read", READ.format("pay"))
        here.policy("both", READ.format("pay") + READ.format("hr/files"))
        here.policy("old-write", 'path "old/*" { policy = "write" }')
        here.policy("team/admin", 'path "sys/policies/acl/*" { capabilities = ["update"] }')
        here.policy("own", 'path "pay/data/{{identity.entity.id}}/*" { capabilities = ["read"] }')
        here.person(
            "ana",
            policies=("both",),
            login_policies=("old-write",),
            metadata={"email": "Ana@Acme.example", "idp_id": "0u-ana", "title": "Lead"},
        )
        here.person("bob", login=False)
        here.alias("bob", "bob@acme.example", "jwt")
        here.person("zoé", policies=("own",), login=False)
        here.group("inner", members=("bob",))
        here.group("eng", members=("ana",), inside=("inner",), policies=("pay-read", "team/admin"))
        here.group("claims", kind="external", policies=("pay-read",))
        bao.must("POST", f"identity/entity/id/{here.entities['zoé']}", {"disabled": True})
        bao.must("POST", "auth/approle/role/ci", {"token_policies": ["pay-read"]})
        bao.must("POST", "auth/userpass/users/never", {"password": "x", "token_policies": ["both"]})
        yield here


@pytest.fixture
def bao(firm: Office) -> BaoServer:
    return firm.bao


async def whole(pages: AsyncIterator[Page[T]]) -> list[T]:
    """All records of a listing, which must end with proof on its last page alone."""
    seen = [page async for page in pages]
    assert all(not page.proof for page in seen[:-1])
    assert seen[-1].proof
    assert not any(page.unreadable for page in seen)
    return [record for page in seen for record in page.records]


async def test_about_says_who_and_where(bao: BaoServer) -> None:
    async with connected(bao) as connector:
        about = await connector.about()
    health = bao.call("GET", "sys/health").body
    assert about.source.tenant == health["cluster_id"]
    assert about.source.side is Side.SECRETS
    assert about.version == health["version"]
    assert about.abilities == READS | WRITES | {Ability.READ_AUDIT}
    own = bao.must("GET", "auth/token/lookup-self")
    assert about.own is not None
    assert about.own.account_id == f"token/{own['accessor']}"
    assert any("batch tokens" in spot for spot in about.blind_spots)


async def test_without_an_audit_log_it_is_a_blind_spot_and_no_ability(bao: BaoServer) -> None:
    async with connected(bao, audit=False) as connector:
        about = await connector.about()
        assert not isinstance(connector.reader(), READER_PROTOCOLS[Ability.READ_AUDIT])
    assert Ability.READ_AUDIT not in about.abilities
    assert any("audit log" in spot for spot in about.blind_spots)


async def test_declared_abilities_are_those_implemented(bao: BaoServer) -> None:
    async with connected(bao) as connector:
        about = await connector.about()
        reader, writer = connector.reader(), connector.writer()
    for ability, protocol in READER_PROTOCOLS.items():
        assert isinstance(reader, protocol) is (ability in about.abilities)
    for ability, protocol in WRITER_PROTOCOLS.items():
        assert isinstance(writer, protocol) is (ability in about.abilities)


async def test_accounts_are_entities(firm: Office) -> None:
    async with connected(firm.bao) as connector:
        accounts = {a.name: a for a in await whole(reader_of(connector).accounts())}
    ana = accounts["ana"]
    assert ana.id == firm.entities["ana"]
    assert ana.external_id == "0u-ana"
    assert [(e.address, e.verified) for e in ana.emails] == [("Ana@Acme.example", True)]
    assert ana.state is AccountState.ACTIVE
    assert ana.kind is AccountKind.PERSON
    assert ana.title == "Lead"
    assert ana.roles == ("team/admin",)
    assert [e.address for e in accounts["bob"].emails] == ["bob@acme.example"]
    assert accounts["zoé"].state is AccountState.SUSPENDED
    assert accounts["zoé"].roles == ()


async def test_a_role_reached_through_a_nested_group_counts(firm: Office) -> None:
    async with connected(firm.bao) as connector:
        reader = reader_of(connector)
        live = await reader.read_account(firm.entities["bob"])
        listed = {a.name: a for a in await whole(reader.accounts())}
    assert live is not None
    assert live.roles == ("team/admin",)
    assert listed["bob"] == live


async def test_groups_and_their_direct_members(firm: Office) -> None:
    async with connected(firm.bao) as connector:
        reader = reader_of(connector)
        groups = {g.name: g for g in await whole(reader.groups())}
        eng = await whole(reader.memberships(firm.groups["eng"]))
        live = await reader.read_members(firm.groups["eng"])
        gone = await reader.read_members("00000000-0000-0000-0000-000000000000")
    assert groups["claims"].managed_by == "login"
    assert groups["eng"].managed_by == ""
    assert {(m.member_kind, m.member_id) for m in eng} == {
        (MemberKind.ACCOUNT, firm.entities["ana"]),
        (MemberKind.GROUP, firm.groups["inner"]),
    }
    assert live == tuple(eng)
    assert gone is None


async def test_an_entity_names_the_groups_it_is_in_itself_and_a_nested_one_not(
    firm: Office,
) -> None:
    async with connected(firm.bao) as connector:
        reader = reader_of(connector)
        listed: dict[str, set[str]] = {}
        for group in await whole(reader.groups()):
            for one in await whole(reader.memberships(group.id)):
                listed.setdefault(one.member_id, set()).add(group.id)
        assert any(listed.get(entity_id) for entity_id in firm.entities.values())
        for entity_id in firm.entities.values():
            named = await reader.read_memberships_of(entity_id)
            assert {one.group_id for one in named} == listed.get(entity_id, set())
            assert {one.member_id for one in named} <= {entity_id}
        assert await reader.read_memberships_of("00000000-0000-0000-0000-000000000000") == ()


async def test_vaults_are_kv_mounts_by_accessor(firm: Office) -> None:
    async with connected(firm.bao) as connector:
        vaults = {v.name: v for v in await whole(reader_of(connector).vaults())}
    assert set(vaults) >= {"pay", "hr/files", "old"}
    assert "identity" not in vaults
    mounts = firm.bao.must("GET", "sys/mounts")
    pay = mounts["pay/"]
    assert isinstance(pay, dict)
    assert vaults["pay"].id == pay["accessor"]
    assert vaults["old"].kind == "KV v1"


async def test_a_policy_over_two_vaults_is_two_grants_on_one_carrier(firm: Office) -> None:
    async with connected(firm.bao) as connector:
        reader = reader_of(connector)
        carrier = f"entity/{firm.entities['ana']}/policy/both"
        on_pay = [g for g in await grants_on(reader, "pay") if g.carrier == carrier]
        on_hr = [g for g in await grants_on(reader, "hr/files") if g.carrier == carrier]
    assert len(on_pay) == len(on_hr) == 1
    assert on_pay[0].vault_id != on_hr[0].vault_id
    assert on_pay[0].level is on_hr[0].level is Level.READ
    assert on_pay[0].principal_kind is PrincipalKind.ACCOUNT


async def test_each_way_to_a_vault_is_a_grant(firm: Office) -> None:
    made = firm.bao.call(
        "POST",
        "auth/token/create",
        {"policies": ["pay-read"], "period": "24h", "display_name": "cron"},
    )
    accessor = made.auth["accessor"]
    async with connected(firm.bao) as connector:
        reader = reader_of(connector)
        pay = {g.carrier: g for g in await grants_on(reader, "pay")}
        old = {g.carrier: g for g in await grants_on(reader, "old")}
        machines = {m.id: m for m in await whole(reader.machines())}
    group = pay[f"group/{firm.groups['eng']}/policy/pay-read"]
    assert (group.principal_kind, group.level) == (PrincipalKind.GROUP, Level.READ)
    login = old["userpass/userpass/ana/policy/old-write"]
    assert (login.principal_id, login.level) == (firm.entities["ana"], Level.WRITE)
    role = pay["role/approle/ci/policy/pay-read"]
    assert (role.principal_kind, role.principal_id) == (PrincipalKind.MACHINE, "role/approle/ci")
    token = pay[f"token/{accessor}/policy/pay-read"]
    assert (token.principal_kind, token.principal_id) == (
        PrincipalKind.MACHINE,
        f"token/{accessor}",
    )
    nobody = pay["userpass/userpass/never/policy/both"]
    assert nobody.principal_id == "userpass/userpass/never"
    assert machines["role/approle/ci"].kind == "approle role"
    assert machines[f"token/{accessor}"].kind == "periodic token"
    assert machines["userpass/userpass/never"].kind == "login without entity"
    principals = {g.principal_id for g in pay.values() if g.principal_kind is PrincipalKind.MACHINE}
    assert principals <= set(machines)
    firm.bao.must("POST", "auth/token/revoke-accessor", {"accessor": accessor})


async def test_a_templated_policy_is_unknown_not_guessed(firm: Office) -> None:
    async with connected(firm.bao) as connector:
        grants = await grants_on(reader_of(connector), "pay")
    [own] = [g for g in grants if g.carrier == f"entity/{firm.entities['zoé']}/policy/own"]
    assert own.level is Level.UNKNOWN
    assert "templated" in own.note


async def test_the_root_token_opens_everything_and_is_keyturns_own(firm: Office) -> None:
    async with connected(firm.bao) as connector:
        about = await connector.about()
        reader = reader_of(connector)
        assert about.own is not None
        [grant] = [
            g for g in await grants_on(reader, "pay") if g.principal_id == about.own.account_id
        ]
        [machine] = [m for m in await whole(reader.machines()) if m.id == about.own.account_id]
    assert (grant.level, grant.revocable) == (Level.MANAGE, False)
    assert machine.kind == "root token"
    assert "keyturn's own" in machine.note


async def test_a_login_token_adds_no_grant_but_a_wider_one_does(firm: Office) -> None:
    firm.log_in("ana")
    wider = firm.bao.call(
        "POST",
        "auth/token/create",
        {"policies": ["pay-read"], "entity_alias": "ana", "display_name": "wider"},
    )
    if wider.status != 200:
        firm.bao.must(
            "POST", "auth/token/roles/wider", {"allowed_entity_aliases": "*", "orphan": True}
        )
        firm.alias("ana", "ana-token", "token")
        wider = firm.bao.call(
            "POST",
            "auth/token/create/wider",
            {"policies": ["pay-read"], "entity_alias": "ana-token"},
        )
    assert wider.auth["entity_id"] == firm.entities["ana"]
    async with connected(firm.bao) as connector:
        reader = reader_of(connector)
        listed = [g for g in await grants_on(reader, "pay") if g.carrier.startswith("token/")]
        live = await reader.read_grants_of(PrincipalKind.ACCOUNT, firm.entities["ana"])
        sessions = await reader.read_sessions(firm.entities["ana"])
    direct = [g for g in listed if g.principal_id == firm.entities["ana"]]
    assert [g.carrier for g in direct] == [f"token/{wider.auth['accessor']}/policy/pay-read"]
    assert set(direct) <= set(live)
    assert len(sessions) == 2


async def test_live_grants_equal_the_listed_ones(firm: Office) -> None:
    async with connected(firm.bao) as connector:
        reader = reader_of(connector)
        vaults = await whole(reader.vaults())
        listed = {g for v in vaults for g in await whole(reader.grants(v.id))}
        principals = {(g.principal_kind, g.principal_id) for g in listed}
        live = {g for kind, who in principals for g in await reader.read_grants_of(kind, who)}
    assert live == listed


async def test_what_is_gone_reads_as_nothing(bao: BaoServer) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    async with connected(bao) as connector:
        reader = reader_of(connector)
        assert await reader.read_account(nobody) is None
        for kind in PrincipalKind:
            assert await reader.read_grants_of(kind, nobody) == ()
        assert await reader.read_sessions(nobody) == ()


async def test_an_empty_server_is_complete_and_empty(tmp_path: Path) -> None:
    with bao_server(tmp_path) as bare:
        async with connected(bare) as connector:
            reader = reader_of(connector)
            assert await whole(reader.accounts()) == []
            assert await whole(reader.groups()) == []
            assert [v.name for v in await whole(reader.vaults())] == ["secret"]


async def test_no_secret_is_ever_read(firm: Office) -> None:
    """The server's own log shows every path keyturn asked for; none is a secret's."""
    before = len(firm.bao.audit_path.read_text(encoding="utf-8").splitlines())
    async with connected(firm.bao) as connector:
        await connector.about()
        reader = reader_of(connector)
        await vault_named(reader, "pay")
        await grants_on(reader, "old")
        await whole(reader.machines())
        await reader.read_grants_of(PrincipalKind.ACCOUNT, firm.entities["ana"])
    lines = firm.bao.audit_path.read_text(encoding="utf-8").splitlines()[before:]
    paths = {json.loads(line)["request"]["path"] for line in lines}
    assert "sys/mounts" in paths
    assert not [path for path in paths if path.startswith(("pay/", "hr/", "old/", "secret/"))]
