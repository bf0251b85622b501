"""Guards of what a plan touches: who must never be locked out, and what nobody can be sure of."""

from collections.abc import Iterator

from keyturn.decide.context import ABILITY_OF, PlanContext
from keyturn.decide.doubt import groups_in_doubt
from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.decide.index import TOKEN_PREFIX, edge_of, members_of
from keyturn.decide.names import account_ref, counted, fold, identifiers, listed
from keyturn.decide.people import Person
from keyturn.decide.plans import GuardVerdict, Operation, PlanScope, Verdict
from keyturn.decide.rules import Allowed
from keyturn.decide.world import World
from keyturn_providers.records import PrincipalKind, Side


def refs_of(change: Change) -> Iterator[Ref]:
    """Every object a change names."""
    for ref in (change.account, change.group, change.principal):
        if ref is not None:
            yield ref
    yield from change.vaults


def losing_with(world: World, change: Change) -> tuple[Ref, ...]:
    """The accounts that lose access with a group when its grant is revoked or narrowed."""
    group = change.principal
    if change.kind not in {ChangeKind.REVOKE, ChangeKind.NARROW} or group is None:
        return ()
    if change.principal_kind is not PrincipalKind.GROUP:
        return ()
    accounts = world.secrets.accounts
    return tuple(
        account_ref(Side.SECRETS, accounts[x])
        if x in accounts
        else Ref(Side.SECRETS, ObjectKind.ACCOUNT, x, x)
        for x in sorted(members_of(world.secrets, group.id))
    )


def touches_own(context: PlanContext, change: Change) -> bool:
    """Whether a removal is from keyturn's own account, machine identity or token."""
    own = context.own.get(change.side, frozenset())
    if not change.kind.removes or not own:
        return False
    named = {ref.id for ref in refs_of(change)} | {edge_of(change.carrier)}
    # A session is known by its id alone, the same token as a machine identity by its edge.
    named |= {change.session_id, TOKEN_PREFIX + change.session_id}
    named |= {ref.id for ref in losing_with(context.world, change)}
    return not named.isdisjoint(own)


def untouchable(world: World, change: Change) -> tuple[str, ...]:
    """The objects of a change that the policy's `never_touch` names, by id, name or e-mail. An
    account counts with everything its person is called on either side; a group's grant is also its
    members'."""
    marked = {fold(x) for x in world.rules.never_touch}
    if not marked:
        return ()
    refs = (*refs_of(change), *losing_with(world, change))
    return tuple(ref.name for ref in refs if marked & _called(world, ref))


def is_untouchable(world: World, person: Person) -> bool:
    """Whether the policy's `never_touch` names somebody, by whatever either side calls them."""
    return not _names_of(person).isdisjoint(map(fold, world.rules.never_touch))


def _called(world: World, ref: Ref) -> frozenset[str]:
    names = frozenset({fold(ref.id), fold(ref.name)})
    person = world.person_of.get((ref.side, ref.id)) if ref.kind is ObjectKind.ACCOUNT else None
    return names | _names_of(person) if person else names


def _names_of(person: Person) -> frozenset[str]:
    names: set[str] = set()
    for account in (person.directory, person.secrets):
        if account is not None:
            names |= identifiers(account) | {fold(account.display_name)}
            # Protection errs on the safe side: an address nobody vouches for protects, too.
            names |= {fold(email.address) for email in account.emails}
    return frozenset(names)


def keyturn_itself(
    operations: tuple[Operation, ...], context: PlanContext, _scope: PlanScope
) -> GuardVerdict:
    """keyturn never takes anything from the identity it works with."""
    hit = tuple(o.words for o in operations if touches_own(context, o.change))
    if hit:
        return GuardVerdict(
            "keyturn itself",
            Verdict.REFUSE,
            f"keyturn would cut itself off: {listed(hit)}.",
            hit,
            "Do that by hand, or give keyturn another identity first.",
        )
    unknown = [context.world.side(side).name for side in Side if not context.own.get(side)]
    words = "keyturn's own identity is not touched."
    if unknown:
        words = f"What keyturn's own identity is, is not known in {listed(unknown)}."
    return GuardVerdict("keyturn itself", Verdict.ALLOW, words)


