"""What a vault's card is made from says the same as the whole world."""

from dataclasses import replace
from pathlib import Path

from tests.tui.simulated import bench, rules_of

from keyturn.decide.desired import beyond, desired_grants, permitted
from keyturn.decide.index import members_of
from keyturn.decide.names import account_title
from keyturn.decide.rules import Rules
from keyturn.decide.world import World
from keyturn.run.assess import read_assessment
from keyturn.run.vault_facts import Holder, held_grant, vault_facts
from keyturn_providers.records import Grant, Level, MachineIdentity, PrincipalKind, Side
from keyturn_storage.queries.findings import findings_count_of_vault, findings_of_vault
from keyturn_storage.queries.reader import open_reader
from keyturn_storage.snapshots import open_cache


async def test_every_grant_on_every_vault_is_as_the_whole_world_has_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    made = bench(data, people=12)
    made.pair.secrets.tenant.add(
        MachineIdentity("m-1", "deployer", "service account", None, None, None, 5_000),
        Grant("v-payments", PrincipalKind.MACHINE, "m-1", Level.READ, "machine/m-1/read"),
        Grant("v-payments", PrincipalKind.ACCOUNT, "s-003", Level.WRITE, "account/s-003/edit"),
    )
    await made.engine.refresh(lambda _event: None, lambda: False)
    rules = _with_lines(rules_of(made.pair))
    with open_cache(data / "cache.db") as cache:
        found = read_assessment(cache, rules, made.watch.now())
    world, kinds, wanted = found.world, set[PrincipalKind](), set[bool]()
    with open_reader(data / "cache.db") as reader:
        for vault in found.secrets.vaults:
            facts = vault_facts(reader, None, rules, vault.id, world.now_ms)
            assert facts is not None
            assert facts.world.secrets.vaults[vault.id] == vault
            assert facts.drift == len(findings_of_vault(reader, vault.id))
            assert facts.findings == tuple(findings_of_vault(reader, vault.id, 40))
            grants = {one.carrier: one for one in world.secrets.grants_on.get(vault.id, ())}
            assert [one.row.carrier for one in facts.holders] == sorted(
                grants, key=lambda key: (-grants[key].level.rank, grants[key].principal_kind, key)
            )
            for one in facts.holders:
                grant = grants[one.row.carrier]
                kinds.add(one.kind)
                _same(world, one, grant)
                held = held_grant(reader, rules, vault.id, grant.carrier, world.now_ms)
                assert held is not None
                assert held.grant == grant
                assert held.policy_line == _line(world, grant)
                wanted.add(held.policy_line > 0)
        assert held_grant(reader, rules, "v-payments", "no/such/carrier", world.now_ms) is None
        assert vault_facts(reader, None, rules, "v-none", world.now_ms) is None
        assert findings_count_of_vault(reader, "v-none") == 0
    assert kinds == set(PrincipalKind)
    assert wanted == {True, False}


def _with_lines(rules: Rules) -> Rules:
    mappings = (
        replace(one, grants=tuple(replace(grant, line=number) for grant in one.grants))
        for number, one in enumerate(rules.mappings, start=7)
    )
    return replace(rules, mappings=tuple(mappings))


def _same(world: World, one: Holder, grant: Grant) -> None:
    id_ = grant.principal_id
    assert (one.kind, one.row.principal_id) == (grant.principal_kind, id_)
    assert (one.level, one.users) == (grant.level, None)
    name, members, key, last_ms = world.secrets.group_name(id_), None, "", None
    if grant.principal_kind is PrincipalKind.GROUP:
        members = len(members_of(world.secrets, id_))
    elif grant.principal_kind is PrincipalKind.MACHINE:
        machine = world.secrets.machines[id_]
        name, last_ms = machine.name, machine.last_used_ms
    else:
        person = world.person_of.get((Side.SECRETS, id_))
        name = person.name if person is not None else account_title(world.secrets.accounts[id_])
        key = person.key if person is not None else ""
    assert (one.name, one.members, one.person_key, one.last_ms) == (name, members, key, last_ms)


def _line(world: World, grant: Grant) -> int:
    if grant.principal_kind is PrincipalKind.GROUP:
        rule = desired_grants(world.link_of_secrets.get(grant.principal_id)).get(grant.vault_id)
        return 0 if rule is None or beyond(grant, rule) else rule.line
    person = world.person_of.get((Side.SECRETS, grant.principal_id))
    if grant.principal_kind is PrincipalKind.MACHINE or person is None:
        return 0
    allowed = permitted(world, person.key, grant.vault_id)
    return allowed.live.line if allowed.live is not None and allowed.covers(grant) else 0
