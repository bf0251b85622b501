"""1Password's vault permissions: what needs what, what a level stands for, and what a set allows.

`op` refuses a call that would leave a permission without one it needs, so what is sent is always a
closed set: to grant, with everything needed; to revoke, with everything that needs it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from keyturn_providers.records import Level, PermissionRules

VIEW, COPY, HISTORY = "view_items", "view_and_copy_passwords", "view_item_history"
CREATE, EDIT, ARCHIVE, DELETE = "create_items", "edit_items", "archive_items", "delete_items"
IMPORT, EXPORT, SHARE, PRINT = "import_items", "export_items", "copy_and_share_items", "print_items"
MANAGE = "manage_vault"
ALLOW_VIEWING, ALLOW_EDITING, ALLOW_MANAGING = "allow_viewing", "allow_editing", "allow_managing"
MOVE = "move_items"
"""Comes by itself with six others and is never sent."""

_READ = (VIEW, COPY, HISTORY)
_CHANGE = (CREATE, EDIT, ARCHIVE, DELETE, IMPORT, EXPORT, SHARE, PRINT)
_MOVE_NEEDS = (VIEW, EDIT, ARCHIVE, COPY, HISTORY, SHARE)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The permissions one kind of account knows. `order` is how they are shown and sent.

    `implied` come by themselves with others, `broad` are other words for some of `order`, and
    `managing` is the one to say who may do what.
    """

    order: tuple[str, ...]
    needs: Mapping[str, frozenset[str]]
    levels: tuple[tuple[Level, tuple[str, ...]], ...]
    implied: Mapping[str, frozenset[str]]
    broad: Mapping[str, frozenset[str]]
    managing: str

    @property
    def known(self) -> frozenset[str]:
        """Everything that may be sent."""
        return frozenset(self.order)

    @property
    def rules(self) -> PermissionRules:
        """The same for those who know no vendor."""
        return PermissionRules(
            levels=self.levels,
            needs=tuple((name, self.in_order(self.needs[name])) for name in self.order),
        )

    def normal(self, permissions: Iterable[str]) -> frozenset[str]:
        """The same in this vocabulary's own words: a broad permission as the granular ones it
        stands for, and without what comes by itself. Unknown ones stay."""
        found: set[str] = set()
        for name in permissions:
            if name not in self.implied:
                found |= self.broad.get(name, {name})
        return frozenset(found)

    def unknown(self, permissions: Iterable[str]) -> frozenset[str]:
        """What of it is in no documented vocabulary."""
        return self.normal(permissions) - self.known

    def to_grant(self, wanted: Iterable[str]) -> frozenset[str]:
        """`wanted` with everything it cannot be held without: what must be sent to grant it."""
        closed = set(self.normal(wanted))
        for name in tuple(closed):
            closed |= self.needs.get(name, frozenset())
        return frozenset(closed)

    def to_revoke(self, unwanted: Iterable[str], held: Iterable[str]) -> frozenset[str]:
        """What must be sent to take `unwanted` from somebody who has `held`: it, as far as held,
        and what of the rest cannot be held without it."""
        gone, have = self.normal(unwanted), self.normal(held)
        return frozenset(
            name for name in have if name in gone or self.needs.get(name, frozenset()) & gone
        )

    def of_level(self, level: Level) -> frozenset[str]:
        """The closed set that `level` stands for. ValueError for a level it has none for."""
        for known, permissions in self.levels:
            if known is level:
                return frozenset(permissions)
        raise ValueError(f"1Password has no permissions for the level {level.value}")

    def level_of(self, permissions: Iterable[str]) -> Level:
        """The weakest level that allows all of it: NONE for nothing, UNKNOWN where one of the
        permissions is not known."""
        have = self.normal(permissions)
        if not have:
            return Level.NONE
        if have - self.known:
            return Level.UNKNOWN
        return next(level for level, whole in self.levels if have <= set(whole))

    def in_order(self, permissions: Iterable[str]) -> tuple[str, ...]:
        """Sorted as 1Password shows them, unknown ones last."""
        have = set(permissions)
        known = (*self.order, *self.implied)
        return (
            *(name for name in known if name in have),
            *sorted(have.difference(known)),
        )


BUSINESS = Vocabulary(
    order=(*_READ, *_CHANGE, MANAGE),
    needs={
        VIEW: frozenset(),
        COPY: frozenset({VIEW}),
        HISTORY: frozenset({COPY, VIEW}),
        CREATE: frozenset({VIEW}),
        EDIT: frozenset({COPY, VIEW}),
        ARCHIVE: frozenset({EDIT, COPY, VIEW}),
        DELETE: frozenset({EDIT, COPY, VIEW}),
        IMPORT: frozenset({CREATE, VIEW}),
        EXPORT: frozenset({HISTORY, COPY, VIEW}),
        SHARE: frozenset({HISTORY, COPY, VIEW}),
        PRINT: frozenset({HISTORY, COPY, VIEW}),
        MANAGE: frozenset(),
    },
    levels=(
        (Level.LIST, (VIEW,)),
        (Level.READ, _READ),
        (Level.WRITE, (*_READ, *_CHANGE)),
        (Level.MANAGE, (*_READ, *_CHANGE, MANAGE)),
    ),
    implied={MOVE: frozenset(_MOVE_NEEDS)},
    broad={
        ALLOW_VIEWING: frozenset(_READ),
        ALLOW_EDITING: frozenset(_CHANGE),
        ALLOW_MANAGING: frozenset({MANAGE}),
    },
    managing=MANAGE,
)
"""Twelve granular permissions: accounts of the type BUSINESS."""

TEAMS = Vocabulary(
    order=(ALLOW_VIEWING, ALLOW_EDITING, ALLOW_MANAGING),
    needs={
        ALLOW_VIEWING: frozenset(),
        ALLOW_EDITING: frozenset({ALLOW_VIEWING}),
        ALLOW_MANAGING: frozenset(),
    },
    levels=(
        (Level.READ, (ALLOW_VIEWING,)),
        (Level.WRITE, (ALLOW_VIEWING, ALLOW_EDITING)),
        (Level.MANAGE, (ALLOW_VIEWING, ALLOW_EDITING, ALLOW_MANAGING)),
    ),
    implied={},
    # Not documented for these plans, but an answer in granular words can only mean this.
    broad={
        **dict.fromkeys(_READ, frozenset({ALLOW_VIEWING})),
        **dict.fromkeys(_CHANGE, frozenset({ALLOW_EDITING})),
        MANAGE: frozenset({ALLOW_MANAGING}),
    },
    managing=ALLOW_MANAGING,
)
"""Three broad ones: all other plans."""


def vocabulary_for(account_type: str) -> Vocabulary:
    """By the account's type as `op account get` gives it."""
    return BUSINESS if account_type.strip().upper() == "BUSINESS" else TEAMS
