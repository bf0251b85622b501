"""What outside text may never do, and what it may keep."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyturn_providers.text import is_hostile, looks_hostile, safe, safe_id

HOSTILE = {
    "\x1b]52;c;ZXZpbA==\x07": "␛]52;c;ZXZpbA==␇",
    "a\tb\nc": "a␉b␊c",
    "nul\0": "nul␀",
    "del\x7f": "del␡",
    "c1\x9b2J": "c1⟨U+009B⟩2J",
    "abc\u202egnp.exe": "abc⟨U+202E⟩gnp.exe",
    "a\u2066b\u2069": "a⟨U+2066⟩b⟨U+2069⟩",
    "li\u2028ne": "li⟨U+2028⟩ne",
    "ad\u200bmin": "ad⟨U+200B⟩min",
    "a\u200db": "a⟨U+200D⟩b",
    "\u200dstart": "⟨U+200D⟩start",
    "می\u200c": "می⟨U+200C⟩",
    "\u200cمی": "⟨U+200C⟩می",
    "soft\u00adhyphen": "soft⟨U+00AD⟩hyphen",
    "lone\ud800": "lone⟨U+D800⟩",
    "filler\u3164": "filler⟨U+3164⟩",
    "tag\U000e0041": "tag⟨U+E0041⟩",
    "\ufeffbom": "⟨U+FEFF⟩bom",
    "x\ufe0f\ufe0f": "x\ufe0f⟨U+FE0F⟩",
    "ᠠ\u180e": "ᠠ⟨U+180E⟩",
    "non\uffff": "non⟨U+FFFF⟩",
}
HARMLESS = [
    "Ana Petrović",
    "Żółć",
    "Łukasz O’Brien-Ñandú",
    "李小龍",
    "עִבְרִית",
    "محمد",
    "می\u200cخواهم",  # Persian writes a non-joiner inside words
    "क्\u200dष",
    "👩\u200d💻",
    "❤\ufe0f\u200d🔥",
    "辻\U000e0100",
    "a\u00a0b\u3000c",
    "[red]not markup[/red]",
    "=cmd()",
    "e\u0301",
    "\U0001fae8",
    "",
]


@pytest.mark.parametrize(("raw", "shown"), HOSTILE.items())
def test_a_dangerous_character_becomes_visible(raw: str, shown: str) -> None:
    assert safe(raw) == shown
    assert is_hostile(raw)
    assert looks_hostile(safe(raw))


@pytest.mark.parametrize("raw", HARMLESS)
def test_a_real_name_stays_as_it_came(raw: str) -> None:
    assert safe(raw) == raw
    assert not is_hostile(raw)
    assert not looks_hostile(raw)


def test_what_is_too_long_is_cut_and_says_so() -> None:
    assert safe("x" * 10_240) == "x" * 511 + "…"
    assert safe("x" * 512) == "x" * 512
    assert safe("abcdef", 4) == "abc…"
    assert not is_hostile("x" * 10_240)


def test_a_picture_is_never_cut_in_half() -> None:
    for limit in range(1, 30):
        shown = safe("ab\u202ecd\u202eef", limit)
        assert len(shown) <= limit
        assert shown.replace("⟨U+202E⟩", "").isalpha() or shown.endswith("…")
        assert "⟨" not in shown.replace("⟨U+202E⟩", "")


text_of_any_kind = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x9b\u202e\u200d\u200c\ufe0f\0\ud800👩ka می"),
    ),
    max_size=60,
)


@settings(max_examples=200)
@given(text_of_any_kind, st.integers(1, 40))
def test_nothing_safe_is_dangerous(raw: str, limit: int) -> None:
    shown = safe(raw, limit)
    assert len(shown) <= limit
    assert safe(shown, limit) == shown
    shown.encode("utf-8")
    kept = {c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert kept <= {"\u200c", "\u200d"}


@settings(max_examples=100)
@given(text_of_any_kind)
def test_hostile_is_exactly_what_changes(raw: str) -> None:
    assert is_hostile(raw) == (safe(raw, 10_000) != raw)
    if is_hostile(raw):
        assert looks_hostile(safe(raw, 10_000))


@pytest.mark.parametrize("raw", ["", "a\0b", "a\u202eb", "x" * 1025, "line\nbreak"])
def test_an_id_that_cannot_be_one_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match=r"^The id ") as caught:
        safe_id(raw)
    assert not is_hostile(str(caught.value))


def test_an_id_is_never_altered() -> None:
    assert safe_id("00u1/ä ö.=+:") == "00u1/ä ö.=+:"
