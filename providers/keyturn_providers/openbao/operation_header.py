"""The one setting keyturn makes on the server: that `X-Keyturn-Op` is logged in the clear."""

import asyncio

from keyturn_providers.errors import BadAnswer, Conflict, Gone, NotAllowed, OutcomeUnknown
from keyturn_providers.openbao.client import OPERATION_HEADER, BaoClient
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
    """Looked after before the first write of a connector; asked again until it is settled."""

    def __init__(self, client: BaoClient) -> None:
        self._client = client
        self._lock = asyncio.Lock()
        self._settled: str | None = None

    async def prepare(self) -> str:
        """Makes sure of the setting; "" where it holds, else a phrase for the receipt.

        Raises only what says that the server cannot be reached or asks to wait: then the write it
        was for is not sent either.
        """
        async with self._lock:
            if self._settled is None:
                self._settled = await self._prepare()
            return self._settled

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
        except (NotAllowed, Gone, Conflict, BadAnswer):
            return NOT_SET
        except OutcomeUnknown:
            # Of this setting, not of the operation: so it is looked up and not passed on.
            return "" if await self.is_set() else NOT_SET
        return ""
