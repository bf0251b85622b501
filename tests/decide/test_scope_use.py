"""Granted against used: what is not known is not called unused."""

from keyturn.decide.scope_use import scope_use

GRANTED = (("v1", "Payments"), ("v2", "Billing"))


def test_without_an_event_nothing_is_known_and_nothing_unseen() -> None:
    found = scope_use(GRANTED, {})
    assert not found.known
    assert found.granted == ("Payments", "Billing")
    assert (found.used, found.unseen, found.beyond) == ((), (), ())


def test_what_is_granted_and_not_opened_is_unseen_and_what_is_gone_is_beyond() -> None:
    found = scope_use(GRANTED, {"v2": 5, "v9": 7})
    assert found.known
    assert found.used == ("Billing",)
    assert found.unseen == ("Payments",)
    assert found.beyond == ("v9",)
    assert found.last_ms == 7
