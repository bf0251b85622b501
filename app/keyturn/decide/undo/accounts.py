"""Accounts back to the state they had before a run, whatever the run did to them one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from keyturn.decide.findings import Change, ChangeKind, Ref
from keyturn.decide.left_out import why_left_out
from keyturn.decide.run_done import StepDone
from keyturn.decide.side_effects import NOT_BACK
from keyturn.decide.undo.found import Found, another, not_read
from keyturn_providers.records import AccountState, Side

KINDS = frozenset(
    {ChangeKind.SUSPEND, ChangeKind.REACTIVATE, ChangeKind.DEACTIVATE, ChangeKind.CONFIRM}
)
_LEFT = {
    ChangeKind.SUSPEND: frozenset({AccountState.SUSPENDED}),
    ChangeKind.DEACTIVATE: frozenset({AccountState.DEACTIVATED}),
    ChangeKind.REACTIVATE: frozenset({AccountState.ACTIVE, AccountState.INVITED}),
    ChangeKind.CONFIRM: frozenset({AccountState.ACTIVE}),
}
"""The states in which a change leaves an account."""


def undo_accounts(found: Found, steps: Sequence[StepDone]) -> None:
    """Each account that the run switched, the directory's first."""
    for side in Side:
        for ref, mine in _by_account(steps, side):
            _undo(found, ref, mine)


def _by_account(steps: Sequence[StepDone], side: Side) -> Iterator[tuple[Ref, list[StepDone]]]:
    refs: dict[str, Ref] = {}
    mine: dict[str, list[StepDone]] = {}
    for step in steps:
        change = step.operation.change
        if change.kind in KINDS and change.side is side and change.account is not None:
            refs.setdefault(change.account.id, change.account)
            mine.setdefault(change.account.id, []).append(step)
    for account_id, ref in refs.items():
        yield ref, mine[account_id]


def _undo(found: Found, ref: Ref, steps: list[StepDone]) -> None:
    first, last = steps[0], steps[-1]
    words = f"{ref.name} in {found.world.side(ref.side).name}"
    account = found.world.side(ref.side).accounts.get(ref.id)
    wanted = first.before.state
    why = not_read(found, ref) or another(found.world, ref)
    if why or account is None:
        _stay(found, ref, words, why)
    elif account.state is wanted:
        found.leave(words, f"The account is {wanted.value} already, as it was before.")
    elif account.state not in _LEFT[last.operation.change.kind]:
        why = f"The account is {account.state.value} now, which the run did not do."
        _stay(found, ref, words, why)
    elif wanted is None or wanted is AccountState.UNKNOWN:
        why = "The journal does not say in which state the account was before."
        _stay(found, ref, words, why, lost=True)
    elif leaver := _left_meanwhile(found, ref):
        _stay(found, ref, words, leaver)
    else:
        _bring(found, ref, steps, account.state, wanted)


def _stay(found: Found, ref: Ref, words: str, why: str, *, lost: bool = False) -> None:
    (found.lose if lost else found.leave)(words, why)
    account = found.world.side(ref.side).accounts.get(ref.id)
    if account is None or account.state.is_off:
        found.off[(ref.side, ref.id)] = why


def _left_meanwhile(found: Found, ref: Ref) -> str:
    """Why nobody is let back into the secret manager whom the directory put off since."""
    person = found.world.person_of.get((ref.side, ref.id))
    if ref.side is Side.DIRECTORY or person is None or person.directory is None:
        return ""
    why = found.off.get((Side.DIRECTORY, person.directory.id))
    return f"The account in {found.world.directory.name} stays off: {why}" if why else ""


def _bring(
    found: Found, ref: Ref, steps: list[StepDone], now: AccountState, wanted: AccountState
) -> None:
    """From the state that the run left to the one before it."""
    where = found.world.side(ref.side).name
    on = Change(ChangeKind.REACTIVATE, ref.side, account=ref)
    off = Change(ChangeKind.SUSPEND, ref.side, account=ref)
    if wanted is AccountState.DEACTIVATED:
        _end_again(found, ref, steps)
    elif wanted is AccountState.SUSPENDED and not now.is_off:
        found.add(off, steps)
    elif not now.is_off:
        found.lose(
            f"{ref.name} as {wanted.value} in {where}",
            "Who was let in cannot be made to wait again; suspend the account if it was wrong.",
        )
    elif _on(found, ref, on, steps):
        found.switched[(ref.side, ref.id)] = on
        if wanted is not AccountState.ACTIVE:
            found.lose(f"{ref.name} as {wanted.value} in {where}", _ON_INSTEAD[wanted])


_ON_INSTEAD = {
    AccountState.INVITED: "The invitation is over; the account becomes what the source makes of "
    "it: look at it afterwards.",
    AccountState.SUSPENDED: "A deactivated account can only come back on, waiting for its owner to "
    "activate it, and who waits cannot be suspended: suspend it by hand once it is active, or "
    "deactivate it again.",
}


def _on(found: Found, ref: Ref, on: Change, steps: list[StepDone]) -> bool:
    """Takes the reactivation up, with what does not come back by it."""
    ended = any(step.operation.change.kind is ChangeKind.DEACTIVATE for step in steps)
    if found.add(on, steps, *((NOT_BACK,) if ended else ())):
        if ended:
            where = found.world.side(on.side).name
            found.lose(f"what went with the end of {ref.name}'s account in {where}", _GONE)
        return True
    found.off[(ref.side, ref.id)] = "It may not, or cannot, be reactivated."
    return False


_GONE = (
    "Direct assignments to applications, API tokens, enrolled factors and what the applications "
    "kept are not given back by reactivating: assign and enrol anew."
)


def _end_again(found: Found, ref: Ref, steps: list[StepDone]) -> None:
    """Deactivated before, so deactivated again; where that may not be, at least suspended."""
    change = Change(ChangeKind.DEACTIVATE, ref.side, account=ref)
    why = why_left_out(found.context, change)
    if not why:
        found.add(change, steps)
    elif found.add(replace(change, kind=ChangeKind.SUSPEND), steps):
        found.lose(f"{ref.name} as deactivated", f"{why} The account is suspended instead.")
