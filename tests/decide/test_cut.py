"""The smallest cut, against every subset of the edges, and in words."""

from collections.abc import Iterable, Sequence
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decide.worlds import Org, account, office

from keyturn.decide.cut import Cut, Others, cut_words, least_edges, own_cut, smallest_cut
from keyturn.decide.edges import PERSON, VAULT, Edge, EdgeKind, Owner, edges_between, owner_of
from keyturn_providers.records import Group, Level


def _cut(org: Org, key: str, vault: str) -> Cut:
    found = smallest_cut(org.world(), org.who(key), vault)
    assert found is not None
    return found


def _owners(org: Org, key: str, vault: str) -> list[tuple[Owner, str]]:
    world, person = org.world(), org.who(key)
    found = [owner_of(world, person, vault, edge) for edge in edges_between(world, person, vault)]
    return [(one.owner, one.name) for one in found]


def _nested() -> Org:
    """Two own groups, both nested in one that is granted."""
    org = office()
    org.secrets.groups.append(Group("sg-top", "top"))
    org.secrets.join("sg-ops", "s1")
    org.secrets.nest("sg-top", "sg-eng")
    org.secrets.nest("sg-top", "sg-ops")
    org.vault("safe")
    org.group_grant("top", "safe", Level.READ)
    return org


def test_a_membership_that_the_directory_gives() -> None:
    org = office()
    cut = _cut(org, "d:d1", "v-prod")
    (one,) = cut.edges
    assert (one.edge.kind, one.owned.owner) == (EdgeKind.MEMBERSHIP, Owner.DIRECTORY_GROUP)
    assert cut_words(cut, "Name 1") == (
        "Take Name 1 out of eng in idp; a sync follows in bao.",
        "Nobody else is touched, and nothing else is lost.",
    )


def test_what_else_the_person_loses() -> None:
    org = office()
    org.group_grant("eng", "pay", Level.READ)
    org.direct_grant(1, "pay", Level.NONE)
    assert _cut(org, "d:d1", "v-prod").loses == ("pay",)
    assert cut_words(_cut(org, "d:d1", "v-prod"), "Name 1")[1:] == (
        "Name 1 also loses 1 other vault: pay.", "Nobody else is touched.",
    )  # fmt: skip
    org.direct_grant(1, "pay", Level.READ)
    assert _cut(org, "d:d1", "v-prod").loses == ()


def test_two_ways_are_two_edges() -> None:
    org = office()
    org.direct_grant(1, "prod", Level.READ)
    org.direct_grant(1, "prod", Level.NONE, "nothing")
    found = _cut(org, "d:d1", "v-prod")
    assert [one.edge.kind for one in found.edges] == [EdgeKind.MEMBERSHIP, EdgeKind.DIRECT_GRANT]
    assert found.edges[1].owned.remove == "revoke read on prod from Name 1 in bao"
    org.waive("d1.login", "prod")
    assert "policy line 30" in _cut(org, "d:d1", "v-prod").edges[1].owned.remove


def test_nobody_without_access_has_a_cut() -> None:
    org = office()
    world = org.world()
    assert smallest_cut(world, org.who("d:d3"), "v-prod") is None
    assert own_cut(world, org.who("d:d3"), "v-prod") is None
    org.directory.accounts.append(account("d9"))
    assert smallest_cut(org.world(), org.who("d:d9"), "v-prod") is None


def test_the_least_edges_may_touch_others_and_the_own_ones_do_not() -> None:
    org = _nested()
    cut = _cut(org, "d:d1", "v-safe")
    (one,) = cut.edges
    assert (one.edge.kind, one.owned.owner) == (EdgeKind.GROUP_GRANT, Owner.SECRETS_GROUP)
    assert cut.others == 2
    assert cut_words(cut, "Name 1") == (
        "Revoke read on safe from the group top in bao.",
        (
            "2 others (Name 2, Name 3) pass through it too, and lose safe unless there is another "
            "way for them."
        ),
    )
    own = own_cut(org.world(), org.who("d:d1"), "v-safe")
    assert own is not None
    assert [one.edge.kind for one in own.edges] == [EdgeKind.MEMBERSHIP] * 2
    assert own.others == 0


def test_others_may_be_told_by_somebody_else() -> None:
    org = _nested()
    many = smallest_cut(org.world(), org.who("d:d1"), "v-safe", lambda _: Others(9, ("Bo", "Cy")))
    assert many is not None
    assert "9 others (Bo, Cy and 7 more) pass" in cut_words(many, "Name 1")[1]
    one = smallest_cut(org.world(), org.who("d:d1"), "v-safe", lambda _: Others(1))
    assert one is not None
    assert "1 other passes through it too, and loses safe" in cut_words(one, "Name 1")[1]


