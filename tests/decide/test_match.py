"""Who is who: by external id, verified e-mail, alias; and never by a guess."""

from dataclasses import replace
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decide.worlds import Org, account

from keyturn.decide.match import match
from keyturn.decide.people import MatchedBy, Matching
from keyturn.decide.rules import Alias, Rules
from keyturn_providers.records import Account, AccountKind, AccountState, Email


def _matched(matching: Matching) -> dict[str, tuple[str, MatchedBy]]:
    return {
        p.directory.id: (p.secrets.id, p.matched_by)
        for p in matching.people
        if p.directory and p.secrets
    }


def _match(directory: list[Account], secrets: list[Account], *aliases: tuple[str, str]) -> Matching:
    org = Org()
    org.directory.accounts, org.secrets.accounts = directory, secrets
    rules = Rules(aliases=tuple(Alias(a, b) for a, b in aliases))
    return match(org.directory.snapshot(), org.secrets.snapshot(), rules)


def test_the_secrets_side_knows_the_directory_id() -> None:
    found = _match([account("d1")], [account("s1", external_id="d1")])
    assert _matched(found) == {"d1": ("s1", MatchedBy.EXTERNAL_ID)}


def test_the_directory_knows_the_secrets_id() -> None:
    found = _match([account("d1", external_id="s1")], [account("s1")])
    assert _matched(found) == {"d1": ("s1", MatchedBy.EXTERNAL_ID)}


def test_both_know_the_same_outside_id() -> None:
    found = _match([account("d1", external_id="hr-9")], [account("s1", external_id="hr-9")])
    assert _matched(found) == {"d1": ("s1", MatchedBy.EXTERNAL_ID)}


def test_equal_ids_of_two_systems_mean_nothing() -> None:
    assert _matched(_match([account("x")], [account("x")])) == {}


def test_two_directory_accounts_with_the_outside_id_are_ambiguous() -> None:
    found = _match(
        [account("d1"), account("d2", external_id="d1")], [account("s1", external_id="d1")]
    )
    assert _matched(found) == {}
    assert found.ambiguities[0].directory_ids == ("d1", "d2")


def test_verified_email_matches_whatever_its_case_and_form() -> None:
    found = _match(
        [account("d1", email="ＡNA@acme.example")], [account("s1", email="ana@ACME.example ")]
    )
    assert _matched(found) == {"d1": ("s1", MatchedBy.EMAIL)}


def test_unverified_email_never_matches() -> None:
    for mine, theirs in ((True, False), (False, True), (False, False)):
        found = _match(
            [account("d1", email="a@x", verified=mine)],
            [account("s1", email="a@x", verified=theirs)],
        )
        assert _matched(found) == {}
        assert found.ambiguities == ()


def test_a_service_account_is_not_matched_by_email_but_by_id() -> None:
    service = AccountKind.SERVICE
    by_mail = _match([account("d1", email="a@x")], [account("s1", email="a@x", kind=service)])
    assert _matched(by_mail) == {}
    by_id = _match([account("d1")], [account("s1", external_id="d1", kind=service)])
    assert _matched(by_id) == {"d1": ("s1", MatchedBy.EXTERNAL_ID)}


def test_a_guest_is_matched_by_email() -> None:
    found = _match(
        [account("d1", email="a@x")], [account("s1", email="a@x", kind=AccountKind.GUEST)]
    )
    assert _matched(found) == {"d1": ("s1", MatchedBy.EMAIL)}


def test_alias_by_login_or_id() -> None:
    found = _match([account("d1")], [account("s1", name="Ana")], ("D1.LOGIN", "ana"))
    assert _matched(found) == {"d1": ("s1", MatchedBy.ALIAS)}
    found = _match([account("d1")], [account("s1")], ("d1", "s1"))
    assert _matched(found) == {"d1": ("s1", MatchedBy.ALIAS)}


def test_alias_to_nobody_is_nothing() -> None:
    assert _matched(_match([account("d1")], [account("s1")], ("d1", "s9"))) == {}


def test_alias_with_a_login_that_two_have_is_ambiguous() -> None:
    found = _match(
        [account("d1")], [account("s1", name="ana"), account("s2", name="ANA")], ("d1", "ana")
    )
    assert _matched(found) == {}
    assert found.ambiguities[0].secrets_ids == ("s1", "s2")


def test_two_accounts_with_one_email_are_ambiguous_and_stay_alone() -> None:
    found = _match(
        [account("d1", email="o@x")],
        [account("s1", email="o@x"), account("s2", email="o@x")],
    )
    assert _matched(found) == {}
    (ambiguity,) = found.ambiguities
    assert ambiguity.person_keys == ("d:d1", "s:s1", "s:s2")
    assert {p.key for p in found.people} == {"d:d1", "s:s1", "s:s2"}
    assert "Name 1" in ambiguity.reason


def test_id_and_email_that_disagree_are_ambiguous() -> None:
    found = _match(
        [account("d1", email="a@x"), account("d2")],
        [account("s1", external_id="d2", email="a@x")],
    )
    assert _matched(found) == {}
    assert found.ambiguities[0].directory_ids == ("d1", "d2")


