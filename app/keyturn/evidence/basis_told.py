"""What the run rested on, as files of the bundle: the policy, and the sources as asked then."""

import json
from dataclasses import dataclass

from keyturn.evidence.minimise import Minimiser
from keyturn.evidence.names_of_files import (
    POLICY,
    POLICY_MINIMISED,
    SOURCES,
    SOURCES_MINIMISED,
)
from keyturn.run.basis import SourcesAsked, policy_kept, sources_kept
from keyturn_storage.journal import Journal


@dataclass(frozen=True, slots=True)
class Basis:
    """`files` are those there are, `policy` says in words where its text is."""

    files: dict[str, bytes]
    policy: str
    policy_there: bool
    sources: SourcesAsked | None


def basis_of(
    journal: Journal, run_id: str, policy_digest: str, names: Minimiser, before: str = ""
) -> Basis:
    """What was kept with the run, without the names of other people. `before` stands before the
    names of the files."""
    files: dict[str, bytes] = {}
    policy = policy_kept(journal, policy_digest)
    body = policy.body if policy is not None else None
    if body is not None:
        without = names.text(body)
        name = before + (POLICY if without == body else POLICY_MINIMISED)
        files[name] = without.encode("utf-8")
        words = _whole(name, before + POLICY)
    elif policy is not None:
        words = "The text was purged since; its digest stays."
    else:
        words = (
            "The digest alone was kept with this run, not the text: look for the version of "
            "keyturn.yaml whose SHA-256 this is (sha256sum keyturn.yaml)."
        )
    kept, asked = sources_kept(journal, run_id)
    if kept is not None and kept.body is not None:
        plain = json.loads(kept.body)
        bare = names.value(plain)
        same = bare == plain
        files[before + (SOURCES if same else SOURCES_MINIMISED)] = (
            kept.body if same else json.dumps(bare, indent=1, ensure_ascii=False) + "\n"
        ).encode("utf-8")
    return Basis(files, words, body is not None, asked)


def _whole(name: str, whole: str) -> str:
    if name == whole:
        return f"{name}, word for word; its SHA-256 is in the plan."
    return f"{name}, without the names of other people; the whole text stays in the journal."
