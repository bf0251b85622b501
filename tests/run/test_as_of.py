"""Times as people write them, and differences in words."""

import json
from dataclasses import replace

import pytest

from keyturn.run.as_of import NotATime, time_of, utc
from keyturn.run.change_words import told
from keyturn_providers.records import (
    Account,
    AccountState,
    Email,
    Grant,
    Group,
    Level,
    MachineIdentity,
    PrincipalKind,
    Push,
    PushState,
    Vault,
)
from keyturn_storage.codec import ObjectNo, grant_body, object_body
from keyturn_storage.queries.changes import Change, How, ObjectThen, What

DAY_MS = 86_400_000
NOW_MS = 1_800_000_000_000
ANA = Account("u1", "ana", "Ana Q", AccountState.ACTIVE, emails=(Email("a@x", True),))
PAY = ObjectThen(9, ObjectNo.VAULT, "v", object_body(Vault("v", "Payments", "kv")))
G = Grant("v", PrincipalKind.ACCOUNT, "u1", Level.READ, "c", ("view",))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-03-14", "2026-03-14 23:59 UTC"),
        ("2026-03-14T10:30", "2026-03-14 10:30 UTC"),
        ("2026-03-14 10:30", "2026-03-14 10:30 UTC"),
        ("2026-03-14T10:30+02:00", "2026-03-14 08:30 UTC"),
        (" 2026-03-14T10:30Z ", "2026-03-14 10:30 UTC"),
        ("7d", utc(NOW_MS - 7 * DAY_MS)),
        ("2 h ago", utc(NOW_MS - DAY_MS // 12)),
        ("1w", utc(NOW_MS - 7 * DAY_MS)),
        ("5m", utc(NOW_MS - 300_000)),
    ],
)
def test_a_time_is_understood(text: str, shown: str) -> None:
    assert utc(time_of(text, NOW_MS)) == shown


@pytest.mark.parametrize("text", ["", "soon", "14 March", "2026-13-01", "7 years", "-3d", "#x"])
def test_what_is_no_time_is_refused_with_how_to_say_it(text: str) -> None:
    with pytest.raises(NotATime, match="Say it as 2026-03-14"):
        time_of(text, NOW_MS)


def subject(account: Account = ANA) -> ObjectThen:
    return ObjectThen(1, ObjectNo.ACCOUNT, account.id, object_body(account))


def changed(what: What, before: str, after: str, thing: ObjectThen | None = None) -> Change:
    how = How.CHANGED if before and after else How.APPEARED if after else How.WENT
    about = PAY if what is What.GRANT else None
    return Change(what, how, thing or subject(), about, "c", before, after, 1)


def test_only_the_fields_that_differ_are_told() -> None:
    later = replace(
        ANA, state=AccountState.SUSPENDED, state_raw="disabled", department="Legal",
        emails=(Email("b@x", True),), roles=("Owner",), push=Push(PushState.FAILED),
        last_seen_ms=3,
    )  # fmt: skip
    words = told(changed(What.ACCOUNT, object_body(ANA), object_body(later))).words
    assert words == (
        "state: active → suspended; addresses: a@x → b@x; department: nothing → Legal; "
        "roles: nothing → Owner; push: none → failed"
    )


def test_what_the_source_calls_a_state_is_told_where_the_state_is_the_same() -> None:
    odd = replace(ANA, state=AccountState.UNKNOWN, state_raw="A")
    words = told(changed(What.ACCOUNT, object_body(odd), object_body(replace(odd, state_raw="B"))))
    assert words.words == "state as the source says: A → B"


def test_a_body_from_before_a_field_was_kept_is_read() -> None:
    old = json.dumps(json.loads(object_body(ANA))[:13])
    words = told(changed(What.ACCOUNT, old, object_body(replace(ANA, title="CFO")))).words
    assert words == "title: nothing → CFO"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("", grant_body(G), "granted read"),
        (grant_body(G), "", "read taken away"),
        (grant_body(G), grant_body(replace(G, level=Level.WRITE, permissions=("edit",))),
         "read → write; + edit; - view"),
        (grant_body(G), grant_body(replace(G, principal_id="u2")), "is another's now"),
        (grant_body(G), grant_body(replace(G, note="n")),
         "its note or whether it can be revoked changed"),
    ],
)  # fmt: skip
def test_grants_are_told_by_level_and_permission(before: str, after: str, words: str) -> None:
    found = told(changed(What.GRANT, before, after))
    assert (found.subject, found.object, found.words) == ("Ana Q", "Payments", words)


def test_things_are_told_by_what_they_are() -> None:
    group = ObjectThen(2, ObjectNo.GROUP, "g", object_body(Group("g", "eng")))
    token = MachineIdentity("m", "ci", "API token")
    machine = ObjectThen(3, ObjectNo.MACHINE, "m", object_body(token))
    assert told(changed(What.ACCOUNT, "", object_body(ANA))).words == (
        "appeared; active, login ana"
    )
    assert told(changed(What.ACCOUNT, object_body(ANA), "")).words == (
        "is gone; was active, login ana"
    )
    assert told(changed(What.GROUP, object_body(Group("g", "eng")), "", group)).words == "is gone"
    assert told(changed(What.MACHINE, "", object_body(token), machine)).words == (
        "appeared; API token"
    )
    inside = Change(What.MEMBERSHIP, How.APPEARED, group, group, "", "", "", 1)
    assert told(inside).subject == "the group eng"
    never = ObjectThen(4, ObjectNo.ACCOUNT, "u9", "")
    left = Change(What.MEMBERSHIP, How.WENT, never, group, "", "", "", 1)
    assert (told(left).subject, told(left).object, told(left).words) == ("u9", "eng", "left")
