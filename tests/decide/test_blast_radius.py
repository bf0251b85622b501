"""What a leaver could reach, told in names and numbers; what is not known is never none."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.decide.worlds import DAY_MS, NOW_MS, Org, office

from keyturn.decide.blast_radius import BlastRadius, ItemsUsed, blast_radius
from keyturn.decide.blast_words import Part, missing_words, parts_of
from keyturn.decide.values import from_plain, to_plain
from keyturn_providers.records import (
    AccountState,
    Group,
    Level,
    MachineIdentity,
    Push,
    PushState,
    Side,
)

SINCE = NOW_MS - 90 * DAY_MS
NONE_USED = ItemsUsed(0, SINCE, NOW_MS)
NAMES = {Side.DIRECTORY: "idp", Side.SECRETS: "bao"}


def radius(
    org: Org, key: str = "d:d3", items: ItemsUsed = NONE_USED, **more: frozenset[str]
) -> BlastRadius:
    return blast_radius(org.world(), org.who(key), items, **more)


def told(found: BlastRadius) -> dict[str, Part]:
    return {part.heading: part for part in parts_of(found, NAMES)}


def leaver() -> Org:
    """Person 3 manages pay through ops, reads prod directly and through a nested group, and owns
    two machine identities."""
    org = office()
    org.direct_grant(3, "prod", Level.READ)
    org.secrets.groups.append(Group("sg-all", "all"))
    org.secrets.nest("sg-all", "sg-ops")
    org.group_grant("all", "prod", Level.LIST)
    org.secrets.change("s3", roles=("owner",))
    org.directory.groups = [
        replace(one, push=Push(PushState.OK)) if one.id == "dg-ops" else one
        for one in org.directory.groups
    ]
    org.directory.machines = [
        MachineIdentity("m1", "deploy", "API token", "d3", dies_with_owner=True),
        MachineIdentity("m2", "other", "API token", "d1"),
    ]
    org.secrets.machines = [MachineIdentity("m3", "backup", "service account", "s3")]
    org.secrets.blind_spots = ("personal vaults",)
    return org


def test_everything_is_named_with_its_paths() -> None:
    found = radius(leaver())
    assert [(g.side.value, g.name, g.via, g.pushed) for g in found.groups] == [
        ("directory", "ops", (), True),
        ("secrets", "ops", (), False),
        ("secrets", "all", ("ops",), False),
    ]
    assert [(v.name, v.level, [p.via for p in v.paths], v.last_manager) for v in found.vaults] == [
        ("pay", Level.MANAGE, ["ops"], True),
        ("prod", Level.READ, ["direct", "ops > all"], False),
    ]
    assert [v.name for v in found.direct] == ["prod"]
    assert [v.name for v in found.orphaned] == ["pay"]
    assert [(r.side.value, r.role) for r in found.roles] == [("secrets", "owner")]
    assert [(m.name, m.dies) for m in found.machines] == [("deploy", True), ("backup", False)]
    assert found.blind_spots == ("bao: personal vaults",)
    assert from_plain(BlastRadius, to_plain(found)) == found


def test_it_reads_like_a_list() -> None:
    parts = told(radius(leaver()))
    assert list(parts) == [
        "1 group in idp",
        "2 groups in bao",
        "2 vaults",
        "1 direct grant",
        "1 vault that nobody else manages",
        "1 privileged role",
        "2 machine identities",
        "0 open invitations",
        "0 items used in 90 days",
    ]
    assert parts["2 groups in bao"].lines == ("ops", "all through ops")
    assert parts["1 group in idp"].lines == ("ops (pushed)",)
    assert parts["2 vaults"].lines == (
        "pay: manage through ops",
        "prod: read by a direct grant and through ops > all",
    )
    assert parts["1 direct grant"].lines == ("prod: read",)
    assert parts["2 machine identities"].lines == (
        "deploy (API token) in idp: ends with the account",
        "backup (service account) in bao: lives on: it needs a new owner",
    )
    assert [heading for heading, part in parts.items() if part.warns] == [
        "1 vault that nobody else manages",
        "1 privileged role",
        "2 machine identities",
    ]


def test_nothing_is_an_answer_too() -> None:
    org = office()
    org.person(9)
    parts = told(radius(org, "d:d9"))
    assert all(part.heading.startswith("0 ") and not part.lines for part in parts.values())
    assert not any(part.warns for part in parts.values())


def test_an_invitation_and_one_side_alone() -> None:
    org = office()
    org.person(9, secrets=AccountState.INVITED)
    found = radius(org, "d:d9")
    assert found.invited == ("bao",)
    assert told(found)["1 open invitation"].lines == ("to bao",)
    org.secrets.accounts = [one for one in org.secrets.accounts if one.id != "s9"]
    alone = radius(org, "d:d9")
    assert (alone.vaults, alone.invited) == ((), ())


@pytest.mark.parametrize(
    ("items", "heading", "lines"),
    [
        (ItemsUsed(1, SINCE, NOW_MS), "1 item used in 90 days", ()),
        (
            ItemsUsed.never_archived(NOW_MS),
            "items used in 90 days: not known",
            ("no usage events were ever archived",),
        ),
        (
            ItemsUsed(None, SINCE, NOW_MS, ("nothing was archived",)),
            "items used in 90 days: not known",
            ("nothing was archived",),
        ),
        (
            ItemsUsed(0, SINCE, NOW_MS, ("a gap",)),
            "at least 0 items used in 90 days; the rest is not known",
            ("a gap",),
        ),
    ],
)
def test_a_gap_is_not_known_and_never_unused(
    items: ItemsUsed, heading: str, lines: tuple[str, ...]
) -> None:
    part = told(radius(office(), items=items))[heading]
    assert part.lines == lines
    assert part.warns is not items.known


def test_who_leaves_too_cannot_go_on_managing() -> None:
    org = office()
    org.direct_grant(1, "pay", Level.MANAGE)
    assert radius(org).orphaned == ()
    assert [v.id for v in radius(org, leaving=frozenset({"s1"})).orphaned] == ["v-pay"]
    assert radius(org, "d:d2", leaving=frozenset({"s1", "s3"})).orphaned == ()


def test_missing_parts_of_a_period() -> None:
    assert missing_words([(0, DAY_MS, "it was lost.")]) == (
        "1 Jan 1970 to 2 Jan 1970: it was lost.",
    )
    assert missing_words([(60_000, 3_600_000, "it was lost.")]) == (
        "1 Jan 1970 00:01 to 01:00 UTC: it was lost.",
    )


_LEVELS = st.sampled_from([Level.LIST, Level.READ, Level.WRITE, Level.MANAGE])


@given(
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from("abc"), _LEVELS), max_size=12),
    st.sets(st.integers(1, 3)),
)
def test_the_vaults_are_those_with_a_grant_and_the_orphans_those_without_another_manager(
    grants: list[tuple[int, str, Level]], members: set[int]
) -> None:
    org = Org()
    for number in (1, 2, 3):
        org.person(number)
    org.secrets.groups.append(Group("sg-g", "g"))
    org.secrets.join("sg-g", *(f"s{x}" for x in members))
    for vault in "abc":
        org.vault(vault)
    org.group_grant("g", "a", Level.MANAGE)
    for number, vault, level in grants:
        org.direct_grant(number, vault, level)
    found = radius(org, "d:d1")
    held = {v for n, v, _ in grants if n == 1} | ({"a"} if 1 in members else set())
    assert {v.name for v in found.vaults} == held
    managing = {v: {n for n, w, level in grants if w == v and level is Level.MANAGE} for v in "abc"}
    managing["a"] |= members
    assert {v.name for v in found.orphaned} == {v for v, who in managing.items() if who == {1}}
    assert set(found.direct) <= set(found.vaults)
