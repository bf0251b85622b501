"""Imports ahead of the first key what keys need: it takes longer than what they then do."""


def import_for_keys() -> None:
    """Cards and the filter language. In a job's thread, after the first paint. May be called
    again."""
    import keyturn.tui.cards
    import keyturn.tui.filtering
    import keyturn.tui.hand
    import keyturn.tui.screens.person
    import keyturn.tui.screens.vault  # noqa: F401 - to have them is all that is wanted
