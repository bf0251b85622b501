"""The requests of the SCIM bridge: SCIM as elsewhere, its health, and its own way to suspend."""

from dataclasses import replace
from urllib.parse import urlsplit

from keyturn_providers.contract import Surroundings
from keyturn_providers.errors import ProviderError, Unreachable
from keyturn_providers.http import Answer, Transport
from keyturn_providers.onepassword.bridge.health import Health, health_of
from keyturn_providers.onepassword.bridge.settings import BridgeSettings
from keyturn_providers.scim.client import MEDIA_TYPE, OPERATION_HEADER, USERS, ScimClient
from keyturn_providers.scim.payloads import explain

SCIM_PATH = "/scim"


def scim_base(url: str) -> str:
    """Where SCIM begins: below a bridge's bare address, or just where hosted provisioning says."""
    return url if urlsplit(url).path.strip("/") else f"{url}{SCIM_PATH}"


class BridgeClient(ScimClient):
    """Sends nothing before the first request."""

    def __init__(self, source: str, settings: BridgeSettings, surroundings: Surroundings) -> None:
        transport = Transport(
            source,
            scim_base(settings.url),
            replace(surroundings, secret=lambda: surroundings.secret_of("bridge")),
            headers={"Accept": f"{MEDIA_TYPE}, application/json;q=0.9"},
            ca_file=settings.ca_file,
            explain=explain,
            judge=self._judge,
        )
        super().__init__(transport)
        parts = urlsplit(settings.url)
        self._health = f"{parts.scheme}://{parts.netloc}/health"

    async def health(self) -> Health | None:
        """The bridge's report on its parts; None where it gives none (hosted provisioning, or
        monitoring switched off)."""
        try:
            answer = await self._transport.request(
                "GET", self._health, what="asking for the bridge's health", writes=False
            )
            return health_of(answer.json())
        except ProviderError:
            # People and groups can be read all the same; that nothing is known is a check.
            return None

    async def delete_user(self, user_id: str, *, what: str, operation_id: str) -> Answer:
        """Sends a DELETE, at most once. The bridge takes it for "suspend": the user stays."""
        return await self._transport.request(
            "DELETE",
            self._path(USERS, user_id, what),
            headers={OPERATION_HEADER: operation_id},
            what=what,
            writes=True,
            ok=(200, 204),
        )

    def _judge(self, answer: Answer, writes: bool) -> ProviderError | None:
        if answer.status != 500 or writes:
            return None
        return Unreachable(
            self.source,
            answer.what,
            "The bridge answered 500, as it does while provisioning is switched off in 1Password.",
            "Look under Integrations in 1Password whether provisioning is on, then at the bridge's"
            " log.",
        )
