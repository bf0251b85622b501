"""What a source cannot be asked to do just now, though it was planned when it could."""

from keyturn.decide.context import ABILITY_OF
from keyturn.decide.findings import ChangeKind
from keyturn_providers.abilities import Ability
from keyturn_providers.contract import About, Condition


def unable_now(about: About | None, kind: ChangeKind) -> str:
    """Who cannot do what, why, and what to do next; "" where the source can, or was not asked."""
    if about is None or ABILITY_OF[kind] in {ability.value for ability in about.abilities}:
        return ""
    wrong = [check for check in about.checks if check.condition is Condition.WRONG]
    why = " ".join(f"{check.subject}: {check.words}" for check in wrong)
    return (
        f"{about.source.name}: cannot {Ability(ABILITY_OF[kind]).value} just now: "
        f"{why or 'it has not the ability any more.'} "
        "Its steps stay open: mend that (Sources shows what each source can do), then resume."
    )
