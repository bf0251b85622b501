"""Why somebody can open a vault, and where it ends when they cannot."""

from dataclasses import replace
from itertools import pairwise, permutations

from hypothesis import given
from hypothesis import strategies as st
from tests.decide.worlds import NOW_MS, SUSPENDED, Org, account, office

from keyturn.decide.explain import access_paths, day, told, why
from keyturn.decide.index import MORE_WAYS, has_more_ways, ways_of
from keyturn_providers.records import AccountState, Collection, Group, Level


def _rich() -> Org:
    org = office()
    org.secrets.groups.append(Group("sg-top", "top"))
    org.secrets.nest("sg-top", "sg-eng")
    org.group_grant("top", "pay", Level.READ)
    org.direct_grant(1, "pay", Level.MANAGE)
    org.direct_grant(1, "prod", Level.READ)
    org.direct_grant(1, "prod", Level.NONE)
    org.group_grant("eng", "pay", Level.NONE)
    org.waive("d1.login", "prod")
    return org


def test_every_path_strongest_first() -> None:
    org = _rich()
    paths = access_paths(org.world(), org.who("d:d1"))
    assert [(p.vault_name, p.level, p.via, p.in_policy, p.policy_line) for p in paths] == [
        ("pay", Level.MANAGE, "direct", False, 0),
        ("prod", Level.WRITE, "eng", True, 8),
        ("pay", Level.READ, "eng > top", False, 0),
        ("prod", Level.READ, "direct", True, 30),
    ]
    assert paths[2].group_ids == ("sg-eng", "sg-top")
    assert paths[3].until_ms is not None


def test_two_nestings_that_lead_to_one_group_are_two_paths() -> None:
    org = office()
    for name in ("left", "right", "top"):
        org.secrets.groups.append(Group(f"sg-{name}", name))
    org.secrets.nest("sg-left", "sg-eng")
    org.secrets.nest("sg-right", "sg-eng")
    org.secrets.nest("sg-top", "sg-left")
    org.secrets.nest("sg-top", "sg-right")
    org.secrets.nest("sg-eng", "sg-top")  # in a circle: no way goes through a group twice
    org.group_grant("top", "pay", Level.READ)
    world, ana = org.world(), org.who("d:d1")
    found = [p.via for p in access_paths(world, ana) if p.vault_name == "pay"]
    assert found == ["eng > left > top", "eng > right > top"]
    assert "There is another way: the group eng > right > top." in why(world, ana, "v-pay")


@given(st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12))
def test_every_way_through_nested_groups_is_told_once(nested: set[tuple[int, int]]) -> None:
    org = office()
    org.secrets.groups += [Group(f"n{number}", f"n{number}") for number in range(5)]
    org.secrets.join("n0", "s1")
    for outer, inner in sorted(nested):
        org.secrets.nest(f"n{outer}", f"n{inner}")
    edges = {(f"n{inner}", f"n{outer}") for outer, inner in nested}
    every = {
        chain
        for length in range(5)
        for rest in permutations([f"n{number}" for number in range(1, 5)], length)
        for chain in [("n0", *rest)]
        if all(pair in edges for pair in pairwise(chain))
    }
    found = [one for one in ways_of(org.world().secrets, "s1") if one[0] == "n0"]
    assert len(found) == len(set(found))
    assert set(found) == every or len(found) >= MORE_WAYS
    assert has_more_ways(org.world().secrets, "s1") is (set(found) != every)


def test_more_ways_than_anybody_reads_are_not_all_told() -> None:
    org = office()
    org.secrets.join("n0-0", "s1")
    for level in range(12):
        for inner in range(2):
            for outer in range(2):
                org.secrets.nest(f"n{level + 1}-{outer}", f"n{level}-{inner}")
    found = [one for one in ways_of(org.world().secrets, "s1") if one[0] == "n0-0"]
    assert {one[-1] for one in found} >= {"n12-0", "n12-1"}
    assert len(found) <= 26 + MORE_WAYS
    assert has_more_ways(org.world().secrets, "s1")


