"""Drift where permissions are granted one by one: sets decide, not levels."""

from dataclasses import replace

import pytest
from tests.decide.journals import done
from tests.decide.one_by_one import RULES, hold, one_by_one, want
from tests.decide.worlds import office

from keyturn.decide.explain import access_paths
from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.decide.guard import judge
from keyturn.decide.plan import plan_sync
from keyturn.decide.rules import GrantRule, Mapping, NamedId, Waiver
from keyturn.decide.side_effects import side_effects
from keyturn.decide.words import DriftKind
from keyturn_providers.records import Level, PrincipalKind, Side

ACCOUNT, GROUP = PrincipalKind.ACCOUNT, PrincipalKind.GROUP


def test_the_whole_sets_of_the_levels_are_in_step() -> None:
    assert one_by_one().drift() == ()


def test_a_permission_too_many_is_narrowed_away() -> None:
    org = one_by_one()
    want(org, "reveal")
    found = org.one(DriftKind.PERMISSIONS_WIDER)
    assert "wants read, without edit and export" in found.words
    (change,) = found.remedy
    assert change.kind is ChangeKind.NARROW
    assert (change.level, change.permissions) == (Level.READ, ("view", "reveal"))
    context = org.context()
    (operation,) = plan_sync([found], context).operations
    assert operation.words == "Leave eng only read on prod in bao"
    assert operation.also == (
        "taken: edit",
        "with it goes what needs it: export",
        "2 active members of eng: Name 1 and Name 2",
    )
    assert operation.inverse is not None
    assert operation.inverse.kind is ChangeKind.RESTORE_GRANT
    assert operation.inverse.permissions == ("view", "reveal", "edit", "export")
    back = plan_sync([replace(found, remedy=(operation.inverse,))], context).operations[0]
    assert back.change.permissions == operation.inverse.permissions


def test_a_permission_too_few_is_given_with_what_it_needs() -> None:
    org = one_by_one()
    hold(org, GROUP, "sg-eng", "prod", "view")
    want(org, "export")
    found = org.one(DriftKind.PERMISSIONS_NARROWER)
    assert "wants write" in found.words
    (change,) = found.remedy
    assert (change.kind, change.permissions) == (
        ChangeKind.GRANT,
        ("view", "reveal", "edit", "export"),
    )
    (operation,) = plan_sync([found], org.context()).operations
    assert operation.also == (
        "sent: view, reveal, edit and export",
        "export needs also: view, reveal and edit",
    )
    assert operation.inverse is not None
    assert (operation.inverse.kind, operation.inverse.permissions) == (ChangeKind.NARROW, ("view",))


def test_what_needs_nothing_is_sent_as_it_is() -> None:
    org = one_by_one()
    org.secrets.grants = [g for g in org.secrets.grants if g.principal_id != "sg-eng"]
    want(org, "manage", "view")
    found = org.one(DriftKind.MISSING_GRANT)
    (operation,) = plan_sync([found], org.context()).operations
    assert operation.also == ("sent: view and manage",)
    assert operation.words == "Give eng manage on prod in bao"
    assert operation.inverse is None


def test_a_set_of_no_level_is_told_by_name() -> None:
    org = one_by_one()
    org.secrets.permission_rules = replace(RULES, levels=RULES.levels[:1])
    hold(org, GROUP, "sg-eng", "prod", "view")
    want(org, "edit")
    found = next(f for f in org.drift(DriftKind.PERMISSIONS_NARROWER) if f.object)
    assert "wants view, reveal and edit" in found.words
    (operation,) = plan_sync([found], org.context()).operations
    assert operation.words == "Give eng view, reveal and edit on prod in bao"


def test_both_at_once_where_neither_set_contains_the_other() -> None:
    org = one_by_one()
    hold(org, GROUP, "sg-eng", "prod", "view", "manage")
    kinds = {found.kind for found in org.drift()}
    assert kinds == {DriftKind.PERMISSIONS_WIDER, DriftKind.PERMISSIONS_NARROWER}


