"""What undoing a run comes to, as it is gathered: changes, what they wait for, and what stays."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from keyturn.decide.context import PlanContext
from keyturn.decide.findings import Change, ObjectKind, Ref
from keyturn.decide.left_out import why_left_out
from keyturn.decide.operations import word
from keyturn.decide.plans import LeftAlone
from keyturn.decide.run_done import StepDone
from keyturn.decide.world import World
from keyturn_providers.records import Side

NOT_RESTORED = "Not restored: "
"""How everything begins that undoing cannot bring back."""

Unread = Mapping[tuple[Side, ObjectKind, str], str]
"""Why an object could not be read just now, by what it is."""


@dataclass(slots=True)
class Found:
    """`made` are the steps that changed something, in their order. `of` are, for each change, the
    steps it undoes; `also` its further side effects. `off` are the accounts that stay off, though
    the run put them off, with why."""

    context: PlanContext
    unread: Unread
    made: tuple[StepDone, ...] = ()
    changes: list[Change] = field(default_factory=list)
    of: dict[Change, list[StepDone]] = field(default_factory=dict)
    also: dict[Change, list[str]] = field(default_factory=dict)
    left_alone: list[LeftAlone] = field(default_factory=list)
    off: dict[tuple[Side, str], str] = field(default_factory=dict)
    switched: dict[tuple[Side, str], Change] = field(default_factory=dict)
    """The change that brings an account back, by account."""

    @property
    def world(self) -> World:
        """The world that the undo is decided in."""
        return self.context.world

    def add(self, change: Change, steps: Iterable[StepDone], *also: str) -> bool:
        """Takes a change up, unless something stands against it: then it is left alone."""
        reason = why_left_out(self.context, change)
        if reason:
            self.leave(word(self.world, change).words, reason)
            return False
        self.changes.append(change)
        self.of[change] = list(steps)
        self.also[change] = list(also)
        return True

    def leave(self, words: str, reason: str) -> None:
        """Something of the run that stays as it is now."""
        self.left_alone.append(LeftAlone(words, reason))

    def lose(self, words: str, reason: str) -> None:
        """Something that cannot be brought back."""
        self.left_alone.append(LeftAlone(f"{NOT_RESTORED}{words}", reason))


def not_read(found: Found, *refs: Ref | None) -> str:
    """Why it is not known how these are now; empty where they were read."""
    for ref in refs:
        why = found.unread.get((ref.side, ref.kind, ref.id)) if ref is not None else None
        if why:
            return f"How it is now could not be read: {why}"
    return ""


def another(world: World, ref: Ref) -> str:
    """Why an account is not, or not any more, the one the run was about; empty where it is."""
    account = world.side(ref.side).accounts.get(ref.id)
    if account is None:
        return f"{ref.name} does not exist any more."
    names = (account.name, account.display_name, account.id)
    if ref.name in names:
        return ""
    return f"The id {ref.id} is {account.display_name or account.name} now: look there."
