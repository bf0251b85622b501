"""Drift of accounts: who is still in, who has nobody behind, who changed."""

from collections.abc import Iterator

from keyturn.decide.drift.invitations import expected_people
from keyturn.decide.drift.making import Remedy, by_hand, finding, remedy
from keyturn.decide.drift.pushes import SILENT
from keyturn.decide.findings import Change, ChangeKind, Finding
from keyturn.decide.names import account_ref, account_title, fold, verified_emails
from keyturn.decide.people import MatchedBy, Person
from keyturn.decide.proof import (
    ACCOUNTS_ALL,
    ACCOUNTS_SEEN,
    DIRECTORY_ACCOUNTS,
    accounts_needed,
    unproven,
)
from keyturn.decide.words import DriftKind, Severity
from keyturn.decide.world import World
from keyturn_providers.records import Account, AccountKind, AccountState, Side

_ON = frozenset({AccountState.ACTIVE, AccountState.INVITED})


def account_drift(world: World) -> Iterator[Finding]:
    """What is wrong with accounts themselves. An UNKNOWN state is neither active nor gone."""
    everyone = unproven(world, ACCOUNTS_ALL)
    seen = unproven(world, ACCOUNTS_SEEN)
    unread = unproven(world, DIRECTORY_ACCOUNTS)
    answered = _answered_machines(world)
    expected = expected_people(world)
    for person in world.matching.people:
        mine, theirs = person.directory, person.secrets
        if mine is not None and mine.state is AccountState.UNKNOWN:
            yield _unknown_state(world, person, Side.DIRECTORY, mine)
        if theirs is not None and theirs.state is AccountState.UNKNOWN:
            yield _unknown_state(world, person, Side.SECRETS, theirs)
        if theirs is None:
            continue
        if mine is not None:
            by_id = accounts_needed(person) == ACCOUNTS_SEEN
            yield from _both(world, person, mine, theirs, seen if by_id else everyone)
        elif (
            theirs.state in _ON
            and not world.is_ambiguous(Side.SECRETS, theirs.id)
            and theirs.id not in expected
            and not (theirs.kind is AccountKind.SERVICE and answered & _words_for(theirs))
        ):
            yield _alone(world, person, theirs, everyone, unread)


def _both(
    world: World, person: Person, mine: Account, theirs: Account, missing: tuple[str, ...]
) -> Iterator[Finding]:
    ref = account_ref(Side.SECRETS, theirs)
    here, there = world.directory.name, world.secrets.name
    if mine.state.is_off and theirs.state in _ON:
        yield finding(
            DriftKind.LEAVER_ACTIVE,
            Severity.URGENT,
            ref,
            f"{person.name} is {mine.state.value} in {here} but still {theirs.state.value} in "
            f"{there}.{_told(world, mine)}",
            remedy(world, [_suspend(theirs)], missing=missing),
            of=account_ref(Side.DIRECTORY, mine),
            person=person.key,
        )
    if mine.state is AccountState.ACTIVE and theirs.state.is_off:
        yield finding(
            DriftKind.SUSPENDED_BUT_ACTIVE,
            Severity.MEDIUM,
            ref,
            f"{person.name} is active in {here} but {theirs.state.value} in {there}.",
            remedy(
                world,
                [Change(ChangeKind.REACTIVATE, Side.SECRETS, account=ref)],
                missing=missing,
            ),
            of=account_ref(Side.DIRECTORY, mine),
            person=person.key,
        )
    yield from _changed(world, person, mine, theirs)


def _told(world: World, mine: Account) -> str:
    """What the directory tells the secret manager by itself of an account that is off. Only a
    deactivation is pushed: a suspension is the directory's own."""
    here, there = world.directory.name, world.secrets.name
    if not world.directory.pushes:
        return ""
    if mine.state is AccountState.SUSPENDED:
        return f" {here} sends {there} nothing of who is suspended, so it stays so by itself."
    if mine.push is None:
        return f" {here} does not provision this account in {there}, so it stays so by itself."
    if mine.push.state in SILENT:
        why = mine.push.error or mine.push.state_raw or mine.push.state.value
        return f" {here} could not tell {there} ({why}), so it stays so by itself."
    return f" {here} says that it told {there} ({mine.push.state.value}), which does not show it."


