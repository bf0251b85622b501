"""A valid policy against what the sources have: what it names, and what it would come to.

Nothing is called gone, and nobody unknown, that a complete listing does not prove; what could not
be checked is said.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from keyturn.decide.groups import GroupLink, link_groups
from keyturn.decide.index import Indexed, index, members_of
from keyturn.decide.names import fold, identifiers
from keyturn.decide.permissions import resolved
from keyturn.decide.policy_objects import Trouble, disputed_objects, named_objects
from keyturn.decide.rules import Rules, Waiver
from keyturn.policy.document import Path, Places, show_path
from keyturn.policy.problems import Code, Problem, did_you_mean, shown
from keyturn.policy.scalars import PRESETS
from keyturn_providers.records import Collection, Level, PrincipalKind, Side, Snapshot
from keyturn_providers.text import safe

_SOURCE_WORDS = {Side.DIRECTORY: "directory", Side.SECRETS: "secret manager"}


def check_against(
    rules: Rules,
    directory: Snapshot,
    secrets: Snapshot,
    *,
    places: Places | None = None,
    now_ms: int | None = None,
) -> tuple[Problem, ...]:
    """Problems and warnings, sorted by place. With `LoadedPolicy.places` they have columns too.

    Without `now_ms` the time is that of the later snapshot.
    """
    now_ms = max(directory.taken_ms, secrets.taken_ms) if now_ms is None else now_ms
    check = _Check(rules, index(directory), index(secrets), places or Places(), now_ms)
    return tuple(sorted(check.all()))


class _Check:
    def __init__(
        self, rules: Rules, directory: Indexed, secrets: Indexed, places: Places, now_ms: int
    ) -> None:
        self.named, self.directory, self.secrets = rules, directory, secrets
        self.rules = resolved(rules, secrets.snapshot.permission_rules)
        self.places, self.now_ms = places, now_ms
        self.of = {Side.DIRECTORY: directory, Side.SECRETS: secrets}

    def all(self) -> Iterator[Problem]:
        yield from self._objects()
        yield from self._not_checked()
        yield from self._links()
        yield from self._permissions()
        yield from self._expired()
        yield from self._people()
        yield from self._machines()
        yield from self._managers()

    def _said(
        self, path: Path, line: int, message: str, code: Code, *, warning: bool = True
    ) -> Problem:
        place = self.places.values.get(path)
        column = place.column if place else 0
        return Problem(
            place.line if place else line, column, show_path(path), message, code, warning
        )

    def _objects(self) -> Iterator[Problem]:
        at = {show_path(path): path for path in self.places.values}
        for one in disputed_objects(self.directory, self.secrets, self.rules):
            where = _SOURCE_WORDS[one.side]
            code, name = Code.GONE, safe(one.name)
            message = (
                f'The {where} has no {one.kind} with the id "{safe(one.id)}" ("{name}"). '
                "Delete the entry, or name the object that took its place."
            )
            if one.trouble is Trouble.OTHER_NAME:
                code = Code.OTHER_NAME
                message = (
                    f'The {one.kind} with the id "{safe(one.id)}" is called "{safe(one.found)}" '
                    f'in the {where}, not "{name}". Correct the id or the name.'
                )
            place = self.places.values.get(at.get(one.path, ()))
            line, column = (place.line, place.column) if place else (one.line, 0)
            yield Problem(line, column, one.path, message, code)

    def _not_checked(self) -> Iterator[Problem]:
        names = {(one.side, one.kind.value) for one in named_objects(self.rules)}
        wanted = [(side, Collection(f"{kind}s")) for side, kind in sorted(names)]
        if self._named_people():
            wanted += [(side, Collection.ACCOUNTS) for side in Side]
        if self.rules.machines:
            wanted.append((Side.SECRETS, Collection.MACHINES))
        for side, collection in wanted:
            if self._proves(side, collection):
                continue
            listing = self.of[side].listings.get((collection, ""))
            why = safe(listing.error) if listing is not None else ""
            message = (
                f"The {_SOURCE_WORDS[side]}'s {collection} were not all read"
                f"{f' ({why})' if why else ''}, so names that are not among them were not "
                "checked. Refresh, then check again."
            )
            yield self._said((), 0, message, Code.NOT_CHECKED)

    def _proves(self, side: Side, collection: Collection) -> bool:
        known = self.of[side]
        return known.complete(collection) and not known.unreadable(collection)

    def _links(self) -> Iterator[Problem]:
        by_id = {
            link.directory.id: link
            for link in link_groups(self.directory.snapshot, self.secrets.snapshot, self.rules)
            if link.directory is not None
        }
        for number, mapping in enumerate(self.rules.mappings):
            link = by_id.get(mapping.group.id)
            if link is not None and link.secrets is None and mapping.grants:
                yield self._said(
                    ("mappings", number, "group"), mapping.line, self._why(link), Code.NOT_LINKED
                )

    def _why(self, link: GroupLink) -> str:
        if link.problem:
            return safe(link.problem, 400)
        if not self._proves(Side.SECRETS, Collection.GROUPS):
            return (
                "No group of the secret manager that was read stands for this group, but not all "
                "were read. Refresh, then check again."
            )
        return (
            "No group of the secret manager stands for this group, so its grants cannot be made. "
            "Make one with the same name there, or name one with secrets_group."
        )

    def _permissions(self) -> Iterator[Problem]:
        """Single permissions that the secret manager does not have, or not one by one."""
        rules = self.secrets.snapshot.permission_rules
        known = [name for name, _ in rules.needs] if rules else []
        for path, line, named in self._named_permissions():
            for position, name in enumerate(named):
                if rules is None:
                    message = (
                        "The secret manager does not grant permissions one by one. Name a preset: "
                        f"{', '.join(PRESETS)}."
                    )
                elif name not in known:
                    hint = did_you_mean(name, known) or f" There are: {', '.join(known)}."
                    message = f"There is no permission {shown(name)}.{hint}"
                else:
                    continue
                yield self._said(
                    (*path, position), line, message, Code.NOT_A_PERMISSION, warning=False
                )

    def _named_permissions(self) -> Iterator[tuple[Path, int, tuple[str, ...]]]:
        for number, mapping in enumerate(self.named.mappings):
            for position, rule in enumerate(mapping.grants):
                path: Path = ("mappings", number, "grants", position, "permissions")
                yield path, rule.line, rule.permissions
        for number, waiver in enumerate(self.named.exceptions):
            yield ("exceptions", number, "permissions"), waiver.line, waiver.permissions

    def _expired(self) -> Iterator[Problem]:
        for number, waiver in enumerate(self.rules.exceptions):
            if waiver.until_ms <= self.now_ms:
                moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=waiver.until_ms)
                message = (
                    f"This exception ended at {moment:%Y-%m-%d %H:%M} UTC. Delete it, or extend "
                    f"it with its owner, {safe(waiver.owner)}."
                )
                path = ("exceptions", number, "until")
                yield self._said(path, waiver.line, message, Code.EXPIRED)

    def _named_people(self) -> list[tuple[Path, int, str, tuple[Side, ...], str]]:
        both = (Side.DIRECTORY, Side.SECRETS)
        found: list[tuple[Path, int, str, tuple[Side, ...], str]] = []
        for number, waiver in enumerate(self.rules.exceptions):
            for key, who in (("person", waiver.person), ("owner", waiver.owner)):
                found.append((("exceptions", number, key), waiver.line, who, both, ""))
        for number, alias in enumerate(self.rules.aliases):
            for key, who, side in (
                ("directory", alias.directory, Side.DIRECTORY),
                ("secrets", alias.secrets, Side.SECRETS),
            ):
                effect = "The alias ties nothing together."
                found.append((("aliases", number, key), alias.line, who, (side,), effect))
        for number, rule in enumerate(self.rules.machines):
            found.append((("machines", number, "owner"), rule.line, rule.owner, both, ""))
        for number, privilege in enumerate(self.rules.privileges):
            path: Path = ("privileges", number, "person")
            found.append((path, privilege.line, privilege.person, both, ""))
        for number, who in enumerate(self.rules.never_touch):
            found.append((("never_touch", number), 0, who, both, "The entry protects nobody."))
        return found

    def _people(self) -> Iterator[Problem]:
        known = {
            side: frozenset(
                name for one in self.of[side].accounts.values() for name in identifiers(one)
            )
            for side in Side
        }
        for path, line, who, sides, effect in self._named_people():
            if any(fold(who) in known[side] for side in sides):
                continue
            if all(self._proves(side, Collection.ACCOUNTS) for side in sides):
                where = " or ".join(_SOURCE_WORDS[side] for side in sides)
                message = (
                    f"No account of the {where} has {shown(who)} as its id, login or verified "
                    f"e-mail address.{f' {effect}' if effect else ''}"
                )
                yield self._said(path, line, message, Code.NOBODY)

    def _machines(self) -> Iterator[Problem]:
        of_directory = (Collection.MACHINES, "") in self.directory.listings
        asked = Side if of_directory else (Side.SECRETS,)
        if not all(self._proves(side, Collection.MACHINES) for side in asked):
            return
        names = {
            name
            for known in self.of.values()
            for one in known.machines.values()
            for name in (one.id, one.name)
        }
        for number, rule in enumerate(self.rules.machines):
            if rule.machine not in names:
                message = f"Neither source has a machine identity called {shown(rule.machine)}."
                path = ("machines", number, "machine")
                yield self._said(path, rule.line, message, Code.NOBODY)

    def _managers(self) -> Iterator[Problem]:
        """Vaults that are managed by someone now, and by nobody if the policy came true."""
        kept = {
            account.id
            for account in self.secrets.accounts.values()
            if identifiers(account) & {fold(one) for one in self.rules.never_touch}
        }
        managed = {
            vault_id
            for vault_id, grants in self.secrets.grants_on.items()
            if any(
                grant.level is Level.MANAGE and grant.principal_kind is not PrincipalKind.MACHINE
                for grant in grants
            )
        }
        held = {waiver.vault.id for waiver in self._live_managers()} | {
            grant.vault_id
            for account_id in kept
            for grant in self.secrets.grants_of.get((PrincipalKind.ACCOUNT, account_id), ())
            if grant.level is Level.MANAGE
        }
        first: dict[str, tuple[Path, int]] = {}
        for number, mapping in enumerate(self.rules.mappings):
            for position, rule in enumerate(mapping.grants):
                path: Path = ("mappings", number, "grants", position, "vault")
                first.setdefault(rule.vault.id, (path, rule.line))
                if rule.level is Level.MANAGE and self._may_have_members(mapping.group.id):
                    held.add(rule.vault.id)
        for vault_id, (path, line) in first.items():
            if vault_id in managed and vault_id not in held:
                message = (
                    f"{shown(self.secrets.vault_name(vault_id))} has a manager now; by this policy "
                    "nobody would manage it. Give manage to a group that has members."
                )
                yield self._said(path, line, message, Code.NO_MANAGER)

    def _live_managers(self) -> Iterator[Waiver]:
        for waiver in self.rules.exceptions:
            if waiver.level is Level.MANAGE and waiver.until_ms > self.now_ms:
                yield waiver

    def _may_have_members(self, group_id: str) -> bool:
        """Whether the group has members, or that is not known for sure."""
        if not self._proves(Side.DIRECTORY, Collection.GROUPS):
            return True
        if group_id not in self.directory.groups:
            return False
        proven = self.directory.complete(Collection.MEMBERSHIPS, group_id)
        return not proven or bool(members_of(self.directory, group_id))
