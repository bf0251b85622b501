"""The vault permissions, their bits, and which need which."""

BITS = {
    "view_items": 32,
    "create_items": 128,
    "edit_items": 64,
    "archive_items": 256,
    "delete_items": 512,
    "view_and_copy_passwords": 16,
    "view_item_history": 1024,
    "import_items": 2097152,
    "export_items": 4194304,
    "copy_and_share_items": 1048576,
    "print_items": 8388608,
    "manage_vault": 2,
}
ALL = sum(BITS.values())
VIEW = BITS["view_items"]
MANAGE = BITS["manage_vault"]

_SEEN = ("view_items", "view_and_copy_passwords")
_HISTORY = ("view_items", "view_and_copy_passwords", "view_item_history")
NEEDS: dict[str, tuple[str, ...]] = {
    "create_items": ("view_items",),
    "view_and_copy_passwords": ("view_items",),
    "edit_items": _SEEN,
    "archive_items": (*_SEEN, "edit_items"),
    "delete_items": (*_SEEN, "edit_items"),
    "view_item_history": _SEEN,
    "import_items": ("view_items", "create_items"),
    "export_items": _HISTORY,
    "copy_and_share_items": _HISTORY,
    "print_items": _HISTORY,
}
_MOVE = (
    "view_items",
    "edit_items",
    "archive_items",
    "view_and_copy_passwords",
    "view_item_history",
    "copy_and_share_items",
)
BROAD: dict[str, tuple[str, ...]] = {
    "allow_viewing": _HISTORY,
    "allow_editing": (
        "create_items",
        "edit_items",
        "archive_items",
        "delete_items",
        "import_items",
        "export_items",
        "copy_and_share_items",
        "print_items",
    ),
    "allow_managing": ("manage_vault",),
}


def mask_of(names: "list[str] | tuple[str, ...]") -> int:
    """The bits of granular and broad names. KeyError names the one that is neither."""
    mask = 0
    for name in names:
        for one in BROAD.get(name, (name,)):
            mask |= BITS[one]
    return mask


def names_of(mask: int, *, granular: bool = True) -> list[str]:
    """The names `op` lists for a set of bits: with the implicit `move_items`, or the broad ones."""
    if not granular:
        return [name for name, parts in BROAD.items() if mask & mask_of(parts)]
    names = [name for name, bit in BITS.items() if mask & bit]
    return [*names, "move_items"] if all(name in names for name in _MOVE) else names


def lacking_for_grant(mask: int) -> tuple[str, list[str]] | None:
    """The first permission whose needs are not in the same call, and those needs."""
    for name in BITS:
        if mask & BITS[name]:
            lacking = [need for need in NEEDS.get(name, ()) if not mask & BITS[need]]
            if lacking:
                return name, lacking
    return None


def lacking_for_revoke(mask: int, held: int) -> tuple[str, list[str]] | None:
    """The first permission that would stay held without one it needs, and what is taken of that."""
    left = held & ~mask
    for name in BITS:
        if left & BITS[name]:
            taken = [need for need in NEEDS.get(name, ()) if mask & held & BITS[need]]
            if taken:
                return name, taken
    return None
