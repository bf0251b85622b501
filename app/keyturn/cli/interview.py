"""Asks a person, or a script's own answers, for what keyturn.yaml needs. Never shows a credential.

In a terminal each question is asked until its answer can be used. Otherwise answers are those that
were given and the defaults, and everything that is missing or wrong is collected.
"""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import click

from keyturn.policy.answers import NotUsable, Value, credential_of, keys_of, value_of
from keyturn_providers.contract import Provider
from keyturn_providers.questions import AnswerForm, Question
from keyturn_providers.text import safe

LEAVES_OUT = "-"
T = TypeVar("T")


@dataclass(slots=True)
class Interview:
    """`given` are answers by key ("directory.url"); `used` those that had a question. `problems`
    is empty, or says why nothing can be written."""

    given: Mapping[str, str]
    interactive: bool
    say: Callable[[str], None]
    used: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def choose(
        self, key: str, words: str, choices: Sequence[tuple[str, str]], earlier: str = ""
    ) -> str:
        """One of `choices` (value, words); "" where there is no usable answer."""
        values = [value for value, _ in choices]
        known = ", ".join(values) or "none is installed"

        def judged(text: str) -> str:
            if text not in values:
                raise NotUsable(f"Use one of: {known}.")
            return text

        if self.interactive and key not in self.given:
            for value, title in choices:
                self.say(f"    {value:<14} {title}")
        default = earlier or (values[0] if len(values) == 1 else "")
        return self._answer((key,), words, judged, default=default, example=known) or ""

    def text(self, key: str, words: str, judged: Callable[[str], str], earlier: str = "") -> str:
        """A text that may be left out."""
        return self._answer((key,), words, judged, default=earlier, optional=True) or ""

    def source(
        self, section: str, provider: Provider, earlier: Mapping[str, Value]
    ) -> dict[str, Value]:
        """Everything the provider asks for; `earlier` answers are what Enter keeps."""
        answers: dict[str, Value] = {}
        left_out: set[str] = set()
        begun: set[str] = set()
        for question in provider.questions:
            if question.part and question.part in left_out:
                continue
            found = self._one(section, provider, question, earlier)
            if found is not None:
                answers[found[0]] = found[1]
            elif question.part and question.part not in begun:
                left_out.add(question.part)
            begun.add(question.part)
        return answers

    def go_on(self, words: str, *, default: bool) -> bool:
        """Yes or no, `default` for Enter; yes where nobody can be asked."""
        return not self.interactive or click.confirm(words, default=default, err=True)

    def _one(
        self, section: str, provider: Provider, question: Question, earlier: Mapping[str, Value]
    ) -> tuple[str, Value] | None:
        keys = tuple(f"{section}.{key}" for key in keys_of(question))
        before = next((earlier[key] for key in keys_of(question) if key in earlier), "")
        secret = question.form is AnswerForm.CREDENTIAL

        def judged(text: str) -> tuple[str, Value]:
            if secret:
                return credential_of(question, text)
            return question.key, value_of(provider.settings, question, text)

        if self.interactive and not any(key in self.given for key in keys):
            self.say("")
            self.say(f"    {question.explains}")
            for value, words in question.choices:
                self.say(f"      {value:<12} {words}")
        return self._answer(
            keys,
            question.words,
            judged,
            default=_as_typed(before) or question.default,
            example=question.example,
            optional=question.optional,
        )

    def _answer(
        self,
        keys: Sequence[str],
        words: str,
        judged: Callable[[str], T],
        *,
        default: str = "",
        example: str = "",
        optional: bool = False,
    ) -> T | None:
        key = next((one for one in keys if one in self.given), "")
        if key:
            self.used.add(key)
            return self._judge(key, self.given[key].strip(), judged, optional=optional)
        if not self.interactive:
            if default:
                return self._judge(keys[0], default, judged, optional=optional)
            if not optional:
                like = f", such as {example}" if example else ""
                self.problems.append(f"{' or '.join(keys)} is missing: {words}{like}.")
            return None
        return self._prompt(words, judged, default, example, optional=optional)

    def _judge(
        self, key: str, text: str, judged: Callable[[str], T], *, optional: bool
    ) -> T | None:
        if not text and optional:
            return None
        try:
            return judged(text)
        except NotUsable as problem:
            self.problems.append(f"{key}: {problem}")
            return None

    def _prompt(
        self, words: str, judged: Callable[[str], T], default: str, example: str, *, optional: bool
    ) -> T | None:
        shown = f" [{safe(default, 120)}]" if default else ""
        if not default and example:
            shown = f" (such as {example})"
        if optional:
            shown += f" ({LEAVES_OUT} leaves it out)" if default else " (Enter leaves it out)"
        while True:
            text = str(
                click.prompt(f"  {words}{shown}", default="", show_default=False, err=True)
            ).strip()
            if optional and (text == LEAVES_OUT or not (text or default)):
                return None
            if not (text or default):
                self.say("  ! An answer is needed here; ctrl+c ends without writing anything.")
                continue
            try:
                return judged(text or default)
            except NotUsable as problem:
                self.say(f"  ! {problem}")


def _as_typed(value: Value) -> str:
    return value if isinstance(value, str) else shlex.join(value)
