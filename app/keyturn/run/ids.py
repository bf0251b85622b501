"""New ids for runs and operations. An operation's id travels to the target's audit log."""

import uuid


def new_id() -> str:
    """32 hex digits, unique for ever."""
    return uuid.uuid4().hex