def _changed(world: World, person: Person, mine: Account, theirs: Account) -> Iterator[Finding]:
    here, there = world.directory.name, world.secrets.name
    ref, other = account_ref(Side.SECRETS, theirs), account_ref(Side.DIRECTORY, mine)
    # A source without display names repeats the login there: that says nothing of the person.
    named = theirs.display_name and mine.display_name and theirs.display_name != theirs.name
    if named and fold(theirs.display_name) != fold(mine.display_name):
        yield finding(
            DriftKind.RENAMED,
            Severity.LOW,
            ref,
            f"{mine.display_name} in {here} is still called {theirs.display_name} in {there}.",
            by_hand(f"Change the name in {there}."),
            of=other,
            person=person.key,
        )
    known, used = verified_emails(mine), verified_emails(theirs)
    if person.matched_by is not MatchedBy.EMAIL and known and used and not known & used:
        yield finding(
            DriftKind.EMAIL_CHANGED,
            Severity.LOW,
            ref,
            f"{person.name} has {min(known)} in {here} but {min(used)} in {there}.",
            by_hand(f"Change the e-mail in {there}."),
            of=other,
            person=person.key,
        )


def _alone(
    world: World,
    person: Person,
    theirs: Account,
    missing: tuple[str, ...],
    unread: tuple[str, ...],
) -> Finding:
    """An account nobody in the directory stands behind."""
    here, there = world.directory.name, world.secrets.name
    ref = account_ref(Side.SECRETS, theirs)
    name = f"{account_title(theirs)} ({theirs.name})"
    mend = remedy(world, [_suspend(theirs)], missing=missing)
    kind, severity = DriftKind.ACCOUNT_WITHOUT_IDENTITY, Severity.HIGH
    if theirs.kind is AccountKind.SERVICE:
        severity = Severity.LOW
        words = f"{name} is a service account in {there} that nobody answers for."
        mend = by_hand("Name its owner under machines in the policy, or suspend it by hand.")
    elif theirs.kind is AccountKind.GUEST:
        severity = Severity.MEDIUM
        words = f"{name} is a guest in {there}; {here} does not know this person."
        mend = by_hand("Guests are invited on purpose: ask who invited them, or offboard them.")
    elif theirs.external_id and not missing:
        kind, severity = DriftKind.LEAVER_ACTIVE, Severity.URGENT
        words = (
            f"{name} came from {here} (id {theirs.external_id}) and is not there any more, but "
            f"still {theirs.state.value} in {there}."
        )
    else:
        words = f"{name} is {theirs.state.value} in {there}, but {here} has no such person."
    return finding(kind, severity, ref, words, mend, person=person.key, unread=unread)


def _unknown_state(world: World, person: Person, side: Side, account: Account) -> Finding:
    source = world.side(side).name
    return finding(
        DriftKind.UNKNOWN_STATE,
        Severity.MEDIUM,
        account_ref(side, account),
        f"{source} says {account.state_raw or 'nothing'!r} about {account_title(account)}: keyturn "
        "cannot tell whether the account is active.",
        Remedy((), f"Look at the account in {source}; until then nothing is decided about it."),
        person=person.key,
    )


def _suspend(account: Account) -> Change:
    return Change(ChangeKind.SUSPEND, Side.SECRETS, account=account_ref(Side.SECRETS, account))


def _answered_machines(world: World) -> frozenset[str]:
    return frozenset(fold(rule.machine) for rule in world.rules.machines)


def _words_for(account: Account) -> frozenset[str]:
    return frozenset({fold(account.id), fold(account.name)})
