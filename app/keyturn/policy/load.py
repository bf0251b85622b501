"""Loads keyturn.yaml, and names everything that is wrong with it at once."""

import hashlib
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from keyturn.policy.as_rules import as_rules
from keyturn.policy.connectors import source_problems
from keyturn.policy.consistency import contradictions
from keyturn.policy.document import Document, Places, read_document
from keyturn.policy.loaded import LoadedPolicy, SourceConfig
from keyturn.policy.models import PolicyPart, SourcePart, without_nothing
from keyturn.policy.problems import Code, PolicyInvalid, Problem
from keyturn.policy.scan import scan
from keyturn.policy.validation import problems_of

MAX_BYTES = 4 * 1024 * 1024
# Whatever else is wrong with such a value follows from it.
_EXPLAINS_ALL = frozenset({Code.LITERAL_TOKEN, Code.ALIAS, Code.TOO_DEEP})
ModelT = TypeVar("ModelT", bound=BaseModel)


Connectors: TypeAlias = Mapping[str, type[BaseModel]]
"""The kinds of source that can be connected, each with the model of its own settings."""


def load_policy(path: FilePath, connectors: Connectors | None = None) -> LoadedPolicy:
    """The policy in the file `path`. Raises `PolicyInvalid` with every problem found.

    Reads the file and nothing else: no environment, no network, no other file. With `connectors`
    the sources' kinds and settings are checked too; whether the objects named exist is for
    `check_against`.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = f"This file cannot be read: {reason}. Name another with --config."
        raise PolicyInvalid(str(path), [Problem(0, 0, "", message, Code.UNREADABLE)]) from None
    return parse_policy(content, str(path), connectors)


def parse_policy(content: bytes, path: str, connectors: Connectors | None = None) -> LoadedPolicy:
    """As `load_policy`, for the bytes of a file that is called `path`."""
    document = read_document(_decoded(content, path))
    problems = [*document.problems, *scan(document), *contradictions(document)]
    if any(one.code in {Code.SYNTAX, Code.HOSTILE_TEXT} and not one.path for one in problems):
        raise PolicyInvalid(path, problems)
    if not isinstance(document.value, dict):
        message = "There is nothing here, or no mapping of keys to values."
        problems.append(Problem(1, 1, "", message, Code.EMPTY))
        raise PolicyInvalid(path, problems)
    policy = None
    known = {problem.path for problem in problems if problem.code in _EXPLAINS_ALL}
    if connectors is not None:
        of_sources = source_problems(document, connectors)
        problems += (problem for problem in of_sources if problem.path not in known)
    try:
        policy = PolicyPart.model_validate(document.value)
    except ValidationError as error:
        found = problems_of(error, PolicyPart, document.places)
        problems += (problem for problem in found if problem.path not in known)
    if policy is None or problems:
        raise PolicyInvalid(path, problems)
    digest = hashlib.sha256(content).hexdigest()
    return LoadedPolicy(
        path=path,
        rules=as_rules(policy, document.places, digest),
        directory=_source("directory", policy.directory, document),
        secrets=_source("secrets", policy.secrets, document),
        read_only=policy.mode == "read-only",
        digest=digest,
        organisation=policy.organisation or "",
        signing_key=policy.evidence.signing_key or "",
        places=document.places,
        retention_days=policy.retention.days,
        silence_ms=policy.limits.silence,
        text=content.decode("utf-8", "replace"),
    )


def validate_settings(config: SourceConfig, model: type[ModelT], loaded: LoadedPolicy) -> ModelT:
    """A source's own settings as its provider's model (`Provider.settings`).

    Raises `PolicyInvalid` with the place of every problem.
    """
    settings = without_nothing(model, dict(config.settings))
    problems: list[Problem] = []
    try:
        return model.model_validate(settings)
    except ValidationError as error:
        problems += problems_of(error, model, loaded.places, (config.path,))
    raise PolicyInvalid(loaded.path, problems)


def _decoded(content: bytes, path: str) -> str:
    if len(content) > MAX_BYTES:
        message = "This file is larger than 4 MB; a policy is not."
        raise PolicyInvalid(path, [Problem(0, 0, "", message, Code.TOO_LARGE)])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        message = f"This file is not UTF-8 text: byte {content[error.start]:#04x} stands here."
    raise PolicyInvalid(path, [Problem(line, column, "", message, Code.NOT_UTF8)])


def _source(path: str, part: SourcePart, document: Document) -> SourceConfig:
    return SourceConfig(
        kind=part.kind,
        name=part.name or part.kind,
        settings=dict(part.model_extra or {}),
        token_env=part.token_env,
        token_command=part.token_command or (),
        line=_section_line(document.places, path),
        path=path,
    )


def _section_line(places: Places, path: str) -> int:
    return places.key((path,)).line
