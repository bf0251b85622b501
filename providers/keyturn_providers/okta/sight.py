"""What keyturn's credential may see in an organisation: each scope is tried by one small read.

An effective right is the scope within the admin role, and no call tells it; so it is tried. What
may not be seen is named beforehand, as a blind spot; a refusal that was not announced so is an
error, and the listing it belongs to is incomplete.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from keyturn_providers.contract import (
    Check,
    Condition,
    Topic,
)
from keyturn_providers.errors import Gone, NotAllowed, ProviderError
from keyturn_providers.okta.client import OktaClient
from keyturn_providers.okta.payloads import (
    APPS,
    GROUPS,
    ORG,
    AppPayload,
    OrgPayload,
    TokenPayload,
)
from keyturn_providers.okta.payloads import TOKENS as TOKENS_SHAPE
from keyturn_providers.origin import segment
from keyturn_providers.text import safe

USERS = "okta.users.read"
GROUPS_SCOPE = "okta.groups.read"
APPS_SCOPE = "okta.apps.read"
LOGS = "okta.logs.read"
TOKENS = "okta.apiTokens.read"
ROLES = "okta.roles.read"
GRANTS = "okta.appGrants.read"
CLIENTS = "okta.clients.read"
ORGS = "okta.orgs.read"
MANAGE_USERS = "okta.users.manage"
MANAGE_GROUPS = "okta.groups.manage"

_HIDES = {
    USERS: "all users, and with them everybody's state",
    GROUPS_SCOPE: "all groups, who is in them, and the rules that put people in",
    APPS_SCOPE: "what Okta pushes into the secret manager, and how that stands",
    LOGS: "the System Log: no change can be proven by it",
    TOKENS: "API tokens, which end when their owner is deactivated",
    ROLES: "who has admin roles in Okta",
    GRANTS: "the scopes of OAuth service apps",
    CLIENTS: "OAuth service apps",
    ORGS: "the organisation's own id: another one behind the same address is taken for it",
    MANAGE_USERS: "suspending, reactivating, deactivating users and ending their sessions",
    MANAGE_GROUPS: "changing who is in a group",
}
_UNTRIED = {
    True: "It is granted to the service app; the rest is its admin role's, and shows in use.",
    False: "An API token has no scopes to lack; its owner's admin role decides, and shows in use.",
}
"""Of what no small read can try: by whether the credential has scopes."""
_CORE = frozenset({USERS, GROUPS_SCOPE})


@dataclass(frozen=True, slots=True)
class Sight:
    """`seen` are the scopes that work, `refused` the others with the refusal. `app` is the secret
    manager's application; `app_problem` says why there is none. `hides_builtin`: the built-in group
    Everyone is not shown, so the admin role shows only some groups. `org` is the organisation, None
    where it may not be read. `api_tokens` are those that the trial listed, None where they may not
    be listed."""

    seen: frozenset[str]
    refused: dict[str, str] = field(default_factory=dict)
    app: AppPayload | None = None
    app_problem: str = ""
    hides_builtin: bool = False
    org: OrgPayload | None = None
    api_tokens: tuple[TokenPayload, ...] | None = None

    @property
    def machines(self) -> bool:
        """Whether any kind of machine identity may be listed."""
        return TOKENS in self.seen or CLIENTS in self.seen


EVERYTHING = Sight(frozenset(_HIDES))
"""Before anything was tried, everything is."""


async def look(client: OktaClient, app: str | None, granted: frozenset[str] | None) -> Sight:
    """Tries each scope. `granted` are those of an OAuth token; an API token has none, and whether
    it may change something shows only when it does. Raises what no scope explains."""
    refused: dict[str, str] = {}
    found: dict[str, object] = {}

    async def attempt(scope: str, ask: Callable[[], Awaitable[object]]) -> None:
        try:
            found[scope] = await ask()
        except (NotAllowed, Gone) as refusal:
            refused[scope] = refusal.why

    small = {"limit": 1}

    def reads(path: str, **params: str | int) -> Callable[[], Awaitable[object]]:
        return lambda: client.get(path, what="trying what may be read", params={**small, **params})

    async def builtin() -> bool:
        """Whether the built-in group is shown."""
        params: dict[str, str | int] = {"filter": 'type eq "BUILT_IN"', "limit": 1}
        return bool(await client.all("/api/v1/groups", GROUPS, noun="groups", params=params))

    async def rules() -> object:
        return await client.get(
            "/api/v1/groups/rules", what="trying what may be read", params={"limit": 1}
        )

    async def groups() -> bool:
        shown, _ = await asyncio.gather(builtin(), rules())
        return shown

    async def apps() -> tuple[AppPayload | None, str]:
        return await _app(client, app)

    tries: dict[str, Callable[[], Awaitable[object]]] = {
        USERS: reads("/api/v1/users"),
        GROUPS_SCOPE: groups,
        APPS_SCOPE: apps,
        LOGS: reads("/api/v1/logs"),
        TOKENS: lambda: client.all("/api/v1/api-tokens", TOKENS_SHAPE, noun="API tokens"),
        ROLES: reads("/api/v1/iam/assignees/users"),
        CLIENTS: reads("/oauth2/v1/clients"),
        ORGS: lambda: client.one("/api/v1/org", ORG, what="asking who it is"),
    }
    await _together([attempt(scope, ask) for scope, ask in tries.items()])
    seen = {scope for scope in tries if scope not in refused}
    for scope in (GRANTS, MANAGE_USERS, MANAGE_GROUPS):
        if granted is None or scope in granted:
            seen.add(scope)
        else:
            refused[scope] = "The scope is not granted to the service app."
    its_app = found.get(APPS_SCOPE)
    chosen, problem = its_app if isinstance(its_app, tuple) else (None, "")
    tokens, org = found.get(TOKENS), found.get(ORGS)
    return Sight(
        frozenset(seen),
        refused,
        chosen if isinstance(chosen, AppPayload) else None,
        str(problem),
        hides_builtin=found.get(GROUPS_SCOPE) is False,
        org=org if isinstance(org, OrgPayload) else None,
        api_tokens=tokens if isinstance(tokens, tuple) else None,
    )


def blind_spots(sight: Sight, app: str | None) -> tuple[str, ...]:
    """What cannot be seen, each a phrase of its own."""
    spots = [
        f"{_HIDES[scope]}: keyturn's credential lacks {scope}"
        for scope in _HIDES
        if scope in sight.refused and scope not in {MANAGE_USERS, MANAGE_GROUPS}
    ]
    if sight.hides_builtin:
        spots.append(
            "some groups: keyturn's admin role does not show the built-in group Everyone, so it may"
            " hide others"
        )
    if app is None:
        spots.append("what Okta pushes into the secret manager: no app is named in keyturn.yaml")
    elif sight.app_problem:
        spots.append(f"what Okta pushes into the secret manager: {sight.app_problem}")
    spots.append("sign-ins inside applications: Okta neither shows nor ends them")
    return tuple(spots)


def scope_checks(sight: Sight, *, changes: bool, scoped: bool) -> tuple[Check, ...]:
    """One check for each scope: what works, and what is hidden without it. `scoped`: the credential
    has scopes, as a service app's has and an API token has not."""
    checks = []
    for scope, hides in _HIDES.items():
        manages = scope in {MANAGE_USERS, MANAGE_GROUPS}
        if manages and not changes:
            continue
        if scope in sight.refused:
            condition = Condition.WRONG if scope in _CORE else Condition.WATCH
            checks.append(Check(Topic.SCOPE, condition, scope, sight.refused[scope], hides))
        elif manages or scope == GRANTS:
            checks.append(Check(Topic.SCOPE, Condition.WELL, scope, _UNTRIED[scoped]))
        else:
            checks.append(Check(Topic.SCOPE, Condition.WELL, scope, "It was tried and works."))
    return tuple(checks)


async def _app(client: OktaClient, named: str | None) -> tuple[AppPayload | None, str]:
    """The application by id, else by label; without a name only the right is tried."""
    what = "looking for the secret manager's application"
    if named is None:
        await client.get("/api/v1/apps", what=what, params={"limit": 1})
        return None, ""
    shown = safe(named, 80)
    if named.startswith("0oa") and named.isalnum():
        app = await client.one(f"/api/v1/apps/{segment(named)}", APPS, what=what)
        if app is not None:
            return app, ""
    every = await client.all("/api/v1/apps", APPS, noun="applications", params={"limit": 200})
    same = [
        one
        for one in every
        if isinstance(one.label, str) and one.label.strip().casefold() == named.strip().casefold()
    ]
    if len(same) == 1:
        return same[0], ""
    if same:
        ids = ", ".join(safe(one.id, 40) for one in same[:5])
        return None, f"several applications are called {shown} ({ids}); name one by its id"
    return None, f"no application has the id or label {shown}"


async def _together(jobs: list[Awaitable[None]]) -> None:
    """All at once; the first failure ends the others and is raised as it is."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        await asyncio.gather(*tasks)
    except ProviderError:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
