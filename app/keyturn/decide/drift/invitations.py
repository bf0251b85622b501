"""Drift of people who are on their way in: invitations that were not accepted in time, and who
accepted and was not let in."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from keyturn.decide.drift.making import Remedy, by_hand, finding, remedy
from keyturn.decide.findings import Change, ChangeKind, Finding
from keyturn.decide.names import account_ref, counted, fold, verified_emails
from keyturn.decide.people import Person
from keyturn.decide.proof import accounts_needed, unproven
from keyturn.decide.words import DriftKind, Severity
from keyturn.decide.world import World
from keyturn_providers.records import Account, AccountState, PushState, Side

_DAY_MS = 86_400_000
INVITATION_MS = 5 * _DAY_MS
"""How long an invitation can be accepted, by all that is known of 1Password's."""
WAITING_MS = 15 * 60_000
"""Where something lets people in by itself it does so within five minutes: three times that is
stuck."""
AWAITING = "transfer_accepted"
"""1Password's word, folded, for who has accepted and waits to be let in."""


def invitation_drift(world: World) -> Iterator[Finding]:
    """Who is active in the directory, and got stuck on the way into the secret manager."""
    expected = expected_people(world)
    for one in world.matching.people:
        theirs = one.secrets
        if theirs is None or theirs.state is not AccountState.INVITED:
            continue
        person = expected.get(theirs.id, one)
        mine = person.directory
        if mine is None or mine.state is not AccountState.ACTIVE:
            continue
        missing = unproven(world, accounts_needed(person))
        if theirs.state_raw.casefold().startswith(AWAITING):
            if _just_accepted(world, theirs):
                continue
            yield _waiting(world, person, theirs, missing)
        elif has_expired(world, theirs):
            yield _late(world, person, mine, theirs, missing)


def expected_people(world: World) -> Mapping[str, Person]:
    """Whom an invitation is for, by the id of the invited account: the one active person without an
    account whose address it went to.

    Until somebody accepts, nobody vouches that the address is theirs, so that such an account is
    not matched; yet it does not come from nowhere. Two invitations for one person, or one for two,
    are left out.
    """
    owners: dict[str, list[Person]] = defaultdict(list)
    for person in world.matching.people:
        mine = person.directory
        if mine is not None and person.secrets is None and mine.state is AccountState.ACTIVE:
            for address in verified_emails(mine):
                owners[address].append(person)
    found: dict[str, Person] = {}
    for one in world.matching.people:
        theirs = one.secrets
        if theirs is None or one.directory is not None or theirs.state is not AccountState.INVITED:
            continue
        addresses = {fold(email.address) for email in theirs.emails}
        fitting = {p.key: p for address in addresses for p in owners.get(address, ())}
        if len(fitting) == 1 and not world.is_ambiguous(Side.SECRETS, theirs.id):
            found[theirs.id] = next(iter(fitting.values()))
    times = Counter(person.key for person in found.values())
    return {account_id: person for account_id, person in found.items() if times[person.key] == 1}


def _since(theirs: Account) -> int | None:
    return theirs.state_since_ms or theirs.created_ms


def has_expired(world: World, theirs: Account) -> bool:
    """Whether an invitation that was not accepted is too old to be; False where its age is not
    told."""
    since = _since(theirs)
    return since is not None and world.now_ms - since > INVITATION_MS


def _just_accepted(world: World, theirs: Account) -> bool:
    since = _since(theirs)
    return since is not None and world.now_ms - since <= WAITING_MS


def _waiting(world: World, person: Person, theirs: Account, missing: tuple[str, ...]) -> Finding:
    ref = account_ref(Side.SECRETS, theirs)
    confirm = Change(ChangeKind.CONFIRM, Side.SECRETS, account=ref)
    return finding(
        DriftKind.STUCK_INVITE,
        Severity.MEDIUM,
        ref,
        f"{person.name} accepted the invitation to {world.secrets.name} and waits to be let in"
        f"{_for(world, theirs)}.",
        remedy(world, [confirm], missing=missing),
        person=person.key,
        part="waiting",
    )


def _late(
    world: World, person: Person, mine: Account, theirs: Account, missing: tuple[str, ...]
) -> Finding:
    return finding(
        DriftKind.STUCK_INVITE,
        Severity.MEDIUM,
        account_ref(Side.SECRETS, theirs),
        f"{person.name} was invited to {world.secrets.name}{invited_ago(world, theirs)} and has "
        "not accepted; an invitation can be accepted for 5 days, so it is of no use any more.",
        invite(world, mine, missing, after_ms=_since(theirs)),
        person=person.key,
        part="expired",
    )


def _for(world: World, theirs: Account) -> str:
    since = _since(theirs)
    if since is None:
        return ""
    days = max(0, world.now_ms - since) // _DAY_MS
    return f" for {days} days" if days > 1 else " since a day or less"


def invited_ago(world: World, theirs: Account) -> str:
    """ " 9 days ago"; "" where it is not told."""
    since = _since(theirs)
    return f" {counted((world.now_ms - since) // _DAY_MS, 'day')} ago" if since is not None else ""


def provisions_itself(world: World, mine: Account) -> str:
    """What to do where the directory provisions the account that it has as `mine`; else ""."""
    if mine.push is None or mine.push.state not in {PushState.OK, PushState.PENDING}:
        return ""
    return (
        f"{world.directory.name} provisions this account itself ({mine.push.state.value}): "
        f"push it again there, or look at why {world.secrets.name} does not show it."
    )


def invite(
    world: World, mine: Account, missing: tuple[str, ...], *, after_ms: int | None = None
) -> Remedy:
    """Inviting whom the directory has as `mine`, where the policy lets keyturn do it."""
    itself = provisions_itself(world, mine)
    if itself:
        return by_hand(itself)
    if not world.rules.allowed.provision:
        return by_hand(
            f"Give them an account in {world.secrets.name}. Where it invites people, keyturn does "
            "so with allow.provision in the policy."
        )
    address = next((email.address for email in mine.emails if email.verified), "")
    if not address:
        return by_hand(
            f"{world.directory.name} vouches for no e-mail address of theirs to send it to."
        )
    change = Change(
        ChangeKind.PROVISION,
        Side.SECRETS,
        account=account_ref(Side.DIRECTORY, mine),
        email=address,
        after_ms=after_ms,
    )
    return remedy(world, [change], missing=missing)