def test_a_wider_grant_than_the_policy_wants_is_not_in_policy() -> None:
    org = office()
    org.group_grant("eng", "prod", Level.MANAGE)
    first, second = access_paths(org.world(), org.who("d:d1"))
    assert (first.in_policy, second.in_policy) == (False, True)


def test_nobody_without_an_account_has_paths() -> None:
    org = office()
    org.directory.accounts.append(account("d9"))
    assert access_paths(org.world(), org.who("d:d9")) == ()
    assert "There is no account in bao." in why(org.world(), org.who("d:d9"))


def test_why_in_words() -> None:
    org = _rich()
    world, ana = org.world(), org.who("d:d1")
    assert why(world, ana, "v-pay") == (
        "Name 1 can manage pay because of a direct grant (not in policy). "
        "There is another way: the group eng > top."
    )
    assert why(world, ana, "v-prod") == (
        "Name 1 can write to prod because of the group eng (policy line 8). "
        "There is another way: a direct grant."
    )
    assert why(world, ana) == (
        "Name 1 can open pay (manage by a direct grant) and prod (write by the group eng)."
    )


def test_why_counts_many_ways_and_names_the_end_of_an_exception() -> None:
    org = office()
    org.direct_grant(3, "prod", Level.READ, "a")
    org.direct_grant(3, "prod", Level.READ, "b")
    org.direct_grant(3, "prod", Level.LIST, "c")
    org.waive("d3.login", "prod")
    said = why(org.world(), org.who("d:d3"), "v-prod")
    assert f"policy line 30, until {day(NOW_MS + 86_400_000)}" in said
    assert "There are 2 more ways" in said


def test_why_says_what_state_the_accounts_are_in() -> None:
    org = office()
    org.directory.change("d1", state=SUSPENDED)
    assert "bao still has it active" in why(org.world(), org.who("d:d1"))
    org.secrets.change("s1", state=SUSPENDED)
    said = why(org.world(), org.who("d:d1"), "v-prod")
    assert said.startswith("Name 1 could, if not suspended, write to prod")
    assert said.endswith("The account is suspended.")
    org.secrets.change("s1", state=AccountState.INVITED)
    said = why(org.world(), org.who("d:d1"), "v-prod")
    assert said.startswith("Name 1 could, once the invitation is accepted and confirmed, write to")
    org.secrets.change("s1", state=AccountState.UNKNOWN)
    said = why(org.world(), org.who("d:d1"))
    assert "can perhaps open" in said
    assert "suspended in idp and unknown in bao" in said
    org.secrets.accounts.append(account("s9"))
    assert "Nobody in idp stands behind" in why(org.world(), org.who("s:s9"))


def test_no_access_is_none_visible_where_something_is_not_seen() -> None:
    org = office()
    ana = org.who("d:d1")
    assert why(org.world(), ana, "v-pay") == "Name 1 cannot open pay."
    org.secrets.blind_spots = ("child namespaces",)
    assert "not seen: child namespaces" in why(org.world(), ana, "v-pay")
    org.secrets.broken.add((Collection.GRANTS, "v-pay"))
    assert "not complete" in why(org.world(), ana, "v-pay")


def test_a_path_is_told_as_one_says_it() -> None:
    org = _rich()
    org.direct_grant(1, "pay", Level.LIST, "odd", note="set by hand")
    until = day(NOW_MS + 86_400_000)
    said = [told(org.who("d:d1"), path) for path in access_paths(org.world(), org.who("d:d1"))]
    assert said == [
        "Name 1 may manage pay by a direct grant: not in policy.",
        "Name 1 is in eng, which may write to prod: policy line 8.",
        "Name 1 is in eng, which is in top, which may read pay: not in policy.",
        f"Name 1 may read prod by a direct grant: policy line 30, until {until}.",
        "Name 1 may list what is in pay by a direct grant: not in policy (set by hand).",
    ]


def test_a_path_by_a_mapping_without_that_vault() -> None:
    org = office()
    org.rules = replace(org.rules, mappings=())
    (path,) = access_paths(org.world(), org.who("d:d1"))
    assert not path.in_policy


def test_day() -> None:
    assert day(NOW_MS) == "15 Jan 2027"
