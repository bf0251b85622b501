"""An application whose answers to chosen requests are held back until a test lets them go."""

import asyncio
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LONGEST_S = 60.0


@dataclass
class HeldAnswers:
    """Passes every request on at once, and keeps the answer to the first that is `METHOD path` (a
    glob) until `let_go`. Nothing is held before `hold`."""

    app: ASGIApp
    _wanted: str = ""
    reached: threading.Event = field(default_factory=threading.Event)
    _open: threading.Event = field(default_factory=threading.Event)

    def hold(self, wanted: str) -> None:
        """Holds the answer to the next such request; `reached` is set once it was carried out."""
        self.reached.clear()
        self._open.clear()
        self._wanted = wanted

    def let_go(self) -> None:
        """Sends what is held."""
        self._wanted = ""
        self._open.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._wanted or not fnmatchcase(f"{scope['method']} {scope['path']}", self._wanted):
            await self.app(scope, receive, send)
            return
        self._wanted = ""

        async def later(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.reached.set()
                await asyncio.to_thread(self._open.wait, _LONGEST_S)
            await send(message)

        await self.app(scope, receive, later)

    def close(self) -> None:
        close = getattr(self.app, "close", None)
        if close is not None:
            close()
