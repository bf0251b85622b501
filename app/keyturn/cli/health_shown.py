"""How a source stands, as lines for people and as JSON for programs."""

from collections import Counter
from collections.abc import Sequence

from keyturn.cli.invocation import Answer, Json
from keyturn.run.source_health import SIGNS, SourceHealth, by_topic, failure_parts, lacking
from keyturn_providers.contract import (
    About,
    Check,
    Condition,
)

_COUNTED = {
    Condition.WRONG: "wrong",
    Condition.WATCH: "to watch",
    Condition.UNKNOWN: "not known",
    Condition.WELL: "well",
}


def show_check(answer: Answer, check: Check) -> None:
    """One check as a line, and under it what it hides."""
    sign, word = SIGNS[check.condition], check.condition.value
    answer.line(f"  {sign} {word:<7}  {check.topic.value:<12} {check.subject}: {check.words}")
    if check.hides and check.condition is not Condition.WELL:
        answer.line(f"{'':25}lost: {check.hides}")


def show_health(answer: Answer, health: SourceHealth, *, cannot_because: str = "") -> None:
    """All that is known of a source, its checks by topic; or why it could not be asked.

    `cannot_because` says why it cannot do what it cannot, where the reason is keyturn's own.
    """
    answer.line("")
    about = health.about
    if about is None:
        answer.line(f"! {health.name}: {health.side.value}, {health.kind}")
        what, why, next_step = failure_parts(health.failure or RuntimeError("not asked"))
        for line in why.splitlines() or [""]:
            answer.line(f"  ! wrong    {what + ': ' if what else ''}{line}")
        if next_step:
            answer.line(f"             next: {next_step}")
        return
    version = f", version {about.version}" if about.version else ""
    answer.line(
        f"{SIGNS[health.worst]} {health.name}: {health.side.value}, {health.kind} at"
        f" {about.address}, tenant {about.source.tenant}{version}"
    )
    for check in by_topic(about.checks):
        show_check(answer, check)
    if about.own is not None:
        answer.line(f"  keyturn is {about.own.name}")
    held = [ability.value for ability in sorted(about.abilities)]
    answer.line(f"  can: {', '.join(held) or 'nothing'}")
    cannot = ", ".join(ability.value for ability in lacking(health.side, about.abilities))
    if cannot:
        why = f" ({cannot_because})" if cannot_because else ""
        answer.line(f"  cannot: {cannot}{why}")
    for spot in about.blind_spots:
        answer.line(f"  not visible: {spot}")
    for note in about.notes:
        answer.line(f"  note: {note}")


def tally(checks: Sequence[Check]) -> str:
    """ "1 wrong, 2 to watch, 3 not known, 12 well", without what did not come up."""
    counts = Counter(check.condition for check in checks)
    return ", ".join(f"{counts[one]} {words}" for one, words in _COUNTED.items() if counts[one])


def health_json(health: SourceHealth) -> Json:
    """The same for programs; `error` is null where the source answered."""
    about = health.about
    known: dict[str, Json] = {
        "name": health.name,
        "side": health.side.value,
        "kind": health.kind,
        "condition": health.worst.value,
        "error": None,
    }
    if about is None:
        what, why, next_step = failure_parts(health.failure or RuntimeError("not asked"))
        known["error"] = {"who": health.name, "what": what, "why": why, "next": next_step}
        return known
    known.update(_about_json(health, about))
    return known


def _about_json(health: SourceHealth, about: About) -> dict[str, Json]:
    own = about.own
    return {
        "address": about.address,
        "tenant": about.source.tenant,
        "version": about.version,
        "own": None
        if own is None
        else {
            "id": own.account_id,
            "name": own.name,
            "created_ms": own.created_ms,
            "expires_ms": own.expires_ms,
        },
        "checks": [
            {
                "topic": one.topic.value,
                "condition": one.condition.value,
                "subject": one.subject,
                "words": one.words,
                "hides": one.hides,
            }
            for one in by_topic(about.checks)
        ],
        "abilities": [ability.value for ability in sorted(about.abilities)],
        "lacking": [one.value for one in lacking(health.side, about.abilities)],
        "blind_spots": list(about.blind_spots),
        "notes": list(about.notes),
    }
