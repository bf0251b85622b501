"""Small organisations built by hand, complete unless a test breaks a listing."""

from dataclasses import dataclass, field, replace
from itertools import count

from keyturn.decide.context import ABILITY_OF, PlanContext
from keyturn.decide.drift import drift_in
from keyturn.decide.findings import Finding
from keyturn.decide.groups import link_groups
from keyturn.decide.match import match
from keyturn.decide.people import Person
from keyturn.decide.permissions import resolved
from keyturn.decide.rules import GrantRule, Mapping, NamedId, Rules, Waiver
from keyturn.decide.words import DriftKind
from keyturn.decide.world import World, look
from keyturn_providers.records import (
    Account,
    AccountKind,
    AccountState,
    Collection,
    Email,
    Grant,
    Group,
    Level,
    Listing,
    MachineIdentity,
    MemberKind,
    Membership,
    PermissionRules,
    PrincipalKind,
    Side,
    Snapshot,
    SourceIdentity,
    Vault,
)

NOW_MS = 1_800_000_000_000
DAY_MS = 86_400_000
EVERYTHING = frozenset(ABILITY_OF.values())
ACTIVE, SUSPENDED = AccountState.ACTIVE, AccountState.SUSPENDED


def account(
    account_id: str,
    *,
    state: AccountState = ACTIVE,
    email: str | None = None,
    verified: bool = True,
    external_id: str | None = None,
    kind: AccountKind = AccountKind.PERSON,
    display: str | None = None,
    name: str | None = None,
    roles: tuple[str, ...] = (),
) -> Account:
    return Account(
        id=account_id,
        name=name or f"{account_id}.login",
        display_name=f"Name {account_id[1:]}" if display is None else display,
        state=state,
        state_raw=state.value,
        kind=kind,
        emails=(Email(email, verified),) if email else (),
        external_id=external_id,
        roles=roles,
    )


@dataclass(slots=True)
class Half:
    """One side under construction. `broken` are (collection, parent) read incompletely, `odd` with
    an unreadable record, `unread` without any listing; `stale` are the ids of accounts that could
    not be read."""

    side: Side
    accounts: list[Account] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    memberships: list[Membership] = field(default_factory=list)
    vaults: list[Vault] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    machines: list[MachineIdentity] = field(default_factory=list)
    broken: set[tuple[Collection, str]] = field(default_factory=set)
    odd: set[tuple[Collection, str]] = field(default_factory=set)
    unread: set[tuple[Collection, str]] = field(default_factory=set)
    blind_spots: tuple[str, ...] = ()
    stale: set[str] = field(default_factory=set)
    taken_ms: int = NOW_MS
    permission_rules: PermissionRules | None = None

    def join(self, group_id: str, *account_ids: str) -> None:
        self.memberships.extend(Membership(group_id, x) for x in account_ids)

    def nest(self, group_id: str, inner: str) -> None:
        self.memberships.append(Membership(group_id, inner, MemberKind.GROUP))

    def change(self, account_id: str, **changes: object) -> None:
        self.accounts = [
            replace(a, **changes) if a.id == account_id else a  # type: ignore[arg-type]  # by name
            for a in self.accounts
        ]

    def keys(self) -> list[tuple[Collection, str]]:
        return [
            *((c, "") for c in Collection if c not in {Collection.MEMBERSHIPS, Collection.GRANTS}),
            *((Collection.MEMBERSHIPS, g.id) for g in self.groups),
            *((Collection.GRANTS, v.id) for v in self.vaults),
        ]

    def snapshot(self) -> Snapshot:
        listings = tuple(
            Listing(
                collection,
                parent,
                complete=(collection, parent) not in self.broken,
                unreadable=int((collection, parent) in self.odd),
            )
            for collection, parent in self.keys()
            if (collection, parent) not in self.unread
        )
        return Snapshot(
            id=1 if self.side is Side.DIRECTORY else 2,
            source=SourceIdentity(
                "idp" if self.side is Side.DIRECTORY else "bao",
                "made up",
                self.side,
                f"tenant-{self.side.value}",
            ),
            taken_ms=self.taken_ms,
            complete=all(x.complete for x in listings),
            listings=listings,
            accounts=tuple(self.accounts),
            groups=tuple(self.groups),
            memberships=tuple(self.memberships),
            vaults=tuple(self.vaults),
            grants=tuple(self.grants),
            machines=tuple(self.machines),
            blind_spots=self.blind_spots,
            unreadable_accounts=frozenset(self.stale),
            permission_rules=self.permission_rules,
        )


