"""What the tenant says no with, whatever surface asked."""


class Refused(Exception):
    """A refusal. `status` is the HTTP status the server gave, None where the client itself refused.

    `text` is what 1Password says; `reason` the words of the status line.
    """

    def __init__(self, text: str, status: int | None = None, reason: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.status = status
        self.reason = reason


def forbidden() -> Refused:
    """The caller lacks the right."""
    return Refused("You aren't authorized to perform this action.", 403, "Forbidden")


def not_found() -> Refused:
    """No object with this id."""
    return Refused("The requested resource was not found.", 404, "Not Found")


def bad_request(text: str) -> Refused:
    """The object is not in a state that allows this, or a value is not acceptable."""
    return Refused(text, 400, "Bad Request")
