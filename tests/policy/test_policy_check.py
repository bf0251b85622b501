"""A policy against two small sources. Nothing is called gone that a listing does not prove."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy.conftest import HEAD

from keyturn.decide.rules import Rules
from keyturn.policy import Code, LoadedPolicy, Problem
from keyturn.policy.check import check_against
from keyturn.policy.load import parse_policy
from keyturn_providers.records import (
    Account,
    AccountState,
    Collection,
    Email,
    Grant,
    Group,
    Level,
    Listing,
    MachineIdentity,
    Membership,
    PermissionRules,
    PrincipalKind,
    Side,
    Snapshot,
    SourceIdentity,
    Vault,
)

NOW = 1_700_000_000_000
POLICY = """\
mappings:
  - group: {id: g1, name: eng}
    grants:
      - {vault: {id: v1, name: Prod}, permissions: manage}
exceptions:
  - {person: ana, vault: {id: v1, name: Prod}, permissions: read, until: 2030-01-01,
     owner: ana@acme.example, reason: r}
aliases: [{directory: ana, secrets: s-breakglass}]
machines: [{machine: ci, owner: ana}]
privileges: [{person: ana, role: Owners}]
never_touch: [breakglass]
"""


def account(id_: str, name: str, email: str = "") -> Account:
    emails = (Email(email, verified=True),) if email else ()
    return Account(id_, name, name.title(), AccountState.ACTIVE, emails=emails)


def listings(*parents: str) -> tuple[Listing, ...]:
    whole = [Listing(one, complete=True) for one in Collection]
    return (*whole, *(Listing(Collection.MEMBERSHIPS, one, complete=True) for one in parents))


DIRECTORY = Snapshot(
    id=1,
    source=SourceIdentity("scim", "scim", Side.DIRECTORY, "t1"),
    taken_ms=NOW,
    complete=True,
    listings=listings("g1"),
    accounts=(account("d-ana", "ana", "Ana@acme.example"),),
    groups=(Group("g1", "eng"),),
    memberships=(Membership("g1", "d-ana"),),
)
SECRETS = Snapshot(
    id=2,
    source=SourceIdentity("openbao", "openbao", Side.SECRETS, "t2"),
    taken_ms=NOW,
    complete=True,
    listings=listings("s1"),
    accounts=(account("s-ana", "ana"), account("s-breakglass", "breakglass")),
    groups=(Group("s1", "eng"),),
    vaults=(Vault("v1", "Prod"), Vault("v2", "Billing")),
    grants=(Grant("v1", PrincipalKind.GROUP, "s1", Level.MANAGE, "group/s1/policy/p"),),
    machines=(MachineIdentity("m1", "ci", "approle"),),
)


def load(text: str = POLICY) -> LoadedPolicy:
    return parse_policy((HEAD + text).encode(), "keyturn.yaml")


def check(
    text: str = POLICY, directory: Snapshot = DIRECTORY, secrets: Snapshot = SECRETS
) -> tuple[Problem, ...]:
    loaded = load(text)
    return check_against(loaded.rules, directory, secrets, places=loaded.places)


def one(problems: tuple[Problem, ...]) -> tuple[Code, str, str, bool]:
    assert len(problems) == 1, problems
    found = problems[0]
    return found.code, f"{found.line}:{found.column}", found.path, found.warning


def test_a_policy_in_step_has_no_problem() -> None:
    assert check() == ()


def test_a_group_and_a_vault_that_are_gone_are_errors() -> None:
    gone = [x for x in check(POLICY.replace("id: g1", "id: g9")) if x.code is Code.GONE]
    assert one(tuple(gone)) == (Code.GONE, "9:12", "mappings[0].group", False)
    assert '"g9" ("eng")' in gone[0].message
    found = check(POLICY.replace("id: v1", "id: v9"))
    assert one(found) == (Code.GONE, "11:17", "mappings[0].grants[0].vault", False)


def test_an_id_under_another_name_is_an_error_that_gives_both() -> None:
    found = check(POLICY.replace("name: eng", "name: engineering"))
    assert one(found) == (Code.OTHER_NAME, "9:12", "mappings[0].group", False)
    assert '"eng"' in found[0].message
    assert '"engineering"' in found[0].message


def test_without_places_there_are_lines() -> None:
    rules = load(POLICY.replace("name: eng", "name: engineering")).rules
    found = check_against(rules, DIRECTORY, SECRETS)
    assert [(x.line, x.column) for x in found] == [(9, 0)]
    assert found[0].render("keyturn.yaml").startswith("keyturn.yaml:9  mappings[0].group: ")


def test_a_group_nothing_stands_for_is_a_warning() -> None:
    secrets = replace(SECRETS, groups=(Group("s1", "other"),))
    assert one(check(secrets=secrets)) == (Code.NOT_LINKED, "9:12", "mappings[0].group", True)


def test_a_disputed_link_says_why() -> None:
    secrets = replace(SECRETS, groups=(Group("s1", "eng"), Group("s2", "Eng")))
    found = check(secrets=secrets)
    assert one(found)[0] is Code.NOT_LINKED
    assert "secrets_group" in found[0].message


def test_an_exception_that_has_ended_is_a_warning() -> None:
    found = check(POLICY.replace("2030-01-01", "2020-01-01"))
    assert one(found) == (Code.EXPIRED, "13:74", "exceptions[0].until", True)
    assert "2020-01-02 00:00 UTC" in found[0].message


def test_the_moment_can_be_given() -> None:
    rules = load().rules
    late = rules.exceptions[0].until_ms
    assert check_against(rules, DIRECTORY, SECRETS, now_ms=late - 1) == ()
    assert [x.code for x in check_against(rules, DIRECTORY, SECRETS, now_ms=late)] == [Code.EXPIRED]


@pytest.mark.parametrize(
    ("what", "instead", "path"),
    [
        ("{person: ana, vault", "{person: anna, vault", "exceptions[0].person"),
        ("owner: ana@acme.example", "owner: anna@acme.example", "exceptions[0].owner"),
        ("{directory: ana", "{directory: breakglass", "aliases[0].directory"),
        ("secrets: s-breakglass", "secrets: d-ana", "aliases[0].secrets"),
        ("owner: ana}", "owner: anna}", "machines[0].owner"),
        ("machine: ci", "machine: CI", "machines[0].machine"),
        ("{person: ana, role", "{person: anna, role", "privileges[0].person"),
        ("[breakglass]", "[breakgloss]", "never_touch[0]"),
    ],
)
def test_a_name_that_nobody_has_is_a_warning(what: str, instead: str, path: str) -> None:
    assert what in POLICY
    code, _, where, warning = one(check(POLICY.replace(what, instead)))
    assert (code, where, warning) == (Code.NOBODY, path, True)


def test_a_vault_that_would_have_no_manager_left_is_a_warning() -> None:
    lower = POLICY.replace("permissions: manage", "permissions: edit")
    assert one(check(lower)) == (Code.NO_MANAGER, "11:17", "mappings[0].grants[0].vault", True)


def test_a_group_without_members_manages_nothing() -> None:
    assert [x.code for x in check(directory=replace(DIRECTORY, memberships=()))] == [
        Code.NO_MANAGER
    ]


def test_a_manager_by_exception_or_never_touched_is_a_manager() -> None:
    lower = POLICY.replace("permissions: manage", "permissions: edit")
    by_exception = lower.replace("permissions: read, until", "permissions: manage, until")
    assert check(by_exception) == ()
    kept = Grant("v1", PrincipalKind.ACCOUNT, "s-breakglass", Level.MANAGE, "account/x")
    assert check(lower, secrets=replace(SECRETS, grants=(*SECRETS.grants, kept))) == ()


def test_a_vault_nobody_manages_now_has_nothing_to_lose() -> None:
    lower = POLICY.replace("permissions: manage", "permissions: edit")
    assert check(lower, secrets=replace(SECRETS, grants=())) == ()


def cut(snapshot: Snapshot, collection: Collection) -> Snapshot:
    """The snapshot as a listing that died at once would leave it."""
    kept = tuple(
        replace(x, complete=False, error="cut at page 1") if x.collection is collection else x
        for x in snapshot.listings
    )
    return replace(snapshot, listings=kept)


def test_an_incomplete_listing_proves_nothing_gone_and_is_said() -> None:
    directory = replace(cut(DIRECTORY, Collection.GROUPS), groups=())
    found = check(directory=directory)
    assert [x.code for x in found] == [Code.NOT_CHECKED]
    assert "cut at page 1" in found[0].message


collections = st.sets(st.sampled_from(list(Collection)))


@settings(max_examples=80, deadline=None)
@given(collections, collections)
def test_what_is_not_listed_to_the_end_is_never_gone(
    left: set[Collection], right: set[Collection]
) -> None:
    """Cut any listings, and lose all their rows: only the other ones' names are missed."""
    directory, secrets = DIRECTORY, SECRETS
    fields = {one: one.value for one in Collection}
    for collection in left:
        directory = replace(cut(directory, collection), **{fields[collection]: ()})  # type: ignore[arg-type]  # every one of these fields takes an empty tuple
    for collection in right:
        secrets = replace(cut(secrets, collection), **{fields[collection]: ()})  # type: ignore[arg-type]  # as above
    found = {x.code for x in check(directory=directory, secrets=secrets)}
    assert not found & {Code.GONE, Code.OTHER_NAME, Code.NOBODY}
    checked = {Collection.GROUPS, Collection.ACCOUNTS}
    assert (Code.NOT_CHECKED in found) == bool(
        left & checked or right & {Collection.ACCOUNTS, Collection.VAULTS, Collection.MACHINES}
    )


