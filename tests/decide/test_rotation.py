"""The rotation list: what was used outranks what could be seen, and only a change closes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn.decide.rotation import (
    HOUR_MS,
    Contact,
    Hint,
    ItemNow,
    Leave,
    OpenVault,
    Seen,
    Urgency,
    Use,
    contact_of,
    rotation,
)
from keyturn_providers.records import Level

LEFT, CUT, DAY_END = 1_000_000, 1_100_000, 1_500_000
LEAVE = Leave(LEFT, DAY_END, "LEAVER", CUT)
PAY = OpenVault("v1", "Payments", Level.WRITE)
OLD = OpenVault("v2", "Old", Level.READ)
NAMES_ONLY = OpenVault("v3", "Names only", Level.LIST)


def use(item: str, action: str = "fill", at_ms: int = 500_000, vault: str = "v1") -> Use:
    return Use(vault, item, action, at_ms, 2)


def item(
    item_id: str, updated_ms: int = 100, category: str = "LOGIN", by: str = "OTHER"
) -> ItemNow:
    return ItemNow("v1", item_id, f"title {item_id}", category, updated_ms, by)


def seen(*uses: Use, items: tuple[ItemNow, ...] = (), **more: object) -> Seen:
    made = Seen((PAY,), uses, items=items, listed=frozenset({"v1"}))
    return replace(made, **more)  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("action", "contact"),
    [
        ("fill", Contact.FILLED),
        ("reveal", Contact.COPIED),
        ("secure-copy", Contact.COPIED),
        ("share", Contact.SHARED),
        ("export", Contact.EXPORTED),
        ("server-fetch", Contact.VIEWED),
        ("something new", Contact.VIEWED),
    ],
)
def test_what_a_use_was(action: str, contact: Contact) -> None:
    assert contact_of(action) is contact
    assert contact.words


def test_what_left_the_vault_comes_first_and_each_class_has_its_time() -> None:
    found = rotation(
        LEAVE, seen(use("a"), use("b", "reveal"), use("c", "export"), use("d", "view"))
    )
    assert [(e.item_id, e.urgency, e.due_ms) for e in found.entries] == [
        ("c", Urgency.SAME_DAY, DAY_END),
        ("b", Urgency.DAY, LEFT + 24 * HOUR_MS),
        ("a", Urgency.THREE_DAYS, LEFT + 72 * HOUR_MS),
        ("d", Urgency.THREE_DAYS, LEFT + 72 * HOUR_MS),
    ]
    assert [e.because for e in found.entries] == [
        "exported",
        "revealed or copied",
        "filled in",
        "opened",
    ]
    assert found.usage_known
    assert found.open == found.entries


def test_of_several_uses_the_nearest_counts_and_all_are_summed() -> None:
    (entry,) = rotation(LEAVE, seen(use("a", "reveal", 300), use("a", "fill", 900))).entries
    assert (entry.contact, entry.times, entry.last_used_ms) == (Contact.COPIED, 4, 900)


def test_what_could_be_seen_is_listed_item_by_item_or_as_a_vault() -> None:
    found = rotation(
        LEAVE,
        Seen(
            (PAY, OLD, NAMES_ONLY),
            (use("a"),),
            items=(item("a"), item("b"), replace(item("x"), vault_id="v3")),
            listed=frozenset({"v1", "v3"}),
        ),
    )
    assert [(e.vault_name, e.item_id, e.contact, e.visible) for e in found.entries] == [
        ("Payments", "a", Contact.FILLED, True),
        ("Old", "", Contact.COULD_SEE, False),
        ("Payments", "b", Contact.COULD_SEE, True),
    ]
    assert found.entries[1].because == "could see; its items cannot be listed"
    assert {e.urgency for e in found.entries[1:]} == {Urgency.WEEK}


def test_without_usage_events_it_falls_back_to_what_could_be_seen_and_says_so() -> None:
    found = rotation(LEAVE, Seen((PAY,), None))
    assert not found.usage_known
    assert [(e.item_id, e.contact) for e in found.entries] == [("", Contact.COULD_SEE)]
    assert rotation(LEAVE, Seen((PAY,), ())).usage_known


def test_an_item_used_in_a_vault_that_is_not_open_any_more_is_on_it_too() -> None:
    (entry, _whole) = rotation(LEAVE, seen(use("a", vault="gone"), listed=frozenset())).entries
    assert (entry.vault_name, entry.visible) == ("gone", False)


def test_who_exported_a_vault_took_every_item_in_it() -> None:
    """Also what was never opened by itself, and in a vault that is not open any more."""
    taken = (
        Use("v1", "", "export", 700_000, 1),
        Use("v2", "", "export", 600_000, 1),
        Use("gone", "", "export", 500_000, 1),
    )
    found = rotation(
        LEAVE,
        Seen(
            (PAY, OLD),
            (use("a"),),
            items=(item("a"), item("b"), item("c", 800_000)),
            listed=frozenset({"v1"}),
            exported=taken,
        ),
    )
    assert [(e.vault_name, e.item_id, e.contact, e.times) for e in found.entries] == [
        ("Payments", "a", Contact.EXPORTED, 3),
        ("Payments", "b", Contact.EXPORTED, 1),
        ("Old", "", Contact.EXPORTED, 1),
        ("gone", "", Contact.EXPORTED, 1),
        ("Payments", "c", Contact.COULD_SEE, 1),
    ]
    first, _, old, _, changed = found.entries
    assert first.because == "exported; the whole vault was exported"
    assert {first.urgency, old.urgency} == {Urgency.SAME_DAY}
    assert old.last_used_ms == 600_000
    assert "changed after" in changed.because
    without_usage = rotation(LEAVE, Seen((), None, exported=taken[2:]))
    assert [e.contact for e in without_usage.entries] == [Contact.EXPORTED]
    assert not without_usage.usage_known


@pytest.mark.parametrize(
    ("updated_ms", "by", "leave", "closed"),
    [
        (CUT + 1, "OTHER", LEAVE, True),
        (CUT + 1, "", LEAVE, True),
        (CUT, "OTHER", LEAVE, False),
        (CUT + 1, "LEAVER", LEAVE, False),
        (CUT + 1, "OTHER", replace(LEAVE, cut_ms=None), False),
        (LEFT + 1, "OTHER", replace(LEAVE, cut_ms=LEFT - 1), True),
        (LEFT, "OTHER", replace(LEAVE, cut_ms=LEFT - 1), False),
    ],
)
def test_only_a_change_by_somebody_else_after_the_cut_closes(
    updated_ms: int, by: str, leave: Leave, closed: bool
) -> None:
    found = rotation(leave, seen(use("a", "export"), items=(item("a", updated_ms, by=by),)))
    (entry,) = found.entries
    assert entry.open is not closed
    assert entry.closed_ms == (updated_ms if closed else None)
    assert found.open == (() if closed else found.entries)
    if closed:
        assert entry.contact is Contact.EXPORTED


def test_what_was_changed_by_others_since_it_was_used_could_only_be_seen() -> None:
    used, since = use("a", "export", 500), item("a", 900)
    (entry,) = rotation(LEAVE, seen(used, items=(since,))).entries
    assert (entry.contact, entry.urgency) == (Contact.COULD_SEE, Urgency.WEEK)
    assert entry.because == "could see; it was changed after it was last used"
    assert (entry.times, entry.last_used_ms) == (2, 500)
    for by in ("LEAVER", ""):
        (entry,) = rotation(LEAVE, seen(used, items=(replace(since, edited_by=by),))).entries
        assert entry.contact is Contact.EXPORTED


def test_what_an_item_is_can_only_bring_it_forward() -> None:
    items = (item("a", category="SSH_KEY"), item("b", category="API_CREDENTIAL"),
             item("c", category="LOGIN"), item("d", category="DATABASE"))  # fmt: skip
    found = rotation(LEAVE, seen(use("a"), use("b"), use("c", "export"), items=items))
    assert {e.item_id: (e.urgency, e.because) for e in found.entries} == {
        "a": (Urgency.SAME_DAY, "filled in, and it is: ssh key"),
        "b": (Urgency.DAY, "filled in, and it is: api credential"),
        "c": (Urgency.SAME_DAY, "exported"),
        "d": (Urgency.WEEK, "could see"),
    }


def test_in_an_emergency_what_was_used_is_due_today() -> None:
    leave = replace(LEAVE, emergency=True)
    items = (item("a"), item("d", category="DATABASE"), item("e"))
    found = rotation(leave, seen(use("a"), items=items))
    assert {e.item_id: e.urgency for e in found.entries} == {
        "a": Urgency.SAME_DAY,
        "d": Urgency.SAME_DAY,
        "e": Urgency.THREE_DAYS,
    }
    assert found.entries[0].because == "filled in, and this is an emergency"


def test_a_hint_closes_nothing_but_comes_after_what_has_none() -> None:
    hints = (
        Hint("v1", "a", "enter-item-edit-mode", LEFT + 5),
        Hint("v1", "a", "server-update", LEFT + 9),
        Hint("v1", "b", "server-update", LEFT),
    )
    found = rotation(LEAVE, seen(use("a", at_ms=900), use("b", at_ms=100), hints=hints))
    assert [(e.item_id, e.hint_ms, e.open) for e in found.entries] == [
        ("b", None, True),
        ("a", LEFT + 9, True),
    ]


def test_what_is_closed_comes_last() -> None:
    items = (item("a", CUT + 1), item("b"))
    found = rotation(LEAVE, seen(use("a", "export"), use("b"), items=items))
    assert [e.item_id for e in found.entries] == ["b", "a"]


_IDS = st.sampled_from("abcd")
_ACTIONS = st.sampled_from(["fill", "reveal", "export", "share", "view"])


@given(
    st.lists(st.builds(use, _IDS, _ACTIONS, st.integers(0, LEFT)), max_size=12),
    st.dictionaries(_IDS, st.tuples(st.integers(0, 2 * CUT), st.sampled_from(["", "X", "LEAVER"]))),
    st.sampled_from([LEAVE, replace(LEAVE, cut_ms=None), replace(LEAVE, emergency=True)]),
)
def test_could_see_and_did_use_minus_changed(
    uses: list[Use], known: dict[str, tuple[int, str]], leave: Leave
) -> None:
    items = tuple(item(x, at, by=by) for x, (at, by) in known.items())
    found = rotation(leave, seen(*uses, items=items))
    assert {e.item_id for e in found.entries} == {u.item_id for u in uses} | set(known)
    assert len(found.entries) == len({e.item_id for e in found.entries})
    changed = {
        x
        for x, (at, by) in known.items()
        if by != "LEAVER" and leave.cut_ms is not None and at > leave.cut_ms
    }
    assert {e.item_id for e in found.entries if not e.open} == changed
    for entry in found.entries:
        mine = [u for u in uses if u.item_id == entry.item_id]
        assert entry.contact <= max((contact_of(u.action) for u in mine), default=0)
        at, by = known.get(entry.item_id, (0, ""))
        if mine and (by != "X" or at <= min(u.last_ms for u in mine)):
            assert entry.contact == max(contact_of(u.action) for u in mine)
    assert sorted(e.open for e in found.entries)[::-1] == [e.open for e in found.entries]


def test_the_words_of_an_urgency_follow_a_time() -> None:
    assert Urgency.SAME_DAY.words == "the same day"
    assert Urgency.DAY.words == "within 24 h"
