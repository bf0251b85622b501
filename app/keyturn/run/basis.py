"""What a run rests on, kept with it before its first change: the policy word for word, and both
sources as they were asked: address, page size, who keyturn was, clock and rate limits."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from keyturn.decide.values import NotThatValue, from_plain, to_plain
from keyturn.policy.loaded import LoadedPolicy
from keyturn_providers.contract import About, Topic
from keyturn_providers.records import Side
from keyturn_storage.journal import Journal
from keyturn_storage.kept_texts import KeptText, keep_text, kept_of_run, kept_with_digest

POLICY, SOURCES = "policy", "sources"
_TOPICS = (Topic.CLOCK, Topic.RATE, Topic.SCOPE, Topic.TOKEN, Topic.CERTIFICATE, Topic.HEALTH)


@dataclass(frozen=True, slots=True)
class CheckAsked:
    """One thing looked at in a source: what it was about, how it came out, and in words."""

    topic: str
    condition: str
    subject: str
    words: str
    hides: str


@dataclass(frozen=True, slots=True)
class SourceAsked:
    """A source as it answered when the run began. `page_size` None: the source gives its lists
    whole, or decides that itself. `asked_as` is who keyturn was there."""

    source: str
    kind: str
    side: str
    tenant: str
    address: str
    version: str
    page_size: int | None
    asked_as: str
    asked_as_id: str
    consistency_delay_s: float
    audit_lag_s: float
    abilities: tuple[str, ...]
    notes: tuple[str, ...]
    blind_spots: tuple[str, ...]
    checks: tuple[CheckAsked, ...]


@dataclass(frozen=True, slots=True)
class SourcesAsked:
    """Both sources as they answered at `at_ms`; one that could not be asked is not in it."""

    at_ms: int
    sources: tuple[SourceAsked, ...]


def keep_basis(
    journal: Journal,
    run_id: str,
    loaded: object,
    abouts: Mapping[Side, About],
    at_ms: int,
    generation: int,
) -> None:
    """Keeps both, once for each run; a policy that several runs rest on is kept once for all.
    Raises LeaseLost."""
    if isinstance(loaded, LoadedPolicy) and loaded.text:
        keep_text(journal, POLICY, loaded.text, at_ms, generation=generation)
    if kept_of_run(journal, SOURCES, run_id) is None:
        asked = SourcesAsked(at_ms, tuple(_asked(abouts[side]) for side in Side if side in abouts))
        text = json.dumps(to_plain(asked), indent=1, ensure_ascii=False) + "\n"
        keep_text(journal, SOURCES, text, at_ms, run_id=run_id, generation=generation)


def policy_kept(journal: Journal, digest: str) -> KeptText | None:
    """The policy with this digest, if any run that rested on it kept it."""
    return kept_with_digest(journal, POLICY, digest)


def sources_kept(journal: Journal, run_id: str) -> tuple[KeptText | None, SourcesAsked | None]:
    """The text that a run kept of its sources, and what it says; None for each that is not there,
    or is in another keyturn's form."""
    kept = kept_of_run(journal, SOURCES, run_id)
    if kept is None or kept.body is None:
        return kept, None
    try:
        return kept, from_plain(SourcesAsked, json.loads(kept.body))
    except (NotThatValue, ValueError):
        return kept, None


def _asked(about: About) -> SourceAsked:
    own = about.own
    return SourceAsked(
        source=about.source.name,
        kind=about.source.kind,
        side=about.source.side.value,
        tenant=about.source.tenant,
        address=about.address,
        version=about.version,
        page_size=about.page_size,
        asked_as=own.name if own is not None else "",
        asked_as_id=own.account_id or "" if own is not None else "",
        consistency_delay_s=float(about.consistency_delay_s),
        audit_lag_s=float(about.audit_lag_s),
        abilities=tuple(sorted(ability.value for ability in about.abilities)),
        notes=about.notes,
        blind_spots=about.blind_spots,
        checks=tuple(
            CheckAsked(one.topic.value, one.condition.value, one.subject, one.words, one.hides)
            for topic in _TOPICS
            for one in about.checks
            if one.topic is topic
        ),
    )
