"""The SCIM connector: who the server is, and its reader and writer."""

import time
from collections.abc import Iterator

from keyturn_providers.abilities import Ability
from keyturn_providers.checks import server_checks, token_check
from keyturn_providers.contract import (
    About,
    Check,
    Condition,
    OwnIdentity,
    Surroundings,
    Topic,
)
from keyturn_providers.errors import ReadOnly
from keyturn_providers.http import Transport
from keyturn_providers.origin import origin_of
from keyturn_providers.records import Side, SourceIdentity
from keyturn_providers.scim.client import MEDIA_TYPE, ScimClient
from keyturn_providers.scim.payloads import ServerFacts, explain
from keyturn_providers.scim.reader import ScimReader
from keyturn_providers.scim.settings import ScimSettings
from keyturn_providers.scim.writer import ScimWriter
from keyturn_providers.text import safe

READS = frozenset(
    {
        Ability.LIST_ACCOUNTS,
        Ability.LIST_GROUPS,
        Ability.LIST_MEMBERSHIPS,
        Ability.READ_ACCOUNT,
        Ability.READ_MEMBERS,
    }
)
WRITES = frozenset(
    {Ability.SUSPEND, Ability.REACTIVATE, Ability.ADD_MEMBERSHIP, Ability.REMOVE_MEMBERSHIP}
)
BLIND_SPOTS = (
    "the directory's own audit log (SCIM has none)",
    "sign-ins that are still open in the directory (SCIM neither shows nor ends them)",
)

CHANGES_AT_ONCE = 6
"""As many as requests of one transport: no standard says what a server takes."""
_SUBJECT = "SCIM server"


class ScimConnector:
    """One SCIM server. Belongs to one event loop; `aclose` closes its connections."""

    def __init__(
        self,
        name: str,
        settings: ScimSettings,
        client: ScimClient,
        *,
        read_only: bool,
        reserve: float = 0.3,
    ) -> None:
        self._name = name
        self._settings = settings
        self._client = client
        self._read_only = read_only
        self._reserve = reserve

    async def about(self) -> About:
        """Reads ServiceProviderConfig and lists one user, so a wrong address or token shows here.

        SCIM knows no tenant id. The tenant is the base that ServiceProviderConfig says it lives
        under (`meta.location`), else the configured url: a server moved or exchanged behind the
        same name is noticed if it says so there.
        """
        facts = await self._client.facts(fresh=True)
        await self._client.probe()
        groups = await self._client.lists_groups()
        id_of_own = self._settings.own_account
        own = None if id_of_own is None else OwnIdentity(id_of_own, id_of_own)
        return About(
            source=SourceIdentity(self._name, "scim", Side.DIRECTORY, self._tenant(facts)),
            address=self._client.base_url,
            abilities=READS if self._read_only else READS | WRITES,
            version="SCIM 2.0",
            own=own,
            blind_spots=BLIND_SPOTS,
            page_size=self._settings.page_size,
            notes=_notes(facts),
            checks=tuple(self._checks(facts, own, groups=groups)),
            changes_at_once=CHANGES_AT_ONCE,
        )

    def _checks(
        self, facts: ServerFacts, own: OwnIdentity | None, *, groups: bool
    ) -> Iterator[Check]:
        now_ms = time.time_ns() // 1_000_000
        yield from server_checks(
            _SUBJECT,
            self._client.base_url,
            self._client.seen,
            self._client.windows(),
            now_ms=now_ms,
            reserve=self._reserve,
        )
        yield _whose_token() if own is None else token_check(_SUBJECT, own, now_ms)
        yield Check(Topic.SCOPE, Condition.WELL, "/Users", "The token may list them.")
        yield _groups_check(listed=groups)
        if not self._read_only:
            yield _patch_check(facts.patch)

    def reader(self) -> ScimReader:
        return ScimReader(self._client, self._settings)

    def writer(self) -> ScimWriter:
        if self._read_only:
            raise ReadOnly(
                self._name,
                "changing something",
                "keyturn runs read-only.",
                "Start it without --read-only, and without mode: read-only in keyturn.yaml.",
            )
        return ScimWriter(self._client)

    async def aclose(self) -> None:
        await self._client.aclose()

    def _tenant(self, facts: ServerFacts) -> str:
        base = facts.location.rstrip("/").removesuffix("/ServiceProviderConfig").rstrip("/")
        try:
            origin_of(base)
        except ValueError:
            return self._client.base_url
        return safe(base)


def open_scim(name: str, settings: ScimSettings, surroundings: Surroundings) -> ScimConnector:
    """Opens the connector; sends nothing yet. Raises `Misconfigured` for an address the token may
    not go to or a CA file that is none."""
    transport = Transport(
        name,
        settings.url,
        surroundings,
        headers={"Accept": f"{MEDIA_TYPE}, application/json;q=0.9"},
        ca_file=settings.ca_file,
        explain=explain,
    )
    return ScimConnector(
        name,
        settings,
        ScimClient(transport),
        read_only=surroundings.read_only,
        reserve=surroundings.rate_reserve,
    )


def _whose_token() -> Check:
    words = "SCIM tells neither whose the token is nor when it ends; own_account names its account."
    return Check(Topic.TOKEN, Condition.UNKNOWN, _SUBJECT, words)


def _groups_check(*, listed: bool) -> Check:
    if listed:
        return Check(Topic.SCOPE, Condition.WELL, "/Groups", "The token may list them.")
    words = "The server does not let this token list groups, or has none to list."
    return Check(Topic.SCOPE, Condition.WRONG, "/Groups", words, "groups, and who is in them")


def _patch_check(patch: bool | None) -> Check:
    topic, subject = Topic.SCOPE, "PATCH"
    if patch is None:
        words = "The server does not say whether it takes changes; the first one will show it."
        return Check(topic, Condition.UNKNOWN, subject, words)
    if patch:
        words = "The server takes changes; whether of this token, the first one will show."
        return Check(topic, Condition.WELL, subject, words)
    words = "The server announces that it takes no PATCH."
    return Check(topic, Condition.WATCH, subject, words, "every change there")


def _notes(facts: ServerFacts) -> tuple[str, ...]:
    notes = ["Paging by cursor is announced." if facts.cursor else "Paging by index."]
    if facts.patch is False:
        notes.append("The server announces that it takes no PATCH, so changes will be refused.")
    return tuple(notes)