@dataclass(slots=True)
class Org:
    """Both halves and a policy."""

    directory: Half = field(default_factory=lambda: Half(Side.DIRECTORY))
    secrets: Half = field(default_factory=lambda: Half(Side.SECRETS))
    rules: Rules = field(default_factory=Rules)

    def person(self, number: int | str, **changes: AccountState) -> None:
        """Matched by external id: d1 and s1, both active unless told otherwise."""
        self.directory.accounts.append(
            account(f"d{number}", state=changes.get("directory", ACTIVE))
        )
        self.secrets.accounts.append(
            account(f"s{number}", state=changes.get("secrets", ACTIVE), external_id=f"d{number}")
        )

    def team(self, name: str, *numbers: int | str) -> None:
        """A group on both sides, linked by external id, with the same members."""
        self.directory.groups.append(Group(f"dg-{name}", name))
        self.secrets.groups.append(Group(f"sg-{name}", name, external_id=f"dg-{name}"))
        self.directory.join(f"dg-{name}", *(f"d{n}" for n in numbers))
        self.secrets.join(f"sg-{name}", *(f"s{n}" for n in numbers))

    def vault(self, name: str) -> None:
        self.secrets.vaults.append(Vault(f"v-{name}", name))

    def mapping(
        self, team: str, *grants: tuple[str, Level], name: str | None = None, line: int = 7
    ) -> None:
        mapping = Mapping(
            NamedId(f"dg-{team}", team if name is None else name),
            tuple(GrantRule(NamedId(f"v-{v}", v), level, line + 1) for v, level in grants),
            line=line,
        )
        self.rules = replace(self.rules, mappings=(*self.rules.mappings, mapping))

    def waive(
        self, person: str, vault: str, level: Level = Level.READ, *, until_ms: int = NOW_MS + DAY_MS
    ) -> None:
        waiver = Waiver(
            person, NamedId(f"v-{vault}", vault), level, until_ms, "boss", "why", line=30
        )
        self.rules = replace(self.rules, exceptions=(*self.rules.exceptions, waiver))

    def group_grant(
        self, team: str, vault: str, level: Level, carrier: str = "", **more: bool | str
    ) -> None:
        self._grant(PrincipalKind.GROUP, f"sg-{team}", vault, level, carrier, **more)

    def direct_grant(
        self, number: int | str, vault: str, level: Level, carrier: str = "", **more: bool | str
    ) -> None:
        self._grant(PrincipalKind.ACCOUNT, f"s{number}", vault, level, carrier, **more)

    def _grant(
        self,
        kind: PrincipalKind,
        holder: str,
        vault: str,
        level: Level,
        carrier: str,
        **more: bool | str,
    ) -> None:
        self.secrets.grants.append(
            Grant(
                f"v-{vault}",
                kind,
                holder,
                level,
                carrier or f"{holder}/policy/{vault}-{level.value}",
                revocable=bool(more.get("revocable", True)),
                note=str(more.get("note", "")),
            )
        )

    def world(self) -> World:
        directory, secrets = self.directory.snapshot(), self.secrets.snapshot()
        rules = resolved(self.rules, secrets.permission_rules)
        return look(
            directory,
            secrets,
            match(directory, secrets, rules),
            link_groups(directory, secrets, rules),
            rules,
            NOW_MS,
        )

    def drift(self, kind: DriftKind | None = None) -> tuple[Finding, ...]:
        return tuple(f for f in drift_in(self.world()) if kind in {None, f.kind})

    def one(self, kind: DriftKind) -> Finding:
        (found,) = self.drift(kind)
        return found

    def context(self, **more: object) -> PlanContext:
        numbers = count(1)
        known = PlanContext(
            world=self.world(),
            new_id=lambda: f"op-{next(numbers)}",
            program="0.1.0",
            abilities={Side.DIRECTORY: EVERYTHING, Side.SECRETS: EVERYTHING},
        )
        return replace(known, **more)  # type: ignore[arg-type]  # fields by name

    def who(self, key: str) -> Person:
        return self.world().people[key]


def office() -> Org:
    """Three people in two teams, with a vault each, all in step."""
    org = Org()
    for number in (1, 2, 3):
        org.person(number)
    org.team("eng", 1, 2)
    org.team("ops", 3)
    org.vault("prod")
    org.vault("pay")
    org.mapping("eng", ("prod", Level.WRITE))
    org.mapping("ops", ("pay", Level.MANAGE), line=17)
    org.group_grant("eng", "prod", Level.WRITE)
    org.group_grant("ops", "pay", Level.MANAGE)
    return org
