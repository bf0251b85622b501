"""What of keyturn's environment a child gets to see: an allow list, nothing of `op`'s own.

`OP_CONNECT_HOST` and `OP_CONNECT_TOKEN` take precedence over a service account's token, and that
over a session: any of them left in would make `op` act as somebody else than was chosen.
"""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from pydantic import SecretStr

INTEGRATION_NAME = "keyturn"
INTEGRATION_ID = "KTN"
SERVICE_ACCOUNT_PREFIX = "ops_"

_NAMES = frozenset(
    {
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "LANG",
        "LANGUAGE",
        "TERM",
        "TZ",
        "TMPDIR",
        # The desktop app is found, and its prompt shown, through these.
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "XAUTHORITY",
        "DBUS_SESSION_BUS_ADDRESS",
        # The way to 1password.com, where it leads through a proxy.
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "ALL_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        # Where op keeps which accounts it knows, and whether it asks the desktop app.
        "OP_CONFIG_DIR",
        "OP_BIOMETRIC_UNLOCK_ENABLED",
        # Windows.
        "SYSTEMROOT",
        "WINDIR",
        "APPDATA",
        "LOCALAPPDATA",
        "PROGRAMDATA",
        "PROGRAMFILES",
        "USERPROFILE",
        "USERNAME",
        "TEMP",
        "TMP",
        "PATHEXT",
        "COMSPEC",
    }
)
_PREFIXES = ("LC_", "XDG_", "KEYTURN_SIMULATED_")


def scrubbed(inherited: Mapping[str, str]) -> dict[str, str]:
    """What a child gets of `inherited`, with what every call of `op` is told."""
    kept = {
        name: value
        for name, value in inherited.items()
        if name.upper() in _NAMES or name.startswith(_PREFIXES)
    }
    # What op remembers of earlier answers is older than now; a check may not rest on it.
    kept["OP_CACHE"] = "false"
    kept["OP_INTEGRATION_NAME"] = INTEGRATION_NAME
    kept["OP_INTEGRATION_ID"] = INTEGRATION_ID
    kept["OP_INTEGRATION_BUILDNUMBER"] = _build_number()
    kept["NO_COLOR"] = "1"
    return kept


def usable(token: SecretStr) -> bool:
    """Whether it can stand in an environment at all. An empty one would be none: `op` would go by
    whoever is signed in."""
    value = token.get_secret_value()
    return bool(value) and "\0" not in value


def with_token(environment: Mapping[str, str], token: SecretStr, variable: str) -> dict[str, str]:
    """`environment` with the chosen credential: a session token, or a service account's.

    `variable` is where a session token came from: `op` also goes by `OP_SESSION_<account>`.
    """
    value = token.get_secret_value()
    if value.startswith(SERVICE_ACCOUNT_PREFIX):
        return {**environment, "OP_SERVICE_ACCOUNT_TOKEN": value}
    names = {"OP_SESSION"} | ({variable} if variable.startswith("OP_SESSION_") else set())
    return {**environment, **dict.fromkeys(names, value)}


def _build_number() -> str:
    """The version as op wants it: seven digits, two for each part."""
    try:
        parts = [int(part) for part in version("keyturn").split(".")[:3] if part.isdigit()]
    except PackageNotFoundError:
        parts = []
    major, minor, patch = (*parts, 0, 0, 0)[:3]
    return f"{major:02d}{minor:02d}{patch:02d}0"
