"""Which vault permissions need which: the published table, and that no change leaves a gap."""

from hypothesis import given
from hypothesis import strategies as st

from keyturn_providers.simulated.onepassword.permissions import (
    ALL,
    BITS,
    NEEDS,
    lacking_for_grant,
    lacking_for_revoke,
    mask_of,
    names_of,
)

# The column "revoking it must also revoke" as it is published.
TAKEN_WITH = {
    "view_items": set(BITS) - {"view_items", "manage_vault"},
    "create_items": {"import_items"},
    "view_and_copy_passwords": {
        "edit_items",
        "archive_items",
        "delete_items",
        "view_item_history",
        "export_items",
        "copy_and_share_items",
        "print_items",
    },
    "edit_items": {"archive_items", "delete_items"},
    "view_item_history": {"export_items", "copy_and_share_items", "print_items"},
}
masks = st.sets(st.sampled_from(sorted(BITS))).map(lambda names: mask_of(tuple(names)))


def test_what_must_go_together_is_what_needs_it() -> None:
    for name in BITS:
        assert {other for other in BITS if name in NEEDS.get(other, ())} == TAKEN_WITH.get(
            name, set()
        )


def test_the_masks_are_those_of_the_sdk() -> None:
    assert mask_of(("allow_viewing",)) == 1072
    assert mask_of(("allow_editing",)) == 15729600
    assert ALL == 15730674


@given(masks, masks)
def test_whatever_is_accepted_leaves_a_closed_set(held: int, asked: int) -> None:
    if lacking_for_grant(held):
        return
    if not lacking_for_grant(asked):
        assert lacking_for_grant(held | asked) is None
    refused = lacking_for_revoke(asked, held)
    assert (refused is None) == (lacking_for_grant(held & ~asked) is None)
    if refused:
        name, taken = refused
        assert held & BITS[name]
        assert all(asked & held & BITS[one] for one in taken)


@given(masks)
def test_names_and_masks_are_the_same_thing(mask: int) -> None:
    assert mask_of(tuple(name for name in names_of(mask) if name != "move_items")) == mask
