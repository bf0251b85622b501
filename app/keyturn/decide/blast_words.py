"""A blast radius to be read: headings with names and numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from keyturn.decide.blast_radius import BlastRadius, HeldGroup, HeldVault, ItemsUsed
from keyturn.decide.explain import day
from keyturn.decide.names import counted
from keyturn_providers.records import Side

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Part:
    """One heading, with its lines. `warns`: somebody has to decide something about it."""

    heading: str
    lines: tuple[str, ...] = ()
    warns: bool = False


def parts_of(radius: BlastRadius, names: Mapping[Side, str]) -> tuple[Part, ...]:
    """Every part there is, those without anything too: nothing is an answer. `names` are what the
    two sources are called."""
    direct = [f"{v.name}: {p.level.value}" for v in radius.direct for p in v.paths if p.direct]
    machines = [
        f"{one.name} ({one.kind}) in {names[one.side]}: "
        + ("ends with the account" if one.dies else "lives on: it needs a new owner")
        for one in radius.machines
    ]
    return (
        *(_groups(radius, side, names[side]) for side in Side),
        _part(radius.vaults, "vault", [_vault(v) for v in radius.vaults]),
        _part(direct, "direct grant", direct),
        _part(
            radius.orphaned,
            "vault that nobody else manages",
            [v.name for v in radius.orphaned],
            "vaults that nobody else manages",
            warns=True,
        ),
        _part(
            radius.roles,
            "privileged role",
            [f"{one.role} in {names[one.side]}" for one in radius.roles],
            warns=True,
        ),
        _part(
            radius.machines,
            "machine identity",
            machines,
            "machine identities",
            warns=any(not one.dies for one in radius.machines),
        ),
        _part(radius.invited, "open invitation", [f"to {where}" for where in radius.invited]),
        items_part(radius.items),
    )


def _part(
    every: tuple[object, ...] | list[str],
    one: str,
    lines: list[str],
    many: str = "",
    *,
    warns: bool = False,
) -> Part:
    return Part(counted(len(every), one, many), tuple(lines), warns and bool(every))


def _groups(radius: BlastRadius, side: Side, name: str) -> Part:
    held = [group for group in radius.groups if group.side is side]
    return Part(f"{counted(len(held), 'group')} in {name}", tuple(_group(one) for one in held))


def _group(held: HeldGroup) -> str:
    via = f" through {' > '.join(held.via)}" if held.via else ""
    return f"{held.name}{via}" + (" (pushed)" if held.pushed else "")


def _vault(held: HeldVault) -> str:
    ways = " and ".join(_way(path.via) for path in held.paths)
    return f"{held.name}: {held.level.value} {ways}"


def _way(via: str) -> str:
    return "by a direct grant" if via == "direct" else f"through {via}"


def items_part(items: ItemsUsed) -> Part:
    """What was used, or that it is not known; never "none" where the archive has a gap."""
    days = counted(max(1, (items.until_ms - items.since_ms) // _DAY_MS), "day")
    if items.number is None:
        return Part(f"items used in {days}: not known", items.missing, warns=True)
    if items.known:
        return Part(f"{counted(items.number, 'item')} used in {days}")
    return Part(
        f"at least {counted(items.number, 'item')} used in {days}; the rest is not known",
        items.missing,
        warns=True,
    )


def missing_words(parts: Iterable[tuple[int, int, str]]) -> tuple[str, ...]:
    """The parts of a period that an archive does not have, as (from, until, why)."""
    return tuple(f"{_from_to(start, end)}: {why}" for start, end, why in parts)


def _from_to(start: int, end: int) -> str:
    """Days, or the times of the one day."""
    first, last = (datetime.fromtimestamp(ms / 1000, tz=UTC) for ms in (start, end))
    if first.date() == last.date():
        return f"{day(start)} {first:%H:%M} to {last:%H:%M} UTC"
    return f"{day(start)} to {day(end)}"
