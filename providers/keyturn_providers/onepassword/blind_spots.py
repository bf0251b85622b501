"""What the surfaces that answer cannot see. Pure; every phrase is complete by itself."""

from collections.abc import Iterator

from keyturn_providers.abilities import Ability
from keyturn_providers.onepassword.abilities import reads
from keyturn_providers.onepassword.view import Standing, Surface

_ONLY_OP = (
    "vaults, and who may open which: only op shows them",
    "machine identities, such as Connect servers and their tokens: only op shows any",
    "who is an owner or administrator: only op shows the built-in groups",
)
_BRIDGE_ONLY = (
    "guests: provisioning does not manage them, so the SCIM bridge does not list them",
    "groups that provisioning does not manage, the built-in ones among them",
)
_CONFIRMED = (
    "whether an active person has ever accepted the invitation: the SCIM bridge calls invited"
    " people active"
)
_INVITED = "people who are invited and not confirmed yet: the Users API may leave them out"
_NO_GROUPS = "groups, and who is in them: only op and the SCIM bridge show them"
_NO_PEOPLE = "people: only op, the SCIM bridge and the Users API list them"
_AUDIT = "whether a change is in 1Password's audit log: only the Events API shows it"
_USAGE = "which items a leaver opened or copied, and sign-ins: only the Events API shows them"
_SHARES = "items shared by link: no surface lists the links that are still open"
_DEVICES = "devices and sessions: no surface lists them"


def blind_spots(standing: Standing) -> tuple[str, ...]:
    """For those that answered; a configured surface that did not is a blind spot with its reason.
    What one surface cannot see and another shows is none."""
    return tuple(dict.fromkeys(_spots(standing)))


def _spots(standing: Standing) -> Iterator[str]:
    up = standing.up
    for surface, error in standing.down.items():
        yield f"all that only {surface.phrase} shows, which does not answer: {error.why}"
    if Surface.OP not in up:
        yield from _without_op(standing)
    for view in up.values():
        yield from view.blind_spots
    if Surface.EVENTS not in up:
        yield _AUDIT
        yield _USAGE
    yield _SHARES
    yield _DEVICES


def _without_op(standing: Standing) -> Iterator[str]:
    up, able = standing.up, reads(standing)
    yield from _ONLY_OP
    if Surface.BRIDGE in up:
        yield from _BRIDGE_ONLY
        if Surface.USERS_API not in up:
            yield _CONFIRMED
    elif Surface.USERS_API in up:
        yield _NO_GROUPS
        yield _INVITED
    elif Ability.LIST_ACCOUNTS not in able:
        yield _NO_PEOPLE
        yield _NO_GROUPS