def test_who_owns_each_edge() -> None:
    org = _nested()
    assert (Owner.SECRETS_GROUP, "group top in bao") in _owners(org, "d:d1", "v-safe")
    org.directory.groups = [
        Group(one.id, one.name, rules=("All engineers",)) if one.id == "dg-eng" else one
        for one in org.directory.groups
    ]
    org.directory.groups.append(Group("dg-top", "top"))
    org.directory.nest("dg-top", "dg-eng")
    assert _owners(org, "d:d1", "v-safe") == [
        (Owner.DIRECTORY_RULE, "rule All engineers of idp"),
        (Owner.SECRETS_GROUP, "group ops in bao"),
        (Owner.DIRECTORY_GROUP, "group top in idp"),
        (Owner.SECRETS_GROUP, "group top in bao"),
        (Owner.SECRETS_GROUP, "group top in bao"),
    ]
    org.mapping("top", ("safe", Level.READ), line=40)
    world, person = org.world(), org.who("d:d1")
    grant = edges_between(world, person, "v-safe")[-1]
    assert "the policy wants it (line 41)" in owner_of(world, person, "v-safe", grant).remove


def test_a_group_that_the_source_fills_by_itself() -> None:
    org = office()
    org.secrets.groups.append(Group("sg-own", "own", managed_by="login"))
    org.secrets.join("sg-own", "s1")
    org.secrets.accounts.append(account("s9"))
    org.secrets.join("sg-eng", "s9")
    org.vault("safe")
    org.group_grant("own", "safe", Level.READ)
    assert _owners(org, "d:d1", "v-safe")[0] == (Owner.SOURCE, "bao (login)")
    assert _owners(org, "s:s9", "v-prod")[0] == (Owner.SECRETS_GROUP, "group eng in bao")


def test_what_nobody_can_revoke_is_not_in_a_cut() -> None:
    org = office()
    org.direct_grant(3, "prod", Level.MANAGE, revocable=False, note="an owner of the account")
    cut = _cut(org, "d:d3", "v-prod")
    assert cut.edges == ()
    assert cut_words(cut, "Name 3") == (
        (
            "No edge can be taken away that ends it (Name 3 on prod: an owner of the account). "
            "Suspending the account does."
        ),
    )
    org.direct_grant(3, "pay", Level.MANAGE, revocable=False)
    assert _cut(org, "d:d3", "v-pay").stuck[0].stuck == "no reason is told"


def test_a_token_is_one_edge_and_takes_all_it_opens() -> None:
    org = office()
    org.direct_grant(3, "prod", Level.READ, "token/a/policy/x")
    org.direct_grant(3, "prod", Level.WRITE, "token/a/policy/y")
    org.vault("safe")
    org.direct_grant(3, "safe", Level.READ, "token/a/policy/z")
    cut = _cut(org, "d:d3", "v-prod")
    (one,) = cut.edges
    assert one.edge.level is Level.WRITE
    assert cut.loses == ("safe",)


# ---------------------------------------------------------------------- every graph

_NODES = ("a", "b", "c", "d")
_ARCS = [
    *((PERSON, node) for node in _NODES),
    *((one, other) for one in _NODES for other in _NODES if one != other),
    *((node, VAULT) for node in (PERSON, *_NODES)),
]


def _edge(start: str, end: str, number: int, *, stuck: bool) -> Edge:
    return Edge(
        EdgeKind.NESTING, start, end, start, end, Level.READ, str(number), "so" if stuck else ""
    )


_graphs = st.lists(
    st.tuples(st.sampled_from(_ARCS), st.integers(0, 3), st.integers(0, 5)), max_size=10
)


def _reaches(edges: Iterable[Edge]) -> bool:
    every = list(edges)
    seen = {PERSON}
    while more := {e.end for e in every if e.start in seen} - seen:
        seen |= more
    return VAULT in seen


def _brute(edges: Sequence[Edge], weights: dict[Edge, int]) -> tuple[int, int] | None:
    """How many edges, and of what weight, the best of all subsets has."""
    may = [edge for edge in edges if not edge.stuck]
    for size in range(len(may) + 1):
        sums = [
            sum(weights[edge] for edge in chosen)
            for chosen in combinations(may, size)
            if not _reaches(edge for edge in edges if edge not in chosen)
        ]
        if sums:
            return size, min(sums)
    return None


@settings(max_examples=150, deadline=None)
@given(_graphs)
def test_the_cut_is_the_best_of_all_subsets(graph: list[tuple[tuple[str, str], int, int]]) -> None:
    weights = {
        _edge(start, end, number, stuck=odd == 5): weight
        for number, ((start, end), weight, odd) in enumerate(graph)
    }
    edges = list(weights)
    found = least_edges(edges, weights)
    best = _brute(edges, weights)
    if found is None:
        assert best is None
        return
    assert not _reaches(edge for edge in edges if edge not in found)
    assert not any(edge.stuck for edge in found)
    assert (len(found), sum(weights[edge] for edge in found)) == best
    own = least_edges(edges, weights, alone=True)
    assert own is None or not any(weights[edge] for edge in own)
