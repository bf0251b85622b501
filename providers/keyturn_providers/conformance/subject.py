"""A tenant as the suite needs it."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import SecretStr

from keyturn_providers.contract import Connector, Surroundings
from keyturn_providers.records import Level, PrincipalKind


@dataclass(frozen=True, slots=True)
class GrantTarget:
    """A grant that can be made: the principal has nothing directly on this vault yet."""

    vault_id: str
    principal_kind: PrincipalKind
    principal_id: str
    level: Level


@dataclass(frozen=True, slots=True)
class Subject:
    """A seeded tenant that the suite may change.

    `open` opens the connector under test with the surroundings it is given; it takes its
    credential from them. `token` is the good credential: the suite also watches that it is never
    shown. `wrong_token` is one the tenant refuses; None where it takes none. `account_id` may be
    suspended and, where sessions can be ended, has at least one that may end. `outsider_id` is an
    account that is not in `group_id`, which may be changed. `unknown_id` has the form of an id and
    belongs to nothing. `dangling` is how many memberships and grants point at nothing that is
    listed. `grant` None where no grant can be made; `narrow_to` is a lower level that it can be
    narrowed to. What cannot be put back is only tried on whom the subject names for it: `leaver_id`
    is an account that may be deactivated, `invitee` an e-mail address that nobody has, with the
    name to invite it under, and `waiting_id` an account that waits to be let in. `patience_s` is
    added to the delays the connector itself declares before a change counts as not seen.
    """

    open: Callable[[Surroundings], Connector]
    token: SecretStr
    account_id: str
    group_id: str
    outsider_id: str
    wrong_token: SecretStr | None = None
    unknown_id: str = "00000000-0000-4000-8000-000000000000"
    grant: GrantTarget | None = None
    narrow_to: Level | None = None
    leaver_id: str | None = None
    invitee: tuple[str, str] | None = None
    waiting_id: str | None = None
    dangling: int = 0
    patience_s: float = 2.0
