"""What `keyturn init` asks about a source, as data that each connector gives.

The answers become the source's part of keyturn.yaml, and are validated by the settings model.
"""

from dataclasses import dataclass
from enum import StrEnum


class AnswerForm(StrEnum):
    """How an answer is written down. CREDENTIAL is never the credential itself: it is the name of
    an environment variable (`token_env`) or a program with its arguments (`token_command`).
    WORDS are separated by spaces, quoted as in a shell, and become a list."""

    TEXT = "text"
    ADDRESS = "address"
    WORDS = "words"
    CREDENTIAL = "credential"


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask.

    `key` is its place in the source's settings: "url", or "bridge.url" in the part `bridge`. For a
    CREDENTIAL it is "token" or "bridge.token"; the answer stands there as `token_env` or
    `token_command`. `words` is the question, `explains` one line on what it is good for or where to
    find it. `example` is shown; `default` is what an empty answer gives.

    An `optional` question without a default may be left empty: the key is left out, and where it
    was the first of a part, so is the rest of that part. `choices` are the only answers there are,
    each with words; none means any.
    """

    key: str
    words: str
    explains: str
    form: AnswerForm = AnswerForm.TEXT
    example: str = ""
    default: str = ""
    optional: bool = False
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def part(self) -> str:
        """The part of the settings that it belongs to; "" for the source itself."""
        return self.key.rpartition(".")[0]
