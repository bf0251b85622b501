"""The one setting keyturn makes on the server: that `X-Keyturn-Op` is logged in the clear."""

from keyturn_providers.errors import NotAllowed
from keyturn_providers.openbao.client import OPERATION_HEADER, BaoClient
from keyturn_providers.openbao.remembered import Remembered
from keyturn_providers.openbao.sight import HEADER_PATH

NOT_SET = (
    f"the server does not log {OPERATION_HEADER}, and keyturn's token may not set that: no change"
    " can be found in the audit log"
)
WILL_SET = (
    "before its first change keyturn sets one thing on the server: that the audit log shows its"
    f" operation ids (header {OPERATION_HEADER})"
)


class OperationHeader:
    """Asked once per connector, before its first write."""

    def __init__(self, client: BaoClient) -> None:
        self._client = client
        self._note = Remembered(self._prepare)

    async def prepare(self) -> str:
        """Makes sure of the setting; "" where it holds, else a phrase for the receipt."""
        return await self._note.get()

    async def is_set(self) -> bool | None:
        """Whether the server logs the header in the clear; None where it may not be asked."""
        try:
            data = await self._client.setting(HEADER_PATH, "asking which headers are logged")
        except NotAllowed:
            return None
        settings = (data or {}).get(OPERATION_HEADER)
        return isinstance(settings, dict) and settings.get("hmac") is False

    async def _prepare(self) -> str:
        if await self.is_set():
            return ""
        try:
            await self._client.configure(
                HEADER_PATH, {"hmac": False}, "letting the audit log show operation ids"
            )
        except NotAllowed:
            return NOT_SET
        return ""
