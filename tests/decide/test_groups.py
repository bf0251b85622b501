"""Which groups stand for each other, and who is effectively in them."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decide.worlds import Half, Org

from keyturn.decide.groups import GroupLink, LinkedBy, link_groups
from keyturn.decide.index import chains_of, group_and_inside, index, members_of
from keyturn.decide.rules import Mapping, NamedId, Rules
from keyturn_providers.records import Group, Side


def _links(
    directory: list[Group], secrets: list[Group], *pairs: tuple[str, str]
) -> dict[str, GroupLink]:
    org = Org()
    org.directory.groups, org.secrets.groups = directory, secrets
    rules = Rules(
        mappings=tuple(
            Mapping(NamedId(a, ""), (), NamedId(b, "") if b else None, line=3) for a, b in pairs
        )
    )
    links = link_groups(org.directory.snapshot(), org.secrets.snapshot(), rules)
    return {link.key: link for link in links}


def _pair(link: GroupLink) -> tuple[str, LinkedBy]:
    assert link.secrets is not None
    return link.secrets.id, link.linked_by


def test_policy_before_external_id_before_name() -> None:
    links = _links(
        [Group("d1", "a"), Group("d2", "b"), Group("d3", "c")],
        [Group("s1", "x"), Group("s2", "y", external_id="d2"), Group("s3", "C")],
        ("d1", "s1"),
    )
    assert _pair(links["d:d1"]) == ("s1", LinkedBy.POLICY)
    assert _pair(links["d:d2"]) == ("s2", LinkedBy.EXTERNAL_ID)
    assert _pair(links["d:d3"]) == ("s3", LinkedBy.NAME)
    assert [links[k].managed for k in ("d:d1", "d:d2", "d:d3")] == [True, True, False]


def test_an_equal_name_is_managed_once_the_policy_names_the_group() -> None:
    links = _links([Group("d1", "a")], [Group("s1", "a")], ("d1", ""))
    assert links["d:d1"].managed


def test_the_directory_may_know_the_other_id_or_both_a_third() -> None:
    links = _links(
        [Group("d1", "a", external_id="s1"), Group("d2", "b", external_id="hr")],
        [Group("s1", "x"), Group("s2", "y", external_id="hr")],
    )
    assert _pair(links["d:d1"])[0] == "s1"
    assert _pair(links["d:d2"])[0] == "s2"


def test_groups_without_a_counterpart_stand_alone() -> None:
    links = _links([Group("d1", "a")], [Group("s1", "b")])
    assert links["d:d1"].secrets is None
    assert links["s:s1"].directory is None
    assert not links["s:s1"].managed
    assert links["s:s1"].name == "b"


def test_a_name_that_two_bear_links_neither() -> None:
    links = _links([Group("d1", "a"), Group("d2", "A")], [Group("s1", "a")])
    assert all(link.secrets is None for link in links.values() if link.directory)
    assert all("secrets_group" in link.problem for link in links.values())


def test_a_name_is_not_unique_because_its_other_bearer_is_linked_by_id() -> None:
    links = _links(
        [Group("d1", "a"), Group("d2", "a")],
        [Group("s1", "a", external_id="d1"), Group("s2", "a")],
    )
    assert _pair(links["d:d1"]) == ("s1", LinkedBy.EXTERNAL_ID)
    assert links["d:d2"].secrets is None
    assert links["d:d2"].problem


def test_two_groups_with_one_external_id_are_disputed_not_linked_by_name() -> None:
    links = _links(
        [Group("d1", "a")], [Group("s1", "a", external_id="d1"), Group("s2", "b", external_id="d1")]
    )
    assert links["d:d1"].secrets is None
    assert "external id" in links["d:d1"].problem


def test_a_named_group_that_is_gone_is_not_replaced_by_another() -> None:
    links = _links([Group("d1", "a")], [Group("s1", "a")], ("d1", "s9"))
    assert links["d:d1"].secrets is None
    assert "line 3" in links["d:d1"].problem


def test_two_directory_groups_for_one_secrets_group_are_disputed() -> None:
    links = _links(
        [Group("d1", "a"), Group("d2", "b")], [Group("s1", "x")], ("d1", "s1"), ("d2", "s1")
    )
    assert links["d:d1"].secrets is None
    assert links["s:s1"].problem


def test_a_mapping_of_a_group_that_is_gone_links_nothing() -> None:
    links = _links([Group("d1", "")], [Group("s1", "")], ("d9", "s1"))
    assert links["d:d1"].secrets is None
    assert links["s:s1"].problem == ""


def test_nested_members_and_circles() -> None:
    half = Half(Side.SECRETS)
    half.groups = [Group(x, x) for x in "abc"]
    half.join("a", "1")
    half.join("c", "3", "3")
    half.nest("a", "b")
    half.nest("b", "c")
    half.nest("c", "a")
    indexed = index(half.snapshot())
    assert members_of(indexed, "a") == {"1", "3"}
    assert group_and_inside(indexed, "a") == {"a": ("a",), "b": ("b", "a"), "c": ("c", "b", "a")}
    assert list(chains_of(indexed, "3")) == [("c",), ("c", "b"), ("c", "b", "a")]


_edges = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd1234")), max_size=14)


@settings(max_examples=120, deadline=None)
@given(_edges)
def test_members_are_what_walking_finds(edges: list[tuple[str, str]]) -> None:
    for some in (edges, edges[:-1]):
        half = Half(Side.SECRETS)
        half.groups = [Group(x, x) for x in "abcd"]
        for group, member in some:
            if member in "abcd":
                half.nest(group, member)
            else:
                half.join(group, member)
        indexed = index(half.snapshot())
        members = {group: members_of(indexed, group) for group in indexed.groups}
        for group in "abcd":
            reached = {group}
            for _ in "abcd":
                reached |= {m for g, m in some if g in reached and m in "abcd"}
            expected = {m for g, m in some if g in reached and m in "1234"}
            assert members[group] == expected
            for one in expected:
                assert any(chain[-1] == group for chain in chains_of(indexed, one))
