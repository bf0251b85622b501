"""A plan without words: what each operation does to what, by ids alone.

It names nobody, so that it goes into everybody's evidence as it is, where a plan that names others
does not; the journal's entry with which the run begins has its digest.
"""

import hashlib
import json
from dataclasses import dataclass, replace

from keyturn.decide.findings import Change, Ref
from keyturn.decide.plans import Plan, PlanScope
from keyturn.decide.values import NotThatValue, from_plain, to_plain

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Outlined:
    """An operation: names and addresses in its change are ""."""

    id: str
    number: int
    stage: int
    change: Change
    depends_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """`blind_spots` is the SHA-256 over all of the plan's."""

    format: int
    scope: PlanScope
    subject_key: str
    blind_spots: str
    operations: tuple[Outlined, ...]

    @property
    def subjects(self) -> tuple[str, ...]:
        """The keys of the persons that the plan puts out or moves."""
        named = self.scope in {PlanScope.OFFBOARD, PlanScope.MOVE}
        return tuple(self.subject_key.split("\n")) if named and self.subject_key else ()


def outline_of(plan: Plan) -> Outline:
    """What the plan does, without words."""
    return Outline(
        format=_FORMAT,
        scope=plan.scope,
        subject_key=plan.subject_key,
        blind_spots=spots_digest(plan.blind_spots),
        operations=tuple(
            Outlined(one.id, one.number, one.stage, _nameless(one.change), one.depends_on)
            for one in plan.operations
        ),
    )


def outline_text(outline: Outline) -> str:
    """As it is kept; always the same of the same plan."""
    return json.dumps(to_plain(outline), separators=(",", ":")) + "\n"


def outline_in(text: str) -> Outline:
    """What `outline_text` wrote. Raises NotThatValue for anything else."""
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        raise NotThatValue("it is no JSON") from None
    return from_plain(Outline, plain)


def spots_digest(spots: tuple[str, ...]) -> str:
    """The SHA-256 over all blind spots of a plan, in their order."""
    return hashlib.sha256(json.dumps(spots).encode()).hexdigest()


def _nameless(change: Change) -> Change:
    return replace(
        change,
        account=_ref(change.account),
        group=_ref(change.group),
        principal=_ref(change.principal),
        vaults=tuple(replace(vault, name="") for vault in change.vaults),
        email="",
    )


def _ref(ref: Ref | None) -> Ref | None:
    return replace(ref, name="") if ref is not None else None
