"""The dashboard in a browser, through textual-serve, for this machine only.

textual-serve has no login, answers any page that reaches its port, and hands its whole environment
to each visitor's process. So the address is a loopback one; a request that names another host, or
comes from another page, is refused (a web page elsewhere could otherwise drive the dashboard
through the visitor's own browser); and the environment that is handed on is a chosen one. The page
asks nobody else for anything, and takes keys from the start, without a click.
"""

import ipaddress
import logging
import os
import re
import shlex
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence

from aiohttp import web
from textual_serve.server import Server

from keyturn.settings import SHOW_ONLY_VARIABLE

HANDED_ON = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "VIRTUAL_ENV",
     "PYTHONPATH", "NO_COLOR", "SSL_CERT_FILE", "SSL_CERT_DIR", "KEYTURN_CONFIG", "KEYTURN_DATA",
     "SYSTEMROOT", "APPDATA", "LOCALAPPDATA"}
)  # fmt: skip
HANDED_ON_PREFIXES = ("LC_", "XDG_")
TERMINAL = "xterm-256color"
_FROM_ELSEWHERE = re.compile(r"""<link[^>]*href=["']https?://(?!127\.0\.0\.1|\[::1\])[^>]*>""")
_FOCUS = """<script>
new MutationObserver(() => document.querySelector(".xterm-helper-textarea")?.focus())
  .observe(document.body, {attributes: true, attributeFilter: ["class"]});
</script></body>"""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class NotLoopback(Exception):
    """The address can be reached from other machines."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"keyturn serve: {host}: is no loopback address, and there is no login: whoever "
            "reaches the port would see who can open what. Use 127.0.0.1, and an SSH tunnel from "
            "another machine."
        )


def require_loopback(host: str) -> str:
    """The address of `host` as a number. Raises NotLoopback unless every address it has is one of
    this machine's own."""
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError:
        raise NotLoopback(host) from None
    if not found or not all(ipaddress.ip_address(one).is_loopback for one in found):
        raise NotLoopback(host)
    return min(found)


def handed_on(environment: Mapping[str, str], *, credentials: bool) -> dict[str, str]:
    """What each visitor's process gets: all of it with `credentials`, else no more than it needs to
    start, which no token is in, and that it is to ask no source."""
    kept = {
        name: value for name, value in environment.items()
        if credentials or name in HANDED_ON or name.startswith(HANDED_ON_PREFIXES)
    }  # fmt: skip
    only = {} if credentials else {SHOW_ONLY_VARIABLE: "1"}
    return {**kept, **only, "TERM": TERMINAL}


def own_page(page: str) -> str:
    """textual-serve's page without what it loads from other machines, with a title, and with the
    terminal in focus as soon as it shows something."""
    page = _FROM_ELSEWHERE.sub("", page)
    page = page.replace("<head>", "<head><title>keyturn</title>", 1)
    return page.replace("</body>", _FOCUS, 1)


class LoopbackServer(Server):
    """Refuses what is not asked by its own page."""

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._own_pages_only)
        return app

    def initialize_logging(self) -> None:
        """Errors only: the log of requests would push away what was said at the start."""
        logging.basicConfig(level=logging.ERROR, format="keyturn serve: %(message)s")

    async def on_startup(self, app: web.Application) -> None:
        """What is served where has been said already."""

    @web.middleware
    async def _own_pages_only(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        names = {f"{name}:{self.port}" for name in (self.host, "localhost", "127.0.0.1", "[::1]")}
        origin = request.headers.get("Origin")
        if request.host not in names:
            raise web.HTTPForbidden(text="keyturn serve answers its own address only.")
        if request.path == "/ws" and origin is None:
            raise web.HTTPForbidden(text="keyturn serve answers its own page only.")
        if origin is not None and origin not in {f"http://{name}" for name in names}:
            raise web.HTTPForbidden(text="keyturn serve answers its own page only.")
        answer = await handler(request)
        if isinstance(answer, web.Response) and answer.content_type == "text/html" and answer.text:
            answer.text = own_page(answer.text)
            # A policy cannot name an IPv6 address; the page's own is 'self'.
            own = sorted(name for name in names if "[" not in name)
            sources = " ".join(f"{kind}://{name}" for name in own for kind in ("http", "ws"))
            answer.headers["Content-Security-Policy"] = (
                f"default-src 'self' {sources} 'unsafe-inline' data: blob:; frame-ancestors 'none'"
            )
        return answer


def serve(command: Sequence[str], host: str, port: int, *, credentials: bool) -> None:
    """Serves the command's dashboard until it is interrupted. Raises NotLoopback."""
    address = require_loopback(host)
    environment = handed_on(os.environ, credentials=credentials)
    # textual-serve hands on the environment of this very process.
    os.environ.clear()
    os.environ.update(environment)
    shown = f"[{address}]" if ":" in address else address
    LoopbackServer(
        shlex.join(command), address, port, title="keyturn", public_url=f"http://{shown}:{port}"
    ).serve()
