"""Items as they are now, from outside, where the secret manager lets keyturn list them."""

from keyturn.decide.rotation import ItemNow
from keyturn.run.connections import Connections
from keyturn.run.rotation import ItemsOfVault, ListsVault
from keyturn_providers.abilities import (
    Ability,
    ListsItems,
    able,
)
from keyturn_providers.errors import ProviderError


async def items_lister(connections: Connections) -> ListsVault | None:
    """What lists the items of a vault; None where the source cannot, or does not answer: then what
    was changed is not known, and the list is made all the same."""
    try:
        about = await connections.secrets.about()
    except ProviderError:
        return None
    if Ability.LIST_ITEMS not in about.abilities:
        return None
    reader = able(connections.secrets.reader(), ListsItems)

    async def items_of(vault_id: str) -> ItemsOfVault | None:
        try:
            found = await reader.list_items(vault_id)
        except ProviderError:
            return None
        if found is None:
            return None
        items = tuple(
            ItemNow(one.vault_id, one.id, one.title, one.category, one.updated_ms, one.edited_by)
            for one in found.items
        )
        return ItemsOfVault(items, found.whole)

    return items_of
