"""What an error leaves behind for others to read."""

import traceback


def whole_text(error: BaseException) -> str:
    """Everything that a careless log or crash report could print of an error."""
    parts = ["".join(traceback.format_exception(error))]
    waiting: list[BaseException | None] = [error]
    while waiting:
        this = waiting.pop()
        if this is not None:
            parts += [str(this), repr(this), repr(vars(this)), repr(this.args)]
            waiting += [this.__cause__, this.__context__]
    return "\n".join(parts)
