"""Text can be read in both themes: every text colour on every background it stands on."""

import pytest
from textual.color import Color
from textual.theme import Theme

from keyturn.tui.theme import DARK, DRIFT_DARK, DRIFT_LIGHT, LIGHT

LEAST = 4.5
"""WCAG 2.1, 1.4.3, for text of normal size."""
TEXT = ("add", "remove", "change", "unknown", "urgent", "quiet")


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.1, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in Color.parse(colour).normalized
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _roles(theme: Theme) -> dict[str, str]:
    return {"foreground": str(theme.foreground), "accent": str(theme.accent)} | {
        role: theme.variables[role] for role in TEXT
    }


def _backgrounds(theme: Theme) -> dict[str, str]:
    return {
        "background": str(theme.background),
        "surface": str(theme.surface),
        "panel": str(theme.panel),
        "cursor": theme.variables["cursor"],
        "cursor-rest": theme.variables["cursor-rest"],
    }


def test_the_ratio_is_that_of_wcag() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_every_text_colour_can_be_read_on_every_background(theme: Theme) -> None:
    too_weak = {
        (role, ground): round(ratio, 2)
        for role, colour in _roles(theme).items()
        for ground, behind in _backgrounds(theme).items()
        if (ratio := contrast(colour, behind)) < LEAST
    }

    assert too_weak == {}


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_a_button_in_focus_can_be_read(theme: Theme) -> None:
    assert contrast(str(theme.background), str(theme.accent)) >= LEAST


def test_both_themes_have_the_same_roles() -> None:
    assert DRIFT_DARK.keys() == DRIFT_LIGHT.keys()
    assert DARK.variables is DRIFT_DARK
    assert LIGHT.variables is DRIFT_LIGHT


def test_no_two_signs_share_a_colour() -> None:
    for drift in (DRIFT_DARK, DRIFT_LIGHT):
        signs = [drift[role] for role in ("add", "remove", "change", "unknown", "urgent")]
        assert len(set(signs)) == len(signs)
