"""Which handler answers what, and the scopes it needs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from keyturn_providers.simulated.okta import (
    apps,
    assignments,
    client_tokens,
    groups,
    lifecycle,
    log,
    machines,
    oauth,
    push_mappings,
    rules,
    sign_in,
    users,
)
from keyturn_providers.simulated.okta.web import Answer, Call

Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. No scopes: nobody needs to be known."""

    method: str
    parts: tuple[str, ...]
    scopes: tuple[str, ...]
    handler: Handler

    def match(self, parts: tuple[str, ...]) -> dict[str, str] | None:
        """The named parts of a path of the same length, None where it is another path."""
        found = {}
        for own, given in zip(self.parts, parts, strict=True):
            if own.startswith("{"):
                found[own[1:-1]] = given
            elif own != given:
                return None
        return found


_USER, _LIFE = "/api/v1/users/{user}", "/api/v1/users/{user}/lifecycle"
_USER_TOKENS = _USER + "/clients/{client}/tokens"
_GROUP, _APP = "/api/v1/groups/{group}", "/api/v1/apps/{app}"
_MAPPING = _APP + "/group-push/mappings"
_CLIENTS = "/oauth2/v1/clients"

_TABLE: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", "/api/v1/org", "okta.orgs.read", machines.organisation),
    ("GET", "/api/v1/users", "okta.users.read", users.listed),
    ("POST", "/api/v1/users", "okta.users.manage", lifecycle.create),
    ("GET", _USER, "okta.users.read", users.one),
    ("POST", _USER, "okta.users.manage", lifecycle.update),
    ("PUT", _USER, "okta.users.manage", lifecycle.update),
    ("DELETE", _USER, "okta.users.manage", lifecycle.delete),
    ("GET", _USER + "/groups", "okta.users.read", groups.of_user),
    ("GET", _USER + "/appLinks", "okta.users.read", users.app_links),
    ("GET", _USER + "/roles", "okta.roles.read", users.roles),
    ("GET", _USER + "/grants", "okta.users.read", sign_in.consents),
    ("DELETE", _USER + "/grants", "okta.users.manage", sign_in.revoke_consents),
    ("GET", _USER + "/clients", "okta.users.read", client_tokens.clients),
    ("GET", _USER_TOKENS, "okta.users.read", client_tokens.listed),
    ("DELETE", _USER_TOKENS, "okta.users.manage", client_tokens.revoke),
    ("GET", _USER + "/factors", "okta.users.read", sign_in.factors),
    ("DELETE", _USER + "/factors/{factor}", "okta.users.manage", sign_in.remove_factor),
    ("DELETE", _USER + "/sessions", "okta.users.manage", sign_in.end_sessions),
    ("POST", _LIFE + "/activate", "okta.users.manage", lifecycle.activate),
    ("POST", _LIFE + "/reactivate", "okta.users.manage", lifecycle.reactivate),
    ("POST", _LIFE + "/deactivate", "okta.users.manage", lifecycle.deactivate),
    ("POST", _LIFE + "/suspend", "okta.users.manage", lifecycle.suspend),
    ("POST", _LIFE + "/unsuspend", "okta.users.manage", lifecycle.unsuspend),
    ("POST", _LIFE + "/unlock", "okta.users.manage", lifecycle.unlock),
    ("POST", _LIFE + "/reset_factors", "okta.users.manage", sign_in.reset_factors),
    ("GET", "/api/v1/groups", "okta.groups.read", groups.listed),
    ("POST", "/api/v1/groups", "okta.groups.manage", groups.create),
    ("GET", "/api/v1/groups/rules", "okta.groups.read", rules.rules),
    ("GET", "/api/v1/groups/rules/{rule}", "okta.groups.read", rules.rule),
    ("GET", _GROUP, "okta.groups.read", groups.one),
    ("GET", _GROUP + "/users", "okta.groups.read", groups.members),
    ("PUT", _GROUP + "/users/{user}", "okta.groups.manage", groups.add_member),
    ("DELETE", _GROUP + "/users/{user}", "okta.groups.manage", groups.remove_member),
    ("GET", _GROUP + "/apps", "okta.groups.read", apps.of_group),
    ("GET", _GROUP + "/roles", "okta.roles.read", machines.group_roles),
    ("GET", "/api/v1/apps", "okta.apps.read", apps.listed),
    ("GET", _APP, "okta.apps.read", apps.one),
    ("GET", _APP + "/users", "okta.apps.read", assignments.users),
    ("POST", _APP + "/users", "okta.apps.manage", assignments.assign),
    ("GET", _APP + "/users/{user}", "okta.apps.read", assignments.user),
    ("DELETE", _APP + "/users/{user}", "okta.apps.manage", assignments.unassign),
    ("GET", _APP + "/groups", "okta.apps.read", assignments.app_groups),
    ("GET", _APP + "/groups/{group}", "okta.apps.read", assignments.app_group),
    ("DELETE", _APP + "/groups/{group}", "okta.apps.manage", assignments.unassign_group),
    ("GET", _APP + "/features", "okta.apps.read", apps.features),
    ("GET", _APP + "/connections/default", "okta.apps.read", apps.connection),
    ("GET", _MAPPING, "okta.apps.read okta.groups.read", push_mappings.listed),
    ("GET", _MAPPING + "/{mapping}", "okta.apps.read okta.groups.read", push_mappings.one),
    (
        "PATCH",
        _MAPPING + "/{mapping}",
        "okta.apps.manage okta.groups.manage",
        push_mappings.change,
    ),
    ("GET", _APP + "/grants", "okta.appGrants.read", machines.grants),
    ("GET", _APP + "/credentials/jwks", "okta.apps.read", machines.keys),
    ("GET", "/api/v1/logs", "okta.logs.read", log.read),
    ("GET", "/api/v1/api-tokens", "okta.apiTokens.read", machines.api_tokens),
    ("GET", "/api/v1/api-tokens/{token}", "okta.apiTokens.read", machines.api_token),
    ("DELETE", "/api/v1/api-tokens/{token}", "okta.apiTokens.manage", machines.revoke_api_token),
    ("GET", "/api/v1/iam/assignees/users", "okta.roles.read", machines.assignees),
    (
        "GET",
        "/api/v1/principal-rate-limits",
        "okta.principalRateLimits.read",
        machines.principal_rate_limits,
    ),
    (
        "GET",
        "/integrations/api/v1/api-services",
        "okta.oauthIntegrations.read",
        machines.api_services,
    ),
    (
        "GET",
        "/privileged-access/api/v1/service-accounts",
        "okta.serviceAccounts.read",
        machines.not_bought,
    ),
    (
        "GET",
        "/privileged-access/api/v1/okta-service-accounts",
        "okta.serviceAccounts.okta.read",
        machines.not_bought,
    ),
    ("GET", _CLIENTS, "okta.clients.read", machines.clients),
    ("GET", _CLIENTS + "/{client}", "okta.clients.read", machines.client),
    ("GET", _CLIENTS + "/{client}/roles", "okta.roles.read", machines.client_roles),
    ("POST", "/oauth2/v1/token", "", oauth.token),
    (
        "POST",
        "/oauth2/v1/global-token-revocation",
        "okta.universalLogout.manage",
        sign_in.universal_logout,
    ),
)


def _by_length() -> dict[int, list[Route]]:
    made: dict[int, list[Route]] = {}
    for method, path, scopes, handler in _TABLE:
        parts = tuple(path.strip("/").split("/"))
        made.setdefault(len(parts), []).append(Route(method, parts, tuple(scopes.split()), handler))
    return made


_ROUTES = _by_length()


def fitting(parts: tuple[str, ...]) -> Iterator[tuple[Route, dict[str, str]]]:
    """The routes of a path, for whatever method. Where a fixed part and a named one both fit, the
    fixed one comes first."""
    for route in _ROUTES.get(len(parts), ()):
        found = route.match(parts)
        if found is not None:
            yield route, found
