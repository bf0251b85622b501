"""Machine identities in Okta: API tokens and OAuth service apps."""

from collections.abc import AsyncIterator, Sequence

from keyturn_providers.abilities import Page
from keyturn_providers.errors import Gone, NotAllowed
from keyturn_providers.fan_out import in_order
from keyturn_providers.okta import sight as scopes
from keyturn_providers.okta import translate
from keyturn_providers.okta.client import OktaClient
from keyturn_providers.okta.extras import Extras
from keyturn_providers.okta.payloads import CLIENTS, GRANTS, ROLES, TOKENS, ClientPayload
from keyturn_providers.okta.sight import Sight
from keyturn_providers.records import MachineIdentity

_WIDTH = 4


async def machines(
    client: OktaClient, sight: Sight, extras: Extras
) -> AsyncIterator[Page[MachineIdentity]]:
    """Those kinds that may be listed; the proof names them. What a service app holds is read app by
    app, and where that is refused its note says so."""
    proofs: list[str] = []
    both = scopes.TOKENS in sight.seen and scopes.CLIENTS in sight.seen
    if scopes.TOKENS in sight.seen:
        roles = await extras.roles.get()
        async for tokens in client.rows("/api/v1/api-tokens", TOKENS, noun="API tokens"):
            proofs += [tokens.proof] if tokens.proof else []
            yield Page(
                tuple(
                    translate.api_token(one, roles.get(str(one.userId), ())) for one in tokens.items
                ),
                tokens.unreadable,
                None,
                "" if both else tokens.proof,
            )
    if scopes.CLIENTS not in sight.seen:
        return
    params: dict[str, str | int] = {"limit": 200}
    async for rows in client.rows("/oauth2/v1/clients", CLIENTS, noun="OAuth apps", params=params):
        services = [one for one in rows.items if one.application_type == "service"]
        page = await _services(client, sight, services)
        whole = bool(rows.proof) and (len(proofs) == 1 or not both)
        yield Page(page, rows.unreadable, None, "; ".join((*proofs, rows.proof)) if whole else "")


async def _services(
    client: OktaClient, sight: Sight, services: Sequence[ClientPayload]
) -> tuple[MachineIdentity, ...]:
    async def one(app: ClientPayload) -> MachineIdentity:
        unseen: list[str] = []
        granted: tuple[str, ...] = ()
        roles: tuple[str, ...] = ()
        try:
            if scopes.GRANTS in sight.seen:
                granted = await _scopes(client, app.id)
            else:
                unseen.append("its scopes cannot be seen")
        except (NotAllowed, Gone):
            unseen.append("its scopes cannot be seen")
        try:
            if scopes.ROLES in sight.seen:
                roles = await _roles(client, app.id)
        except (NotAllowed, Gone):
            unseen.append("its admin roles cannot be seen")
        return translate.service_app(app, granted, roles, "; ".join(unseen))

    return await in_order(services, one, _WIDTH)


async def _scopes(client: OktaClient, app_id: str) -> tuple[str, ...]:
    path = client.path("/api/v1/apps/{}/grants", app_id, what="listing grants")
    grants = await client.all(path, GRANTS, noun=f"grants of {app_id}")
    return translate.active_scopes(grants)


async def _roles(client: OktaClient, app_id: str) -> tuple[str, ...]:
    path = client.path("/oauth2/v1/clients/{}/roles", app_id, what="listing admin roles")
    roles = await client.all(path, ROLES, noun=f"admin roles of {app_id}")
    return tuple(sorted({name for role in roles if (name := translate.role_name(role))}))