def never_touch(
    operations: tuple[Operation, ...], context: PlanContext, _scope: PlanScope
) -> GuardVerdict:
    """What `never_touch` names is not changed, neither by taking nor by giving."""
    hit = tuple(
        dict.fromkeys(name for o in operations for name in untouchable(context.world, o.change))
    )
    if hit:
        return GuardVerdict(
            "never touch",
            Verdict.REFUSE,
            f"The policy says never to touch {listed(hit)}.",
            hit,
            "Do that by hand, or take the entry out of never_touch.",
        )
    entries = counted(len(context.world.rules.never_touch), "entry", "entries")
    return GuardVerdict("never touch", Verdict.ALLOW, f"Nothing it names is touched ({entries}).")


def ambiguous(
    operations: tuple[Operation, ...], context: PlanContext, _scope: PlanScope
) -> GuardVerdict:
    """An account that may be several people is never acted on."""
    hit = tuple(
        dict.fromkeys(
            ref.name
            for o in operations
            for ref in refs_of(o.change)
            if ref.kind is ObjectKind.ACCOUNT and context.world.is_ambiguous(ref.side, ref.id)
        )
    )
    if hit:
        return GuardVerdict(
            "ambiguous",
            Verdict.REFUSE,
            f"It is not certain who {listed(hit)} is.",
            hit,
            "Say under aliases in the policy which two accounts are one person.",
        )
    return GuardVerdict("ambiguous", Verdict.ALLOW, "Everybody in the plan is matched for certain.")


def policy_agrees(
    operations: tuple[Operation, ...], context: PlanContext, _scope: PlanScope
) -> GuardVerdict:
    """Nothing is done to an object that the policy names by an id and another name."""
    hit = tuple(
        dict.fromkeys(
            ref.name
            for o in operations
            for ref in (
                *(ref for ref in refs_of(o.change) if context.world.is_disputed(ref)),
                *groups_in_doubt(context.world, o.change),
            )
        )
    )
    if hit:
        return GuardVerdict(
            "policy agrees",
            Verdict.REFUSE,
            f"The policy's id and name do not agree, or the object is gone: {listed(hit)}.",
            hit,
            "Correct the policy, then plan again.",
        )
    return GuardVerdict("policy agrees", Verdict.ALLOW, "Ids and names in the policy agree.")


def kind_enabled(allowed: Allowed, kind: ChangeKind) -> bool:
    """Whether the policy's `allow` has this kind of change on."""
    return {
        ChangeKind.SUSPEND: allowed.suspend,
        ChangeKind.REACTIVATE: allowed.reactivate,
        ChangeKind.DEACTIVATE: allowed.deactivate,
        ChangeKind.END_SESSION: allowed.end_sessions,
        ChangeKind.END_ALL_SESSIONS: allowed.end_sessions,
        ChangeKind.PROVISION: allowed.provision,
        ChangeKind.CONFIRM: allowed.confirm,
        ChangeKind.ADD_MEMBERSHIP: allowed.add_membership,
        ChangeKind.REMOVE_MEMBERSHIP: allowed.remove_membership,
        ChangeKind.GRANT: allowed.grant,
        ChangeKind.RESTORE_GRANT: allowed.grant,
        ChangeKind.REVOKE: allowed.revoke,
        ChangeKind.NARROW: allowed.narrow,
    }[kind]


def enabled(
    operations: tuple[Operation, ...], context: PlanContext, _scope: PlanScope
) -> GuardVerdict:
    """Every kind of change in the plan is on in the policy's `allow`."""
    allowed = context.world.rules.allowed
    off = tuple(
        dict.fromkeys(
            o.change.kind.value for o in operations if not kind_enabled(allowed, o.change.kind)
        )
    )
    if off:
        return GuardVerdict(
            "kinds of change",
            Verdict.REFUSE,
            f"The policy has these kinds of change off: {listed(off)}.",
            off,
            "Choose other findings, or set them to true under allow.",
        )
    return GuardVerdict("kinds of change", Verdict.ALLOW, "Every kind of change in it is on.")


def abilities(
    operations: tuple[Operation, ...], context: PlanContext, _scope: PlanScope
) -> GuardVerdict:
    """The connectors can do everything in the plan."""
    lacking = tuple(
        dict.fromkeys(
            f"{context.world.side(o.change.side).name} cannot {ABILITY_OF[o.change.kind]}"
            for o in operations
            if not context.able(o.change.side, o.change.kind)
        )
    )
    if lacking:
        return GuardVerdict(
            "abilities",
            Verdict.REFUSE,
            f"{listed(lacking)}.",
            lacking,
            "Check what keyturn's credential may do there (keyturn doctor), or leave these out.",
        )
    return GuardVerdict("abilities", Verdict.ALLOW, "The connectors can do everything in it.")
