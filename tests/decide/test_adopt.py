"""Mappings from the present state: what they say is in step, and what they cannot say is named."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.decide.worlds import Org, office

from keyturn.decide.adopt import Adopted, adopt, preset_of
from keyturn.decide.groups import LinkedBy
from keyturn.decide.rules import Rules
from keyturn.decide.words import DriftKind
from keyturn_providers.records import (
    Collection,
    Grant,
    Group,
    Level,
    PermissionRules,
    PrincipalKind,
)

OF_GROUPS = (
    DriftKind.GRANT_NOT_IN_POLICY,
    DriftKind.PERMISSIONS_WIDER,
    DriftKind.PERMISSIONS_NARROWER,
    DriftKind.MISSING_GRANT,
)
SEE, SET, ALL = ("see",), ("see", "set"), ("see", "set", "own")
RULES = PermissionRules(
    levels=((Level.READ, SEE), (Level.WRITE, SET), (Level.MANAGE, ALL)),
    needs=(("see", ()), ("set", SEE), ("own", SEE)),
)


def unmapped() -> Org:
    """The office before anybody wrote a policy."""
    org = office()
    org.rules = Rules()
    return org


def kept(org: Org, adopted: Adopted) -> Org:
    """The same organisation, with what was adopted as its policy."""
    made = tuple(one.mapping for one in adopted.mappings)
    org.rules = replace(org.rules, mappings=(*org.rules.mappings, *made))
    return org


def of_groups(org: Org) -> list[str]:
    """What differs of what groups hold."""
    return [found.words for kind in OF_GROUPS for found in org.drift(kind)]


def test_what_is_adopted_is_in_step() -> None:
    org = unmapped()
    org.group_grant("eng", "pay", Level.READ)
    org.group_grant("eng", "pay", Level.WRITE, "another")
    org.group_grant("eng", "pay", Level.NONE, "nothing")
    assert of_groups(org)
    found = adopt(org.world())
    eng, ops = found.mappings
    assert (eng.mapping.group.id, eng.mapping.secrets_group.id) == ("dg-eng", "sg-eng")  # type: ignore[union-attr] # both are there
    assert (eng.members, eng.linked_by) == (2, LinkedBy.EXTERNAL_ID)
    assert [(rule.vault.name, rule.level) for rule in eng.mapping.grants] == [
        ("pay", Level.WRITE), ("prod", Level.WRITE),
    ]  # fmt: skip
    assert ops.mapping.grants[0].level is Level.MANAGE
    assert (found.left_out, found.mapped, found.missing) == ((), 0, ())
    assert all(
        preset_of(org.world(), rule) for one in found.mappings for rule in one.mapping.grants
    )
    assert of_groups(kept(org, found)) == []


def test_nothing_is_adopted_while_a_listing_is_not_whole() -> None:
    org = unmapped()
    org.secrets.broken.add((Collection.GRANTS, "v-pay"))
    found = adopt(org.world())
    assert found.mappings == ()
    assert found.missing == ("the grants on pay in bao could not be read to the end",)


def test_what_the_policy_maps_already_stays_and_only_the_groups_named_are_adopted() -> None:
    org = office()
    org.rules = replace(org.rules, mappings=org.rules.mappings[:1])
    org.group_grant("eng", "pay", Level.READ)
    found = adopt(org.world())
    assert ([one.mapping.group.name for one in found.mappings], found.mapped) == (["ops"], 1)
    bare = unmapped()
    for ids in ({"dg-eng"}, {"sg-eng"}):
        named = adopt(bare.world(), ids)
        assert [one.mapping.group.name for one in named.mappings] == ["eng"]
    bare.direct_grant(1, "pay", Level.READ)
    assert adopt(bare.world(), {"dg-eng"}).left_out == ()


def test_what_no_mapping_can_say_is_named_with_the_reason() -> None:
    org = unmapped()
    org.secrets.groups.append(Group("sg-lone", "lone"))
    org.group_grant("lone", "prod", Level.READ)
    for number in (1, 2):
        org.direct_grant(number, "pay", Level.READ)
    org.direct_grant(1, "prod", Level.READ)
    org.direct_grant(1, "prod", Level.NONE, "nothing")
    org.group_grant("eng", "pay", Level.UNKNOWN)
    org.vault("odd")
    org.team("dark", 1)
    org.group_grant("dark", "odd", Level.UNKNOWN)
    left = {one.words: one.reason for one in adopt(org.world()).left_out}
    assert left["lone opens prod"].startswith("No group of idp stands for it")
    assert left["3 direct grants of 2 accounts"].startswith("A mapping is for groups.")
    assert "cannot evaluate" in left["eng opens pay"]
    assert "cannot evaluate" in left["dark opens odd"]
    assert [one.mapping.group.name for one in adopt(org.world()).mappings] == ["eng", "ops"]


def test_a_group_that_could_be_two_is_not_adopted() -> None:
    org = unmapped()
    org.secrets.groups.append(Group("sg-eng2", "eng two", external_id="dg-eng"))
    org.group_grant("eng2", "pay", Level.READ)
    found = adopt(org.world())
    assert [one.mapping.group.name for one in found.mappings] == ["ops"]
    assert len(found.left_out) == 2
    assert all("could be" in one.reason for one in found.left_out)


def test_a_group_that_a_mapping_may_mean_by_another_id_is_not_adopted() -> None:
    org = unmapped()
    org.mapping("gone", ("pay", Level.READ), name="eng")
    found = adopt(org.world())
    assert [one.mapping.group.name for one in found.mappings] == ["ops"]
    assert "correct the policy first" in found.left_out[0].reason


@given(st.lists(st.sampled_from(("see", "set", "own")), min_size=1, unique=True))
def test_single_permissions_are_adopted_as_they_are(names: list[str]) -> None:
    org = unmapped()
    org.secrets.permission_rules = RULES
    held = tuple(name for name in ("see", "set", "own") if name in {*names, "see"})
    org.secrets.grants = [
        Grant("v-pay", PrincipalKind.GROUP, "sg-eng", Level.READ, "x", permissions=held),
        Grant("v-prod", PrincipalKind.GROUP, "sg-eng", Level.WRITE, "y"),
    ]
    found = adopt(org.world())
    pay, prod = found.mappings[0].mapping.grants
    assert pay.permissions == held
    assert preset_of(org.world(), pay) == (held in {names for _, names in RULES.levels})
    assert (prod.level, preset_of(org.world(), prod)) == (Level.WRITE, True)
    assert of_groups(kept(org, found)) == []
