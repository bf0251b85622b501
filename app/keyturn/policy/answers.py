"""What a person answers about a source, judged before it is written into keyturn.yaml. Pure.

Answers are kept by their key in the settings ("url", "bridge.token_env"). No message repeats an
answer that may be a credential.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from pydantic import BaseModel, ValidationError

from keyturn.policy.document import Places
from keyturn.policy.problems import did_you_mean
from keyturn.policy.tokens import holds_token, is_variable_name
from keyturn.policy.validation import problems_of
from keyturn_providers.questions import AnswerForm, Question
from keyturn_providers.text import is_hostile

Value: TypeAlias = str | tuple[str, ...]
Answers: TypeAlias = Mapping[str, Value]

_NOT_ITSELF = (
    "This looks like a token or a password, and is not shown again. keyturn asks only where it"
    " comes from: the name of an environment variable, or a command. If it was one, replace it at"
    " its source: it may stand in this terminal's history."
)
_PRINTS_ITS_ARGUMENTS = frozenset({"echo", "printf", "print"})
_LONG = 20


class NotUsable(ValueError):
    """An answer that cannot be used; the text is a sentence, fit to be shown."""


def credential_of(question: Question, text: str) -> tuple[str, Value]:
    """The key and value that a CREDENTIAL is written as: `token_env` or `token_command`."""
    words = words_of(text)
    if len(words) == 1 and is_variable_name(words[0]):
        return f"{question.key}_env", words[0]
    if is_hostile(text):
        raise NotUsable("This holds a control or bidirectional character. Type it without.")
    if any(map(_may_be_a_credential, words)):
        raise NotUsable(_NOT_ITSELF)
    program = words[0].rpartition("/")[2]
    if program in _PRINTS_ITS_ARGUMENTS:
        raise NotUsable(
            f"{program} only prints what stands beside it, so the token would stand in the file."
            " Name a command that fetches it."
        )
    if len(words) == 1 and "/" not in words[0]:
        raise NotUsable(
            "This is not the name of an environment variable, and a command of one word has to be"
            " given with its path, such as /usr/local/bin/scim-token."
        )
    return f"{question.key}_command", words


def words_of(text: str) -> tuple[str, ...]:
    """The words of a command line, by the shell's rules of quoting; nothing is expanded."""
    problem = ""
    words: list[str] = []
    try:
        words = shlex.split(text)
    except ValueError:
        problem = "A quote is opened and not closed."
    if problem or not words:
        raise NotUsable(problem or "There is nothing here.")
    return tuple(words)


def value_of(model: type[BaseModel], question: Question, text: str) -> Value:
    """What an answer that is no credential is written as. Raises `NotUsable` for what may not stand
    in the file and for what the source's own settings do not take."""
    if is_hostile(text):
        raise NotUsable("This holds a control or bidirectional character. Type it without.")
    if holds_token(text):
        raise NotUsable(_NOT_ITSELF)
    choices = [value for value, _words in question.choices]
    if choices and text not in choices:
        hint = did_you_mean(text, choices) or f" Use one of: {', '.join(choices)}."
        raise NotUsable(f"That is not possible here.{hint}")
    value = words_of(text) if question.form is AnswerForm.WORDS else text
    for problem in settings_problems(model, {question.key: value}, only=question.key):
        raise NotUsable(problem)
    return value


def settings_problems(model: type[BaseModel], answers: Answers, *, only: str = "") -> Iterator[str]:
    """What the source's settings do not take, a sentence each with its key; with `only` what is
    wrong with that one answer, whatever is still missing beside it."""
    try:
        model.model_validate(nested(answers))
    except ValidationError as error:
        for problem in problems_of(error, model, Places()):
            if not only:
                yield f"{problem.path}: {problem.message}" if problem.path else problem.message
            elif problem.path == only or problem.path.startswith((f"{only}.", f"{only}[")):
                yield problem.message


def nested(answers: Answers) -> dict[str, object]:
    """The answers as the settings model takes them, without the source's own credential, which is
    not part of its settings."""
    made: dict[str, object] = {}
    for key, value in answers.items():
        part, _, name = key.rpartition(".")
        if part:
            inside = made.setdefault(part, {})
            if isinstance(inside, dict):
                inside[name] = value
        elif name not in {"token_env", "token_command"}:
            made[name] = value
    return made


def keys_of(question: Question) -> Sequence[str]:
    """The keys under which an answer to the question may be given."""
    if question.form is AnswerForm.CREDENTIAL:
        return (f"{question.key}_env", f"{question.key}_command")
    return (question.key,)


def _may_be_a_credential(word: str) -> bool:
    if holds_token(word):
        return True
    mixed = any(c.isdigit() for c in word) and any(c.isupper() for c in word)
    # An address of a secret (op://vault/item) and the id of one (lower case) are not secret.
    plain = all(c.isalnum() or c in "_-+=" for c in word)
    return len(word) >= _LONG and mixed and plain
