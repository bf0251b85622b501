"""The validated file as the values that decisions work with."""

from collections.abc import Sequence

from keyturn.decide.rules import (
    Alias,
    Allowed,
    GrantRule,
    Limits,
    MachineRule,
    Mapping,
    NamedId,
    Privilege,
    Rules,
    Waiver,
)
from keyturn.policy.document import Path, Places
from keyturn.policy.models import LimitsPart, NamedIdPart, PolicyPart
from keyturn_providers.records import Level


def as_rules(policy: PolicyPart, places: Places, digest: str) -> Rules:
    """`policy` as `Rules`, each with the line it stands in."""

    def line(*path: str | int) -> int:
        return _line(places, path)

    return Rules(
        mappings=tuple(
            Mapping(
                group=_named(mapping.group),
                grants=tuple(
                    GrantRule(
                        vault=_named(grant.vault),
                        level=_widest(grant.permissions),
                        permissions=_single(grant.permissions),
                        line=line("mappings", number, "grants", position),
                    )
                    for position, grant in enumerate(mapping.grants)
                ),
                secrets_group=_named(mapping.secrets_group) if mapping.secrets_group else None,
                line=line("mappings", number),
            )
            for number, mapping in enumerate(policy.mappings)
        ),
        exceptions=tuple(
            Waiver(
                person=waiver.person,
                vault=_named(waiver.vault),
                level=_widest(waiver.permissions),
                permissions=_single(waiver.permissions),
                until_ms=waiver.until,
                owner=waiver.owner,
                reason=waiver.reason,
                ticket=waiver.ticket or "",
                line=line("exceptions", number),
            )
            for number, waiver in enumerate(policy.exceptions)
        ),
        aliases=tuple(
            Alias(alias.directory, alias.secrets, line("aliases", number))
            for number, alias in enumerate(policy.aliases)
        ),
        machines=tuple(
            MachineRule(rule.machine, rule.owner, rule.reason or "", line("machines", number))
            for number, rule in enumerate(policy.machines)
        ),
        privileges=tuple(
            Privilege(rule.person, rule.role, line("privileges", number))
            for number, rule in enumerate(policy.privileges)
        ),
        never_touch=tuple(policy.never_touch),
        limits=_limits(policy.limits),
        allowed=Allowed(**policy.allow.model_dump()),
        digest=digest,
    )


def _limits(limits: LimitsPart) -> Limits:
    return Limits(
        removals_count=limits.removals.count,
        removals_share=limits.removals.share,
        removals_per_day=limits.removals.per_day,
        snapshot_age_ms=limits.snapshot_age,
        source_shrink_share=limits.source_shrink,
        rate_reserve=limits.rate_reserve,
    )


def _named(part: NamedIdPart) -> NamedId:
    return NamedId(part.id, part.name)


def _widest(permissions: Sequence[str]) -> Level:
    """The widest preset. What single permissions come to is the source's to say: UNKNOWN here."""
    levels = [one for one in permissions if isinstance(one, Level)]
    return max(levels, key=lambda level: level.rank, default=Level.UNKNOWN)


def _single(permissions: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in permissions if not isinstance(one, Level)))


def _line(places: Places, path: Path) -> int:
    return places.value(path).line
