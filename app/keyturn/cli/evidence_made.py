"""What a report needs of this installation: the run or the case that is meant, policy, key, and
what must not be in it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed
from keyturn.decide.names import fold
from keyturn.decide.planfile import PlanFileError, recorded
from keyturn.decide.plans import Plan
from keyturn.decide.rules import Rules
from keyturn.evidence import installed
from keyturn.evidence.moments import utc
from keyturn.policy.load import load_policy
from keyturn.policy.loaded import LoadedPolicy
from keyturn.settings import Places
from keyturn_providers.records import Account
from keyturn_storage.case_rows import CaseRow
from keyturn_storage.journal import Journal
from keyturn_storage.queries.cases import case, cases_beginning, cases_of_run
from keyturn_storage.queries.purges import purged_runs, purges
from keyturn_storage.rows import RunRow
from keyturn_storage.snapshots import Cache, open_cache

_SHORTEST_ID = 6


@contextmanager
def cache_if_any(places: Places) -> Iterator[Cache | None]:
    """The cache; None where there is none, since a report makes no files but its own."""
    if not places.cache.is_file():
        yield None
        return
    with open_cache(places.cache) as cache:
        yield cache


@dataclass(frozen=True, slots=True)
class Meant:
    """A run, and the key of the person in it that is meant; "" where it put nobody out."""

    row: RunRow
    key: str


def meant_by(
    text: str, person: str | None, journal: Journal, cache: Cache | None
) -> Meant | CaseRow:
    """The run with this id, or the only one that begins so; else the case with this id, or the
    latest one of the person with this login, e-mail, id or exact name; without any their latest
    run. `person` names one of several who left in the run. Raises VerbFailed, also where several
    fit."""
    row = _run_called(text, journal)
    purge = next(
        (one for one in purges(journal) if one.entry == purged_runs(journal).get(text)), None
    )
    if purge is not None:
        raise VerbFailed(
            Exit.NOT_FOUND,
            f"{text}: this run was purged {utc(purge.at_ms)} by {purge.by}, being older than "
            f"{purge.days} days: there is no evidence of it any more but what was written before.",
        )
    if row is None:
        case_row = _case_called(text, journal)
        if case_row is not None:
            return case_row
        meant = _of_person(text, journal.runs(), cache)
        cases = cases_of_run(journal, meant.row.id)
        return next((one for one in reversed(cases) if one.person_key == meant.key), meant)
    keys = recorded(row.plan_json).subjects
    if len(keys) < 2 and person is None:
        return Meant(row, keys[0] if keys else "")
    if person is None:
        raise VerbFailed(
            Exit.USAGE,
            f"{text}: {len(keys)} people left in this run ({', '.join(keys)}), and evidence is "
            "about one. Name who is meant with --person.",
        )
    return _of_person(person, (row,), cache)


def _case_called(text: str, journal: Journal) -> CaseRow | None:
    near = cases_beginning(journal, text) if len(text) >= _SHORTEST_ID else ()
    return case(journal, text) or (near[0] if len(near) == 1 else None)


def _run_called(text: str, journal: Journal) -> RunRow | None:
    exact = journal.run(text)
    if exact is not None:
        return exact
    runs = journal.runs()
    fitting = [one for one in runs if len(text) >= _SHORTEST_ID and one.id.startswith(text)]
    if len(fitting) > 1:
        raise _not_found(text, f"{len(fitting)} runs begin so. Give more of the id.")
    return fitting[0] if fitting else None


def _of_person(text: str, runs: Sequence[RunRow], cache: Cache | None) -> Meant:
    wanted = fold(text)
    ids = _accounts_called(wanted, cache)
    found: dict[str, RunRow] = {}
    for row in runs:
        for key in _subjects_called(row, wanted, ids):
            found.setdefault(key, row)
    if len(found) == 1:
        ((key, row),) = found.items()
        return Meant(row, key)
    if found:
        titles = ", ".join(f"{row.title} (run {row.id})" for row in found.values())
        raise _not_found(text, f"several people are called this: {titles}. Give the run's id.")
    last = ", ".join(f"{row.id} ({row.title})" for row in runs[:5])
    why = f"no run has this id, and no offboarding is of such a person. {_runs(last)}"
    raise _not_found(text, why)


def _runs(last: str) -> str:
    return f"The latest runs are: {last}." if last else "Nothing has been run yet."


def _not_found(text: str, why: str) -> VerbFailed:
    return VerbFailed(Exit.NOT_FOUND, f"{text}: cannot tell which run that is: {why}")


def _subjects_called(row: RunRow, wanted: str, ids: frozenset[str]) -> tuple[str, ...]:
    """The keys of the people a run put out or moved who are called `wanted`."""
    try:
        plan = recorded(row.plan_json)
    except PlanFileError:
        return ()
    if len(plan.subjects) == 1 and wanted in _called(plan):
        return plan.subjects
    return tuple(
        key for key in plan.subjects if fold(key) == wanted or key.partition(":")[2] in ids
    )


def _called(plan: Plan) -> set[str]:
    """What the only person a plan is about is called in it. Whoever is given something is not."""
    refs = [
        operation.change.account for operation in plan.operations if operation.change.kind.removes
    ]
    own = {name for ref in refs if ref is not None for name in (ref.id, ref.name)}
    return {fold(name) for name in (*own, plan.subject_key.partition(":")[2], plan.confirm_with)}


def _accounts_called(wanted: str, cache: Cache | None) -> frozenset[str]:
    """The ids of the accounts with this login, address or name in the newest snapshots."""
    if cache is None:
        return frozenset()
    return frozenset(
        account.id
        for source in cache.sources()
        for account in cache.load(source.snapshot_id).accounts
        if wanted in _names(account)
    )


def _names(account: Account) -> set[str]:
    every = (account.name, account.display_name, *(mail.address for mail in account.emails))
    return set(map(fold, every))


def _loaded(places: Places) -> LoadedPolicy | None:
    return load_policy(places.config) if places.config.is_file() else None


def rules_of(places: Places) -> Rules | None:
    """The policy's rules, where there is a configuration. Raises PolicyInvalid."""
    loaded = _loaded(places)
    return loaded.rules if loaded else None


def signing_key(places: Places) -> Path | None:
    """The key that the configuration names, a path from its own folder; None without one."""
    loaded = _loaded(places)
    return installed.signing_key(loaded, places.config) if loaded else None


def watched_tokens(places: Places) -> frozenset[str]:
    """The values of every environment variable that the configuration names for a token: none of
    them may be in evidence."""
    loaded = _loaded(places)
    return installed.watched_tokens(loaded) if loaded else frozenset()
