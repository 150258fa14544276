"""The least that Textual can show: one widget with one word. The baseline for the first frame."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class EmptyApp(App[None]):
    """An app with nothing in it."""

    def compose(self) -> ComposeResult:
        yield Static("Nothing")


if __name__ == "__main__":
    EmptyApp().run()
