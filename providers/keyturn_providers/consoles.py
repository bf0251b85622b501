"""The addresses of the pages on which vendors' own consoles show a person, a group or a vault.

Built from the origin that the configuration pins, and ids as one percent-encoded part of the path
each: nothing a source says can lead elsewhere. Nothing is asked; a page may want a sign-in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from keyturn_providers.origin import checked_base, origin_of
from keyturn_providers.text import is_hostile, safe

_OKTA = {"account": "/admin/user/profile/view/{}", "group": "/admin/group/{}"}
_ONEPASSWORD = {"account": "/people/{}", "group": "/groups/{}", "vault": "/vaults/{}"}
_OPENBAO = {
    "account": "/ui/vault/access/identity/entities/{}/details",
    "group": "/ui/vault/access/identity/groups/{}/details",
    "vault": "/ui/vault/secrets/{}/list",
}
_OKTA_DOMAINS = (".okta.com", ".oktapreview.com", ".okta-emea.com", ".okta-gov.com")
_ONEPASSWORD_DOMAINS = ("1password.com", "1password.eu", "1password.ca")


@dataclass(frozen=True, slots=True)
class ConsolePage:
    """A page about `what`. Without a `url`, `words` say why there is none."""

    source: str
    what: str
    url: str = ""
    words: str = ""


def console_page(
    kind: str, source: str, settings: Mapping[str, object], thing: str, id_: str, name: str
) -> ConsolePage:
    """The page about an "account", "group" or "vault" of a source of this kind and settings."""
    what = f"{thing} {safe(name, 80)}"
    base = _base(kind, settings)
    path = _PATHS.get(kind, {}).get(thing)
    if not base:
        return ConsolePage(source, what, words=f"{kind} has no console that keyturn knows of.")
    if path is None or not id_ or is_hostile(id_) or id_ in {".", ".."}:
        return ConsolePage(source, what, words=f"{kind} has no page for this in its console.")
    return ConsolePage(source, what, base + path.format(quote(id_, safe="")))


_PATHS: Mapping[str, Mapping[str, str]] = {
    "okta": _OKTA,
    "onepassword": _ONEPASSWORD,
    "openbao": _OPENBAO,
}


def _base(kind: str, settings: Mapping[str, object]) -> str:
    """The console's origin; empty where the settings pin none."""
    try:
        if kind == "onepassword":
            return _onepassword(str(settings.get("account") or ""))
        url = settings.get("url")
        if not isinstance(url, str):
            return ""
        base = checked_base(url)
        return _okta_admin(base) if kind == "okta" else base
    except ValueError:
        return ""


def _okta_admin(base: str) -> str:
    """Okta keeps its admin console beside the organisation: acme-admin.okta.com. An address of the
    company's own has none that can be told, so the organisation's own is opened: it leads there."""
    scheme, host, port = origin_of(base)
    for domain in _OKTA_DOMAINS:
        if host.endswith(domain) and not host.removesuffix(domain).endswith("-admin"):
            return f"https://{host.removesuffix(domain)}-admin{domain}"
    shown = f"[{host}]" if ":" in host else host
    usual = {"https": 443, "http": 80}[scheme]
    return f"{scheme}://{shown}" + ("" if port == usual else f":{port}")


def _onepassword(account: str) -> str:
    """Only an address of 1Password's: an account may be named by a shorthand too, which is none."""
    host = (urlsplit(account).hostname or "") if "://" in account else account.strip().lower()
    _, _, port = origin_of(f"https://{host}")
    known = any(host == one or host.endswith(f".{one}") for one in _ONEPASSWORD_DOMAINS)
    return f"https://{host}" if known and port == 443 and "/" not in host else ""
