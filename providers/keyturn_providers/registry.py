"""Finds the installed connectors, and checks that each can do what it says.

Connectors are entry points of the group `keyturn.providers`, each naming a `contract.Provider`;
installing another distribution adds kinds, no configuration needed.
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points

from keyturn_providers.abilities import (
    READER_PROTOCOLS,
    WRITER_PROTOCOLS,
    Ability,
)
from keyturn_providers.contract import (
    CONTRACT_VERSION,
    About,
    Provider,
)
from keyturn_providers.errors import Misconfigured
from keyturn_providers.text import safe

GROUP = "keyturn.providers"
_WHAT = "finding its connector"


def kinds() -> tuple[str, ...]:
    """The kinds of source that can be connected, sorted. Loads none of them."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def find(kind: str, points: Iterable[EntryPoint] | None = None) -> Provider:
    """The provider for `kind` (case counts).

    Raises `Misconfigured` where no installed distribution offers it (naming those there are),
    where two do, where it cannot be loaded, or where it was made for another contract version.
    `points` replaces the installed entry points.
    """
    every = tuple(entry_points(group=GROUP) if points is None else points)
    offers = {_distribution(point): point for point in every if point.name == kind}
    if not offers:
        known = ", ".join(sorted({point.name for point in every})) or "none"
        raise Misconfigured(
            safe(kind, 60),
            _WHAT,
            "No connector of this kind is installed.",
            f"Use one of: {known}; or install the distribution that brings it.",
        )
    if len(offers) > 1:
        raise Misconfigured(
            kind,
            _WHAT,
            f"Two installed distributions offer it: {' and '.join(sorted(offers))}.",
            "Uninstall the one that is not meant.",
        )
    (where, point), *_ = offers.items()
    problem = ""
    loaded: object = None
    try:
        loaded = point.load()
    except Exception as error:  # noqa: BLE001 - a third party's import may raise anything
        problem = f"{point.value} from {where} cannot be loaded ({type(error).__name__}: "
        problem += f"{safe(str(error), 200)})."
    if not problem and not isinstance(loaded, Provider):
        problem = f"{point.value} from {where} is not a Provider."
    if isinstance(loaded, Provider) and loaded.contract_version != CONTRACT_VERSION:
        problem = (
            f"{where} was made for contract version {loaded.contract_version};"
            f" this keyturn has {CONTRACT_VERSION}."
        )
    if problem or not isinstance(loaded, Provider):
        raise Misconfigured(kind, _WHAT, problem, f"Install a version of {where} that fits.")
    return loaded


def check(about: About, reader: object, writer: object | None) -> None:
    """Refuses a connector whose declared abilities and methods differ, in either direction.

    With `writer` None (read-only) only the reading abilities are looked at. Raises
    `Misconfigured` that names every difference.
    """
    problems = _differences(about.abilities, reader, READER_PROTOCOLS)
    if writer is not None:
        problems += _differences(about.abilities, writer, WRITER_PROTOCOLS)
    if problems:
        raise Misconfigured(
            about.source.name,
            "checking what its connector can do",
            "; ".join(problems) + ".",
            "This is a mistake in the connector: tell who made it.",
        )


def _differences(
    declared: frozenset[Ability], thing: object, protocols: Mapping[Ability, type]
) -> list[str]:
    name = type(thing).__name__
    problems = []
    for ability, protocol in protocols.items():
        able = isinstance(thing, protocol)
        if ability in declared and not able:
            problems.append(f'"{ability}" is declared, but {name} is not a {protocol.__name__}')
        if able and ability not in declared:
            problems.append(f'{name} is a {protocol.__name__}, but "{ability}" is not declared')
    return problems


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "an unnamed distribution"