@pytest.mark.parametrize("held", [("manage",), ("view", "manage"), ("view", "reveal", "manage")])
def test_what_is_too_much_and_too_little_at_once_ends_as_the_policy_wants(
    held: tuple[str, ...],
) -> None:
    org = one_by_one()
    want(org, "export")
    hold(org, GROUP, "sg-eng", "prod", *held)
    plan = plan_sync(org.drift(), org.context())
    assert [operation.change.kind for operation in plan.operations] == [
        ChangeKind.GRANT, ChangeKind.NARROW,
    ]  # fmt: skip
    _ = done(org, plan)
    assert org.drift() == ()


def test_where_nothing_of_it_is_allowed_the_whole_grant_goes() -> None:
    org = one_by_one()
    org.waive("d1", "pay", Level.READ)
    hold(org, ACCOUNT, "s1", "pay", "manage")
    (change,) = org.one(DriftKind.PERMISSIONS_WIDER).remedy
    assert (change.kind, change.permissions) == (ChangeKind.REVOKE, ("manage",))


def test_a_permission_nobody_knows_is_left_to_people() -> None:
    org = one_by_one()
    hold(org, GROUP, "sg-eng", "prod", "view", "new_thing")
    found = org.one(DriftKind.UNKNOWN_STATE)
    assert "view and new_thing" in found.words
    assert not found.remedy
    hold(org, ACCOUNT, "s1", "pay", "new_thing")
    direct = org.one(DriftKind.DIRECT_GRANT)
    assert not direct.remedy
    hold(org, GROUP, "sg-eng", "pay", "new_thing")
    unwanted = org.one(DriftKind.GRANT_NOT_IN_POLICY)
    assert "cannot evaluate what it allows (new_thing)" in unwanted.remedy_words


def test_a_policy_with_an_unknown_permission_gives_and_takes_nothing() -> None:
    org = one_by_one()
    want(org, "edti")
    wider = org.one(DriftKind.PERMISSIONS_WIDER)
    assert not wider.remedy
    assert "does not know: edti" in wider.remedy_words
    found = org.one(DriftKind.PERMISSIONS_NARROWER)
    assert "does not know: edti" in found.remedy_words
    org.secrets.grants = [g for g in org.secrets.grants if g.principal_id != "sg-eng"]
    missing = org.one(DriftKind.MISSING_GRANT)
    assert "does not know: edti" in missing.remedy_words


def test_a_list_of_permissions_means_nothing_where_levels_are_granted() -> None:
    org = office()
    want(org, "edit")
    (found,) = org.drift()
    assert (found.kind, found.remedy) == (DriftKind.PERMISSIONS_NARROWER, ())
    assert "name a preset" in found.remedy_words
    assert "wants edit" in found.words


def test_hidden_permissions_go_by_the_level() -> None:
    org = one_by_one()
    org.secrets.grants = [replace(grant, permissions=()) for grant in org.secrets.grants]
    assert org.drift() == ()
    org.secrets.grants = [
        replace(grant, level=Level.MANAGE) if grant.principal_id == "sg-eng" else grant
        for grant in org.secrets.grants
    ]
    wider = org.one(DriftKind.PERMISSIONS_WIDER)
    assert [change.kind for change in wider.remedy] == [ChangeKind.GRANT, ChangeKind.REVOKE]


def test_two_mappings_of_one_vault_add_up() -> None:
    org = one_by_one()
    more = Mapping(
        NamedId("dg-eng", "eng"), (GrantRule(NamedId("v-prod", "prod"), Level.READ),), line=40
    )
    org.rules = replace(org.rules, mappings=(*org.rules.mappings, more))
    assert org.drift() == ()
    managing = replace(more, grants=(replace(more.grants[0], level=Level.MANAGE),))
    org.rules = replace(org.rules, mappings=(*org.rules.mappings[:2], managing))
    assert [found.kind for found in org.drift()] == [DriftKind.PERMISSIONS_NARROWER]


