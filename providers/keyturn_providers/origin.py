"""Where a request may go: https, or plain http on loopback only, and never to another origin."""

import ipaddress
from urllib.parse import quote, urljoin, urlsplit

from keyturn_providers.text import is_hostile, safe

_DEFAULT_PORTS = {"https": 443, "http": 80}


def origin_of(url: str) -> tuple[str, str, int]:
    """(scheme, host, port) of an absolute http(s) URL, with the default port filled in.

    Raises `ValueError` where `url` is not such a URL or carries a user name or password; the
    message is a sentence fit for a screen and never repeats the user-info part.
    """
    if is_hostile(url):
        raise ValueError(f"The address holds control characters: {safe(url, 80)}")
    if any(char.isspace() for char in url):
        raise ValueError("The address holds a space.")
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError("The address must look like https://host or https://host:port/path.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("The address holds a user name or password, which belongs nowhere in it.")
    try:
        port = parts.port
    except ValueError:
        raise ValueError("The port in the address is not a number up to 65535.") from None
    return parts.scheme, parts.hostname.lower(), port or _DEFAULT_PORTS[parts.scheme]


def same_origin(left: str, right: str) -> bool:
    """Whether two absolute URLs share scheme, host and port; an unreadable one shares none."""
    try:
        return origin_of(left) == origin_of(right)
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether `host` is localhost or a literal address in 127.0.0.0/8 or ::1."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def checked_base(url: str) -> str:
    """`url` without a trailing slash, if requests with a credential may be sent to it.

    Raises `ValueError` (a sentence) for plain http off loopback, for a query or a fragment, and
    for all that `origin_of` refuses.
    """
    scheme, host, _ = origin_of(url)
    if scheme == "http" and not is_loopback(host):
        raise ValueError(
            f"Plain http to {host} would send the token in the clear; only https is used"
            " (http is allowed to 127.0.0.1, ::1 and localhost)."
        )
    if urlsplit(url).query or urlsplit(url).fragment:
        raise ValueError("The address must end with the path; it has a query or a fragment.")
    return url.rstrip("/")


def target_of(base: str, path: str) -> str:
    """The URL for `path` below `base`; an absolute URL (a paging link, a redirect) is taken as it
    is if it has the origin of `base`.

    Raises `ValueError` (a sentence) where it would leave the origin.
    """
    if path.startswith("/") and not path.startswith("//"):
        return base + path
    target = urljoin(base + "/", path)
    if not same_origin(base, target):
        raise ValueError(
            f"It leads to another address ({safe(target.partition('?')[0], 120)}), where the token"
            " is not sent."
        )
    return target


def segment(identifier: str) -> str:
    """`identifier` encoded as one path segment. Raises `ValueError` for what cannot be one."""
    if identifier in {"", ".", ".."}:
        raise ValueError(f"The id {identifier!r} cannot stand in an address.")
    return quote(identifier, safe="")
