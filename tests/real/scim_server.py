"""A real SCIM server (scim2-server) on a free loopback port, for tests and the demo's tests."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.children import reaped
from tests.real.ports import free_port

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
TOKEN = "scim-test-token-81d2"


@dataclass(frozen=True)
class ScimServer:
    """`url` is the SCIM base. `call` speaks to the server without any code of keyturn's."""

    url: str
    token: str = TOKEN

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer as JSON, {} without a body; raises `HTTPError` for a status of 400 or more."""
        request = Request(
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/scim+json",
            },
        )
        with urlopen(request, timeout=20) as answer:
            text = answer.read()
        value: dict[str, Any] = json.loads(text) if text else {}
        return value

    def add_user(self, login: str, **attributes: object) -> str:
        """Makes a user and returns its id."""
        made = self.call("POST", "/Users", {"schemas": [USER], "userName": login, **attributes})
        return str(made["id"])

    def add_group(self, name: str, members: list[dict[str, str]] | None = None) -> str:
        """Makes a group and returns its id."""
        body = {"schemas": [GROUP], "displayName": name, "members": members or []}
        return str(self.call("POST", "/Groups", body)["id"])

    def exists(self, path: str) -> bool:
        try:
            self.call("GET", path)
        except HTTPError as error:
            error.close()
            if error.code == 404:
                return False
            raise
        return True


@contextmanager
def scim_server(config: Path | None = None) -> Iterator[ScimServer]:
    """Runs scim2-server until the block ends. `config` is a ServiceProviderConfig to announce."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("scim2-server")), "--port", str(port)]
    command += ["--bearer-token", TOKEN]
    if config is not None:
        command += ["--service-provider-config", str(config)]
    with reaped(
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    ) as process:
        assert process.stdout is not None
        # It prints this line once it listens; at its death the pipe ends with "".
        first = process.stdout.readline()
        assert first.startswith("Serving SCIM"), f"scim2-server did not start: {first!r}"
        yield ScimServer(f"http://127.0.0.1:{port}/v2")
