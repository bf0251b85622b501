"""The world around one person or vault says of them what the whole world says."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.tui.simulated import Bench, bench, rules_of

from keyturn.decide.cut import smallest_cut
from keyturn.decide.edges import edges_between
from keyturn.decide.explain import access_paths, why
from keyturn.decide.rules import GrantRule, Mapping, NamedId, Rules
from keyturn.decide.why_not import GateKind, why_not
from keyturn.run.assess import Assessment, read_assessment
from keyturn.run.near import near_person, near_vault, others_near
from keyturn_providers.records import (
    Grant,
    Group,
    Level,
    MemberKind,
    Membership,
    PrincipalKind,
    Vault,
)
from keyturn_storage.queries.reader import Reader, open_reader
from keyturn_storage.snapshots import open_cache


@pytest.fixture
async def world(tmp_path: Path) -> tuple[Bench, Rules, Assessment]:
    """A small organisation with a group in a group and a vault that nobody is given."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    made = bench(data, people=12)
    tenant = made.pair.secrets.tenant
    tenant.add(
        Group("sg-top", "top"),
        Vault("v-lone", "Lone"),
        Grant("v-payments", PrincipalKind.GROUP, "sg-top", Level.READ, "group/sg-top/policy/read"),
        Membership("sg-top", "sg-platform", MemberKind.GROUP),
    )
    await made.engine.refresh(lambda _event: None, lambda: False)
    rules = rules_of(made.pair)
    with open_cache(data / "cache.db") as cache:
        return made, rules, read_assessment(cache, rules, made.watch.now())


async def test_about_everybody_and_every_vault(world: tuple[Bench, Rules, Assessment]) -> None:
    made, rules, found = world
    vaults = [vault.id for vault in found.secrets.vaults]
    now_ms = found.world.now_ms
    with open_reader(made.data / "cache.db") as reader:
        for key, person in found.world.people.items():
            whole = near_person(reader, rules, key, now_ms)
            assert whole is not None
            assert access_paths(whole[0].world, whole[1]) == access_paths(found.world, person)
            assert why(whole[0].world, whole[1]) == why(found.world, person)
            for vault_id in vaults:
                _same(reader, rules, found, key, vault_id)
        assert near_person(reader, rules, "d:nobody", now_ms) is None


def _same(reader: Reader, rules: Rules, found: Assessment, key: str, vault_id: str) -> None:
    got = near_person(reader, rules, key, found.world.now_ms, vault_id=vault_id)
    assert got is not None
    near, person = got
    same = found.world.people[key]
    assert person == same
    assert edges_between(near.world, person, vault_id) == edges_between(found.world, same, vault_id)
    mine = smallest_cut(near.world, person, vault_id, others_near(reader, near, person))
    whole = smallest_cut(found.world, same, vault_id)
    assert (mine is None) == (whole is None)
    if mine is not None and whole is not None:
        assert [(one.edge, one.owned) for one in mine.edges] == [
            (one.edge, one.owned) for one in whole.edges
        ]
        assert (mine.loses, mine.others) == (whole.loses, whole.others)
    assert why_not(near.world, person, vault_id) == why_not(found.world, same, vault_id)


async def test_a_link_in_doubt_says_why_there_is_none(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    made = bench(data, people=4)
    made.pair.directory.tenant.add(Group("dg-twin", "twin"))
    made.pair.secrets.tenant.add(Group("sg-twin-1", "twin"), Group("sg-twin-2", "twin"))
    await made.engine.refresh(lambda _event: None, lambda: False)
    rules = rules_of(made.pair)
    mapping = Mapping(
        NamedId("dg-twin", "twin"), (GrantRule(NamedId("v-payments", "Payments"), Level.READ),)
    )
    rules = replace(rules, mappings=(*rules.mappings, mapping))
    with open_cache(data / "cache.db") as cache:
        found = read_assessment(cache, rules, made.watch.now())
    with open_reader(data / "cache.db") as reader:
        got = near_person(reader, rules, "d:d-003", found.world.now_ms, vault_id="v-payments")
        assert got is not None
        told = why_not(got[0].world, got[1], "v-payments")
    assert told == why_not(found.world, found.world.people["d:d-003"], "v-payments")
    linked = next(gate for gate in told.gates if gate.kind is GateKind.LINKED)
    assert "could be twin (sg-twin-1) and twin (sg-twin-2)" in linked.words


async def test_the_others_are_others_whatever_they_are_called(
    world: tuple[Bench, Rules, Assessment],
) -> None:
    made, rules, found = world
    with open_reader(made.data / "cache.db") as reader:
        got = near_person(reader, rules, "d:d-003", found.world.now_ms)
        assert got is not None
        near, person = got
        assert person.directory is not None
        assert person.secrets is not None
        married = replace(person, directory=replace(person.directory, display_name="Other Name"))
        others = others_near(reader, near, married)("sg-everyone")
    assert person.secrets.display_name not in others.names
    assert len(others.names) == 5
    assert others.count == len(found.world.secrets.direct["sg-everyone"]) - 1


async def test_about_every_vault(world: tuple[Bench, Rules, Assessment]) -> None:
    made, rules, found = world
    with open_reader(made.data / "cache.db") as reader:
        for vault in found.secrets.vaults:
            near = near_vault(reader, rules, vault.id, found.world.now_ms)
            assert near is not None
            part = near.world.secrets
            assert part.vaults[vault.id] == vault
            assert set(part.grants_on.get(vault.id, ())) == set(
                found.world.secrets.grants_on.get(vault.id, ())
            )
            for grant in part.grants_on.get(vault.id, ()):
                if grant.principal_kind is PrincipalKind.GROUP:
                    link = near.world.link_of_secrets[grant.principal_id]
                    assert link == found.world.link_of_secrets[grant.principal_id]
                if grant.principal_kind is PrincipalKind.ACCOUNT:
                    assert grant.principal_id in part.accounts


def test_before_anything_was_read(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with open_reader(tmp_path / "cache.db") as reader:
        assert near_person(reader, Rules(), "d:1", 0) is None
        assert near_vault(reader, Rules(), "v", 0) is None
