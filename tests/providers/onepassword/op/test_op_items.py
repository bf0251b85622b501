"""Items from outside: what they are and when they were changed, nothing they hold."""

from dataclasses import fields, replace
from pathlib import Path

from tests.providers.onepassword.op.acme import (
    ADMIN,
    ANA,
    NOWHERE,
    OWNER,
    PAYMENTS,
    SECRET,
    SEED,
    made,
)

from keyturn_providers.abilities import Ability
from keyturn_providers.records import ItemOutside
from keyturn_providers.simulated.onepassword.seeds import Grant, Item, stable_id

CARD, BANK = stable_id("card"), stable_id("bank")
WITH_ITEMS = replace(
    SEED,
    grants=(
        *SEED.grants,
        Grant(PAYMENTS, "user", OWNER, ("view_items",)),
        Grant(SECRET, "user", OWNER, ("manage_vault",)),
    ),
    items=(
        Item(CARD, PAYMENTS, "Card \x1b]52;c;QQ\x07", "CREDIT_CARD", 3, 0, 1_800_000_000_000, ANA),
        Item(BANK, PAYMENTS, "Bank", "LOGIN", 1, 0, 1_700_000_000_000, ADMIN),
    ),
)


async def test_what_an_item_is_and_when_it_was_changed(tmp_path: Path) -> None:
    acme = made(tmp_path / "tenant.db", WITH_ITEMS)
    surface = acme.surface()
    assert Ability.LIST_ITEMS in (await surface.look()).reads
    found = await surface.reader().list_items(PAYMENTS)
    assert found is not None
    assert found.whole
    card, bank = sorted(found.items, key=lambda one: one.category)
    assert (card.id, card.category, card.edited_by) == (CARD, "CREDIT_CARD", ANA)
    assert card.updated_ms == 1_800_000_000_000
    assert "\x1b" not in card.title
    assert bank == ItemOutside(PAYMENTS, BANK, "Bank", "LOGIN", 1_700_000_000_000, ADMIN)


async def test_a_vault_that_may_not_be_looked_into_is_none(tmp_path: Path) -> None:
    acme = made(tmp_path / "tenant.db", WITH_ITEMS)
    reader = acme.surface().reader()
    assert await reader.list_items(SECRET) is None
    assert await reader.list_items(NOWHERE) is None
    before = acme.said("item list")
    assert await reader.list_items("a vault's name") is None
    assert acme.said("item list") == before


def test_nothing_an_item_holds_has_a_place_in_the_record() -> None:
    assert {field.name for field in fields(ItemOutside)} == {
        "vault_id",
        "id",
        "title",
        "category",
        "updated_ms",
        "edited_by",
    }
