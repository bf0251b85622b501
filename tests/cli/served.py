"""A SCIM directory and a vault served from a thread: verbs run event loops of their own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fault.scim_tenant import ScimTenant
from tests.fault.server import FaultServer, fault_server
from tests.providers.openbao.fake_vault import FakeVault

SCIM_VARIABLE = "TEST_SCIM_TOKEN"
BAO_VARIABLE = "TEST_BAO_TOKEN"


@dataclass
class Served:
    """Both servers; what they were asked is in their `seen`."""

    directory: FaultServer
    secrets: FaultServer

    def config(self, folder: Path) -> Path:
        """A keyturn.yaml that leads to both."""
        path = folder / "keyturn.yaml"
        path.write_text(
            "version: 1\n"
            f"directory: {{kind: scim, url: {self.directory.url}, token_env: {SCIM_VARIABLE}}}\n"
            f"secrets: {{kind: openbao, url: {self.secrets.url}, token_env: {BAO_VARIABLE}}}\n",
            encoding="utf-8",
        )
        return path

    def writes(self) -> list[str]:
        """Every request that is not a read; asking for one's own rights is a POST that reads."""
        return [
            line
            for server in (self.directory, self.secrets)
            for line in server.methods()
            if not line.startswith("GET ") and not line.endswith("/sys/capabilities-self")
        ]


@contextmanager
def served(tenant: ScimTenant, vault: FakeVault) -> Iterator[Served]:
    """Serves both until the block ends."""
    ready, leave = threading.Event(), threading.Event()
    found: list[Served] = []
    failure: list[BaseException] = []

    async def serve() -> None:
        async with fault_server(tenant) as left, fault_server(vault.answer) as right:
            found.append(Served(left, right))
            ready.set()
            await asyncio.to_thread(leave.wait)

    def work() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # noqa: BLE001 - told in the test's own thread
            failure.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        assert ready.wait(60)
        if failure:
            raise failure[0]
        yield found[0]
    finally:
        leave.set()
        thread.join(30)
