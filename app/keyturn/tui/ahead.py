"""Imports ahead of the first card what cards are made from: it takes longer than to read one."""


def import_cards() -> None:
    """In a job's thread, after the first paint. May be called again."""
    import keyturn.tui.cards
    import keyturn.tui.screens.person
    import keyturn.tui.screens.vault  # noqa: F401 - to have them is all that is wanted
