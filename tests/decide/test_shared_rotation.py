"""Several rotation lists as one: each item once, ranked by whoever makes it most urgent."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from keyturn.decide.rotation import (
    HOUR_MS,
    Contact,
    Entry,
    Hint,
    ItemNow,
    Leave,
    OpenVault,
    Rotation,
    Seen,
    Urgency,
    Use,
    rotation,
)
from keyturn.decide.shared_rotation import ListOfOne, SharedEntry, shared_rotation
from keyturn_providers.records import Level

LEFT, CUT, DAY_END = 1_000 * HOUR_MS, 1_001 * HOUR_MS, 1_006 * HOUR_MS
PAY = OpenVault("v1", "Payments", Level.WRITE)
OPS = OpenVault("v2", "Ops", Level.READ)


def use(item: str, action: str = "fill", vault: str = "v1") -> Use:
    return Use(vault, item, action, LEFT - 5, 2)


def item(item_id: str, updated_ms: int = 100, by: str = "OTHER", vault: str = "v1") -> ItemNow:
    return ItemNow(vault, item_id, f"title {item_id}", "LOGIN", updated_ms, by)


def leaver(
    name: str,
    *uses: Use,
    items: tuple[ItemNow, ...] = (),
    vaults: tuple[OpenVault, ...] = (PAY,),
    listed: frozenset[str] = frozenset({"v1"}),
    at_ms: int = LEFT,
    hints: tuple[Hint, ...] = (),
) -> ListOfOne:
    leave = Leave(at_ms, at_ms - LEFT + DAY_END, name.upper(), at_ms - LEFT + CUT)
    seen = Seen(vaults, uses, hints, items, listed)
    return ListOfOne(name, name.upper(), rotation(leave, seen))


def told(one: SharedEntry) -> tuple[str, tuple[str, ...], str]:
    return one.entry.item_id, one.names, one.entry.urgency.value


def test_an_item_of_several_stands_once_with_who_makes_it_most_urgent_first() -> None:
    found = shared_rotation([
        leaver("Dana", use("a"), use("b", "view")),
        leaver("Ravi", use("a", "export"), use("c", "reveal")),
    ])  # fmt: skip
    assert [told(one) for one in found.entries] == [
        ("a", ("Ravi", "Dana"), "same day"),
        ("c", ("Ravi",), "24 h"),
        ("b", ("Dana",), "72 h"),
    ]
    first = found.entries[0].entry
    assert (first.because, first.times, first.contact) == ("exported", 4, Contact.EXPORTED)
    assert first.due_ms == DAY_END
    assert found.open == found.entries
    assert found.usage_unknown_of == ()


def test_what_is_due_first_outranks_the_class_for_one_left_days_before() -> None:
    found = shared_rotation([
        leaver("Dana", use("new", "reveal")),
        leaver("Ravi", use("old"), at_ms=LEFT - 60 * HOUR_MS),
    ])  # fmt: skip
    assert [told(one)[0] for one in found.entries] == ["old", "new"]
    assert found.entries[0].entry.due_ms == LEFT + 12 * HOUR_MS


def test_of_equal_urgency_what_more_of_them_know_comes_first() -> None:
    found = shared_rotation([
        leaver("Dana", use("alone"), use("both")), leaver("Ravi", use("both")),
    ])  # fmt: skip
    assert [told(one)[:2] for one in found.entries] == [
        ("both", ("Dana", "Ravi")), ("alone", ("Dana",)),
    ]  # fmt: skip


def test_it_is_open_while_it_is_open_for_one_of_them() -> None:
    changed = item("a", CUT + 1)
    late = leaver("Ravi", use("a"), items=(changed,), at_ms=LEFT + HOUR_MS)
    early = leaver("Dana", use("a"), items=(changed,))
    assert not early.rotation.entries[0].open
    (both,) = shared_rotation([early, late]).entries
    assert (both.entry.open, both.names) == (True, ("Ravi", "Dana"))
    assert both.entry.due_ms == late.rotation.entries[0].due_ms
    later = item("a", CUT + 2 * HOUR_MS)
    done = shared_rotation([
        leaver("Dana", use("a"), items=(later,)),
        leaver("Ravi", use("a"), items=(later,), at_ms=LEFT + HOUR_MS),
    ])  # fmt: skip
    assert [one.entry.closed_ms for one in done.entries] == [CUT + 2 * HOUR_MS]
    assert done.open == ()


def test_what_one_of_them_changed_is_changed_for_none() -> None:
    by_ravi = item("a", CUT + 1, by="RAVI")
    dana = leaver("Dana", use("a"), items=(by_ravi,))
    assert not dana.rotation.entries[0].open
    (found,) = shared_rotation([dana, leaver("Ravi", items=())]).entries
    assert found.entry.open
    assert found.entry.because.endswith("; changed since by Ravi, who left too")
    assert found.entry.closed_by == ""


def test_who_could_open_the_vault_could_see_what_another_used_of_it() -> None:
    nothing = frozenset[str]()
    found = shared_rotation([
        leaver("Dana", use("a", "reveal"), listed=nothing),
        leaver("Ravi", vaults=(PAY, OPS), listed=nothing),
    ])  # fmt: skip
    assert [told(one) for one in found.entries] == [
        ("a", ("Dana", "Ravi"), "24 h"),
        ("", ("Dana", "Ravi"), "1 week"),
        ("", ("Ravi",), "1 week"),
    ]
    assert found.entries[0].of[1].entry.contact is Contact.COULD_SEE
    assert not found.entries[0].entry.visible


def test_a_hint_counts_only_where_it_is_one_for_each() -> None:
    hint = Hint("v1", "a", "server-update", LEFT + 7)
    both = [leaver(name, use("a"), hints=(hint,)) for name in ("Dana", "Ravi")]
    assert shared_rotation(both).entries[0].entry.hint_ms == LEFT + 7
    one = [both[0], leaver("Ravi", use("a"))]
    assert shared_rotation(one).entries[0].entry.hint_ms is None


def test_of_whom_usage_is_not_known_is_said_and_nobody_makes_an_empty_list() -> None:
    unknown = replace(leaver("Ravi"), rotation=Rotation((), usage_known=False))
    assert shared_rotation([leaver("Dana"), unknown]).usage_unknown_of == ("Ravi",)
    assert shared_rotation([]).entries == ()


ENTRIES = st.builds(
    Entry,
    vault_id=st.sampled_from(["v1", "v2"]),
    vault_name=st.just("V"),
    item_id=st.sampled_from(["", "a", "b"]),
    title=st.just(""),
    contact=st.sampled_from(Contact),
    times=st.integers(0, 3),
    last_used_ms=st.none() | st.integers(0, 9),
    urgency=st.sampled_from(Urgency),
    due_ms=st.integers(0, 9 * HOUR_MS),
    because=st.just("x"),
    visible=st.booleans(),
    closed_ms=st.none() | st.integers(1, 9),
    hint_ms=st.none() | st.integers(1, 9),
    closed_by=st.sampled_from(["", "0", "9"]),
)
LISTS = st.lists(
    st.lists(ENTRIES, unique_by=lambda one: (one.vault_id, one.item_id), max_size=6).map(
        lambda entries: Rotation(tuple(entries), usage_known=True)
    ),
    max_size=4,
).map(lambda found: [ListOfOne(f"P{n}", str(n), one) for n, one in enumerate(found)])


@given(LISTS)
def test_no_entry_is_lost_none_stands_twice_and_nothing_open_is_closed(
    lists: list[ListOfOne],
) -> None:
    found = shared_rotation(lists)
    keys = [(one.entry.vault_id, one.entry.item_id) for one in found.entries]
    own = {(e.vault_id, e.item_id) for one in lists for e in one.rotation.entries}
    assert len(keys) == len(set(keys))
    assert set(keys) == own
    by_key = dict(zip(keys, found.entries, strict=True))
    for one in lists:
        for entry in one.rotation.entries:
            shared = by_key[entry.vault_id, entry.item_id]
            assert one.name in shared.names
            assert shared.entry.open or not entry.open
            if entry.open:
                assert shared.entry.due_ms <= entry.due_ms
    opened = [one.entry.open for one in found.entries]
    assert opened == sorted(opened, reverse=True)
    hours = [one.entry.due_ms // HOUR_MS for one in found.open]
    assert hours == sorted(hours)
