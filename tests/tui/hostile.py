"""Names that try to be more than names, what must not come of them, and a look that tells."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rich.cells import cell_len
from tests.tui.looking import text_of
from tests.tui.simulated import Bench, Policy, rules_of
from textual.pilot import Pilot

from keyturn.tui.actions import Where
from keyturn.tui.app import KeyturnApp
from keyturn_providers.text import is_hostile

HOSTILE = (
    "[red]Robert[/red]",
    "[/]",
    "[@click=app.quit]press[/]",
    "\x1b[2Jclear\x1b[H",
    "\x1b]52;c;ZXZpbA==\x07Mallory",
    "\x1b]52;c;ZXZpbA==\x1b\\Mallory",
    "\x9b2J\x9d52;c;ZXZpbA==\x9c",
    "\u202eevil\u2066mirror",
    "nul\x00byte\x7f",
    "zero\u200bwidth\ufeff\u2060",
    "x" * 10_000,
    "👩‍👩‍👧‍👦 family 🏳️‍🌈",
    "Z̸͍̠͒a̷̛̯l̴̰̀g̸͉̈o̶͚͗",
    "line\nbreak\r\ttab\x0b\u2028",
    "=cmd()|' /C calc'!A0",
    "{braces} %s \\x1b[31m",
    "文字" * 40,
    "שלום עולם",
)
SENT = re.compile(
    r"\x1b]22;[a-z-]+\x07|\x1b\[[0-9;]*m|\x1b\[[0-9;]+H|\x1b\[\?[0-9;]+[hl]|\x1b\[[<>][0-9]*u"
)
"""What Textual itself writes between texts: styles, places, modes, the shape of the pointer."""
SIZE = (120, 40)


def hostile(number: int) -> str:
    """A hostile name; each number has one."""
    return HOSTILE[number % len(HOSTILE)] + (" " * (number // len(HOSTILE) and 1))


def poison(bench: Bench) -> None:
    """Gives every user, group and vault of both tenants a hostile name. Logins stay."""
    for tenant in (bench.pair.directory.tenant, bench.pair.secrets.tenant):
        for number, account in enumerate(list(tenant.accounts.values())):
            name = hostile(number)
            tenant.add(replace(account, display_name=name, department=name, state_raw=name))
        for number, group in enumerate(list(tenant.groups.values())):
            tenant.add(replace(group, name=hostile(3 + 2 * number)))
        for number, vault in enumerate(list(tenant.vaults.values())):
            tenant.add(replace(vault, name=hostile(5 + 3 * number)))
    vaults = bench.pair.secrets.tenant.vaults
    groups = bench.pair.directory.tenant.groups
    pair = replace(
        bench.pair,
        mappings=tuple(
            (group, groups[group].name, vault, vaults[vault].name, level)
            for group, _name, vault, _vault_name, level in bench.pair.mappings
        ),
    )
    bench.doors.policy = Policy(rules_of(pair), organisation="acme\x1b[31m[red]")


@dataclass
class Seen:
    """What a driver was given to write, and every screen looked at."""

    pilot: Pilot[None]
    written: list[str]
    screens: list[str] = field(default_factory=list)
    places: set[Where] = field(default_factory=set)

    def look(self, name: str) -> None:
        """Every line of this screen is printable, exactly as wide as the terminal, and nothing in
        it is red or can be pressed because a name says so."""
        app = self.pilot.app
        assert isinstance(app, KeyturnApp)
        for strip in app.screen._compositor.render_strips():
            line = "".join(piece.text for piece in strip)
            assert not is_hostile(line), f"{name}: {line!r}"
            assert cell_len(line) == app.size.width, f"{name}: {line!r}"
            for text, style, _control in strip:
                if style is not None:
                    red = style.color is not None and style.color.triplet == (255, 0, 0)
                    assert not red, f"{name}: {text!r}"
                    assert "app.quit" not in str(style.meta), f"{name}: {text!r}"
                    assert style.link is None, f"{name}: {text!r}"
        self.screens.append(name)
        if app.frame is not None and app.screen is app.frame:
            self.places.add(app.frame.WHERE)

    def markup_is_literal(self) -> None:
        """A tag is on the screen as it was written."""
        assert any(tag in text_of(self.pilot.app) for tag in ("[red]", "[/]", "[@click"))


def raw(written: Sequence[str]) -> set[str]:
    """Dangerous characters that are not part of what Textual itself writes."""
    text = SENT.sub("", "".join(written))
    return {char for char in set(text) - {"\n", "\r"} if is_hostile(char) and char not in JOINING}


JOINING = "\u200d\ufe0f"
"""Between emoji these stay; that they do so only there is the business of `safe`."""
