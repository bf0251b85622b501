"""The dependency rules of vault permissions: as documented, and as laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn_providers.onepassword.permissions import (
    BUSINESS,
    TEAMS,
    Vocabulary,
    vocabulary_for,
)
from keyturn_providers.records import Level

VOCABULARIES = [BUSINESS, TEAMS]
ids = ["business", "teams"]

# permission: (granting requires, revoking takes along), from the vendor's table
DOCUMENTED = {
    "view_items": (
        set(),
        {
            "create_items",
            "edit_items",
            "archive_items",
            "delete_items",
            "view_and_copy_passwords",
            "view_item_history",
            "import_items",
            "export_items",
            "copy_and_share_items",
            "print_items",
        },
    ),
    "create_items": ({"view_items"}, {"import_items"}),
    "view_and_copy_passwords": (
        {"view_items"},
        {
            "edit_items",
            "archive_items",
            "delete_items",
            "view_item_history",
            "export_items",
            "copy_and_share_items",
            "print_items",
        },
    ),
    "edit_items": (
        {"view_and_copy_passwords", "view_items"},
        {"archive_items", "delete_items"},
    ),
    "archive_items": ({"edit_items", "view_and_copy_passwords", "view_items"}, set()),
    "delete_items": ({"edit_items", "view_and_copy_passwords", "view_items"}, set()),
    "view_item_history": (
        {"view_and_copy_passwords", "view_items"},
        {"export_items", "copy_and_share_items", "print_items"},
    ),
    "import_items": ({"create_items", "view_items"}, set()),
    "export_items": (
        {"view_item_history", "view_and_copy_passwords", "view_items"},
        set(),
    ),
    "copy_and_share_items": (
        {"view_item_history", "view_and_copy_passwords", "view_items"},
        set(),
    ),
    "print_items": (
        {"view_item_history", "view_and_copy_passwords", "view_items"},
        set(),
    ),
    "manage_vault": (set(), set()),
}


def test_the_table_is_about_all_twelve() -> None:
    assert set(DOCUMENTED) == BUSINESS.known


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_closures_are_the_documented_ones(name: str) -> None:
    needs, takes = DOCUMENTED[name]
    assert BUSINESS.to_grant({name}) == {name} | needs
    assert BUSINESS.to_revoke({name}, BUSINESS.known) == {name} | takes


def subsets(vocabulary: Vocabulary) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(sorted(vocabulary.known)))


def closed(vocabulary: Vocabulary, permissions: frozenset[str]) -> bool:
    return all(vocabulary.needs[name] <= permissions for name in permissions)


@pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=ids)
@given(data=st.data())
def test_what_is_granted_is_closed_minimal_monotone_and_idempotent(
    vocabulary: Vocabulary, data: st.DataObject
) -> None:
    wanted = data.draw(subsets(vocabulary))
    more = wanted | data.draw(subsets(vocabulary))
    sent = vocabulary.to_grant(wanted)
    assert wanted <= sent
    assert closed(vocabulary, sent)
    assert vocabulary.to_grant(sent) == sent
    assert sent <= vocabulary.to_grant(more)
    for extra in sent - wanted:
        smaller = sent - {extra}
        assert not (wanted <= smaller and closed(vocabulary, smaller))


@pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=ids)
@given(data=st.data())
def test_what_is_revoked_leaves_a_closed_rest_and_no_more_than_it_must(
    vocabulary: Vocabulary, data: st.DataObject
) -> None:
    held = vocabulary.to_grant(data.draw(subsets(vocabulary)))
    unwanted = data.draw(subsets(vocabulary))
    sent = vocabulary.to_revoke(unwanted, held)
    left = held - sent
    assert sent <= held
    assert not left & unwanted
    assert closed(vocabulary, left)
    assert vocabulary.to_revoke(unwanted, left) == frozenset()
    for kept in sent - unwanted:
        assert not closed(vocabulary, left | {kept})
    more = unwanted | data.draw(subsets(vocabulary))
    assert sent <= vocabulary.to_revoke(more, held)


@pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=ids)
def test_each_level_is_closed_known_and_reads_as_itself(vocabulary: Vocabulary) -> None:
    before: frozenset[str] = frozenset()
    for level, permissions in vocabulary.levels:
        whole = vocabulary.of_level(level)
        assert whole == set(permissions) == vocabulary.to_grant(whole)
        assert before < whole
        assert vocabulary.level_of(whole) is level
        before = whole
    assert before == vocabulary.known


@pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=ids)
@given(data=st.data())
def test_a_level_is_never_told_lower_than_what_it_allows(
    vocabulary: Vocabulary, data: st.DataObject
) -> None:
    held = data.draw(subsets(vocabulary))
    level = vocabulary.level_of(held)
    if held:
        assert held <= vocabulary.of_level(level)
    for one in held:
        assert vocabulary.level_of({one}).rank <= level.rank


def test_levels_of_odd_sets() -> None:
    assert BUSINESS.level_of(()) is Level.NONE
    assert BUSINESS.level_of({"manage_vault"}) is Level.MANAGE
    assert BUSINESS.level_of({"view_items", "create_items"}) is Level.WRITE
    assert BUSINESS.level_of({"view_items"}) is Level.LIST
    assert BUSINESS.level_of({"view_items", "teleport_items"}) is Level.UNKNOWN
    with pytest.raises(ValueError, match="no permissions for the level"):
        TEAMS.of_level(Level.LIST)


def test_move_items_is_known_but_never_sent() -> None:
    everything = BUSINESS.known | {"move_items"}
    assert BUSINESS.level_of(everything) is Level.MANAGE
    assert BUSINESS.unknown(everything) == frozenset()
    assert "move_items" not in BUSINESS.to_revoke(everything, everything)
    assert "move_items" not in BUSINESS.to_grant(everything)
    assert BUSINESS.in_order(everything)[-1] == "move_items"


def test_broad_words_on_a_business_account_are_the_granular_ones() -> None:
    assert BUSINESS.normal({"allow_viewing"}) == {
        "view_items",
        "view_and_copy_passwords",
        "view_item_history",
    }
    assert BUSINESS.normal({"allow_viewing", "allow_editing", "allow_managing"}) == BUSINESS.known
    assert TEAMS.level_of({"view_items", "view_and_copy_passwords"}) is Level.READ


def test_rules_for_those_who_know_no_vendor() -> None:
    rules = BUSINESS.rules
    assert [level for level, _ in rules.levels] == [
        Level.LIST,
        Level.READ,
        Level.WRITE,
        Level.MANAGE,
    ]
    assert {name for _, names in rules.levels for name in names} == BUSINESS.known
    assert set(dict(rules.needs)) == BUSINESS.known
    assert dict(rules.needs)["archive_items"] == (
        "view_items",
        "view_and_copy_passwords",
        "edit_items",
    )


@pytest.mark.parametrize(
    ("account_type", "vocabulary"),
    [
        ("BUSINESS", BUSINESS),
        ("business", BUSINESS),
        ("TEAM", TEAMS),
        ("FAMILY", TEAMS),
        ("", TEAMS),
    ],
)
def test_the_account_decides_the_vocabulary(account_type: str, vocabulary: Vocabulary) -> None:
    assert vocabulary_for(account_type) is vocabulary