def test_an_alias_settles_an_email_that_two_have() -> None:
    found = _match(
        [account("d1", email="o@x")],
        [account("s1", email="o@x"), account("s2", email="o@x")],
        ("d1", "s2"),
    )
    assert _matched(found) == {"d1": ("s2", MatchedBy.ALIAS)}
    assert found.ambiguities == ()


def test_an_alias_does_not_overrule_an_external_id() -> None:
    found = _match([account("d1")], [account("s1", external_id="d1"), account("s2")], ("d1", "s2"))
    assert _matched(found) == {}
    assert found.ambiguities[0].secrets_ids == ("s1", "s2")


def test_two_aliases_for_one_account_are_ambiguous() -> None:
    found = _match([account("d1")], [account("s1"), account("s2")], ("d1", "s1"), ("d1", "s2"))
    assert _matched(found) == {}


def test_every_account_of_an_emptied_source_stands_alone() -> None:
    assert [p.key for p in _match([], [account("s1", email="a@x")]).people] == ["s:s1"]
    assert [p.key for p in _match([account("d1", email="a@x")], []).people] == ["d:d1"]


_ids = st.sampled_from(["d0", "d1", "d2", "s0", "s1", "hr1", "hr2"])
_mails = st.lists(st.tuples(st.sampled_from(["a@x", "A@x", "b@x"]), st.booleans()), max_size=2)


def _accounts(prefix: str) -> st.SearchStrategy[list[Account]]:
    def build(parts: list[tuple[str | None, list[tuple[str, bool]], bool]]) -> list[Account]:
        return [
            Account(
                id=f"{prefix}{i}",
                name=f"{prefix}{i}",
                display_name="",
                state=AccountState.ACTIVE,
                kind=AccountKind.SERVICE if service else AccountKind.PERSON,
                emails=tuple(Email(a, v) for a, v in mails),
                external_id=external,
            )
            for i, (external, mails, service) in enumerate(parts)
        ]

    part = st.tuples(st.none() | _ids, _mails, st.booleans())
    return st.lists(part, max_size=4).map(build)


def _oracle(
    directory: list[Account], secrets: list[Account], aliases: list[tuple[str, str]]
) -> tuple[set[tuple[str, str]], set[str]]:
    """The rule read literally, over all pairs: candidates, alias pins, closure."""

    def by_id(d: Account, s: Account) -> bool:
        return (s.external_id is not None and s.external_id in {d.id, d.external_id}) or (
            d.external_id == s.id
        )

    def by_mail(d: Account, s: Account) -> bool:
        if AccountKind.SERVICE in {d.kind, s.kind}:
            return False
        mine = {e.address.lower() for e in d.emails if e.verified}
        return bool(mine & {e.address.lower() for e in s.emails if e.verified})

    pairs = [(d, s) for d, s in product(directory, secrets)]
    named = {(d.id, s.id) for d, s in pairs if (d.id, s.id) in aliases}
    ids = {(d.id, s.id) for d, s in pairs if by_id(d, s)}
    firm = named | ids
    pins = {
        (a, b)
        for a, b in named
        if not any((a == x) != (b == y) for x, y in firm if a == x or b == y)
    }
    pinned_d, pinned_s = {a for a, _ in pins}, {b for _, b in pins}
    mails = {
        (d.id, s.id)
        for d, s in pairs
        if by_mail(d, s) and d.id not in pinned_d and s.id not in pinned_s
    }
    edges = firm | mails
    matched, ambiguous = set(), set()
    for d, s in edges:
        if {(a, b) for a, b in edges if a == d or b == s} == {(d, s)}:
            matched.add((d, s))
        else:
            ambiguous |= {"d:" + d, "s:" + s}
    return matched, ambiguous


@settings(max_examples=150, deadline=None)
@given(
    _accounts("d"),
    _accounts("s"),
    st.lists(
        st.tuples(st.sampled_from(["d0", "d1", "d2"]), st.sampled_from(["s0", "s1", "s2"])),
        max_size=2,
    ),
)
def test_matches_exactly_what_the_rule_says(
    directory: list[Account], secrets: list[Account], aliases: list[tuple[str, str]]
) -> None:
    for here, there in ((directory, secrets), (directory[:-1], secrets), (directory, secrets[:-1])):
        found = _match(here, there, *aliases)
        matched, ambiguous = _oracle(here, there, aliases)
        assert {(d, s) for d, (s, _) in _matched(found).items()} == matched
        assert {key for a in found.ambiguities for key in a.person_keys} == ambiguous
        seen = [a.id for p in found.people for a in (p.directory, p.secrets) if a]
        assert sorted(seen) == sorted(a.id for a in (*here, *there))


def test_order_of_accounts_does_not_matter() -> None:
    here = [account("d1", email="a@x"), account("d2", email="b@x")]
    there = [account("s1", email="a@x"), account("s2", external_id="d2")]
    first = _match(here, there)
    second = _match(here[::-1], there[::-1])
    assert _matched(first) == _matched(second)
    assert replace(first, people=()) == replace(second, people=())
