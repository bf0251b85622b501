"""The least a Textual app can be: what the dashboard's start is measured against."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class EmptyApp(App[None]):
    """One line of text."""

    def compose(self) -> ComposeResult:
        """The line the benchmark waits for."""
        yield Static("first text")