def test_an_empty_policy_has_no_problem_with_anything() -> None:
    assert check_against(Rules(), DIRECTORY, SECRETS) == ()


ONE_BY_ONE = PermissionRules(
    levels=((Level.READ, ("view_items",)), (Level.WRITE, ("view_items", "edit_items"))),
    needs=(("view_items", ()), ("edit_items", ("view_items",))),
)


def test_single_permissions_must_be_the_source_s_own() -> None:
    grants = POLICY.replace("permissions: manage", "permissions: [view_items, edit_itms]")
    both = grants.replace("permissions: read, until", "permissions: [view_items], until")
    own = replace(SECRETS, permission_rules=ONE_BY_ONE)
    (found,) = [x for x in check(both, secrets=own) if x.code is Code.NOT_A_PERMISSION]
    assert found.path == "mappings[0].grants[0].permissions[1]"
    assert 'Did you mean "edit_items"?' in found.message
    assert not found.warning
    without = [x for x in check(both) if x.code is Code.NOT_A_PERMISSION]
    assert [x.path for x in without] == [
        "mappings[0].grants[0].permissions[0]",
        "mappings[0].grants[0].permissions[1]",
        "exceptions[0].permissions[0]",
    ]
    assert "does not grant permissions one by one" in without[0].message


def test_a_permission_that_is_like_none_is_told_all_there_are() -> None:
    odd = POLICY.replace("permissions: manage", "permissions: [x_y]")
    found = check(odd, secrets=replace(SECRETS, permission_rules=ONE_BY_ONE))
    (one,) = [x for x in found if x.code is Code.NOT_A_PERMISSION]
    assert "There are: view_items, edit_items." in one.message


def test_a_machine_may_be_the_directory_s() -> None:
    token = POLICY.replace("machine: ci", "machine: sync")
    nobody = [x for x in check(token) if x.code is Code.NOBODY]
    assert "Neither source has a machine identity called" in nobody[0].message
    known = replace(DIRECTORY, machines=(MachineIdentity("t1", "sync", "API token"),))
    assert Code.NOBODY not in {x.code for x in check(token, directory=known)}
    assert Code.NOBODY not in {x.code for x in check(token, cut(known, Collection.MACHINES))}
    without = replace(
        DIRECTORY,
        listings=tuple(x for x in DIRECTORY.listings if x.collection is not Collection.MACHINES),
    )
    assert [x.code for x in check(token, without)].count(Code.NOBODY) == 1