@pytest.mark.parametrize("listed", [("view", "reveal"), ()])
def test_a_direct_grant_is_narrowed_to_its_exception(listed: tuple[str, ...]) -> None:
    org = one_by_one()
    hold(org, ACCOUNT, "s1", "pay", "view", "reveal", "edit")
    level = Level.UNKNOWN if listed else Level.READ
    waiver = Waiver("s1", NamedId("v-pay", "pay"), level, 2**50, "o", "r", "", 30, listed)
    org.rules = replace(org.rules, exceptions=(waiver,))
    found = org.one(DriftKind.PERMISSIONS_WIDER)
    assert "allows read" in found.words
    (change,) = found.remedy
    assert (change.kind, change.permissions) == (ChangeKind.NARROW, ("view", "reveal"))
    hold(org, ACCOUNT, "s1", "pay", "view")
    assert org.drift() == ()
    person = org.who("d:d1")
    (path,) = [p for p in access_paths(org.world(), person) if p.vault_id == "v-pay"]
    assert path.in_policy


def test_narrowing_counts_as_taking_the_manager_away() -> None:
    org = one_by_one()
    hold(org, GROUP, "sg-ops", "pay", *RULES.levels[-1][1])
    org.secrets.grants[-1] = replace(org.secrets.grants[-1], level=Level.MANAGE)
    org.rules = replace(
        org.rules,
        mappings=(
            org.rules.mappings[0],
            replace(
                org.rules.mappings[1],
                grants=(GrantRule(NamedId("v-pay", "pay"), Level.WRITE, line=18),),
            ),
        ),
    )
    wider = org.one(DriftKind.PERMISSIONS_WIDER)
    context = org.context()
    plan = plan_sync([wider], context)
    guards = {guard.guard: guard for guard in judge(plan.operations, context)}
    assert guards["last manager"].verdict.value == "refuse"
    assert plan.operations[0].change.kind is ChangeKind.NARROW


def test_an_edge_that_is_in_no_listing_says_nothing_of_what_is_taken() -> None:
    org = one_by_one()
    want(org, "reveal")
    (change,) = org.one(DriftKind.PERMISSIONS_WIDER).remedy
    (edge,) = [grant for grant in org.secrets.grants if grant.principal_id == "sg-eng"]
    org.secrets.grants.remove(edge)
    assert side_effects(org.world(), change) == ("2 active members of eng: Name 1 and Name 2",)


def test_members_out_of_a_directory_group_that_is_in_no_listing_have_no_side_effects() -> None:
    there = Ref(Side.DIRECTORY, ObjectKind.GROUP, "dg-lost", "lost")
    who = Ref(Side.DIRECTORY, ObjectKind.ACCOUNT, "d1", "Name 1")
    change = Change(ChangeKind.REMOVE_MEMBERSHIP, Side.DIRECTORY, account=who, group=there)
    assert side_effects(one_by_one().world(), change) == ()


def test_a_revocation_is_told_by_vault_and_level_where_edges_have_no_names() -> None:
    org = one_by_one()
    hold(org, ACCOUNT, "s1", "pay", "view", "reveal")
    org.secrets.grants[-1] = replace(org.secrets.grants[-1], level=Level.READ)
    found = org.one(DriftKind.DIRECT_GRANT)
    (operation,) = plan_sync([found], org.context()).operations
    assert operation.words.startswith("Revoke read on pay from Name 1")
    assert operation.inverse is not None
    back = plan_sync([replace(found, remedy=(operation.inverse,))], org.context()).operations[0]
    assert back.words.startswith("Give Name 1")
    assert "back view and reveal on pay" in back.words or "back read on pay" in back.words
    assert operation.change.carrier == "account/s1/vault/v-pay"


def test_a_revocation_is_told_by_what_is_held() -> None:
    org = one_by_one()
    hold(org, GROUP, "sg-eng", "pay", "manage")
    found = org.one(DriftKind.GRANT_NOT_IN_POLICY)
    (operation,) = plan_sync([found], org.context()).operations
    assert operation.words == "Revoke all access on pay from eng in bao"
    org.secrets.grants[-1] = replace(org.secrets.grants[-1], level=Level.MANAGE)
    (operation,) = plan_sync([found], org.context()).operations
    assert operation.words == "Revoke manage on pay from eng in bao"
