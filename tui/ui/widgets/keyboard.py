"""Which keys reach a screen: those that are meant for it, and only while it can be read."""

from textual import events
from textual.geometry import Size
from textual.message_pump import MessagePump

LEAST = (60, 15)  # columns and lines, below which nothing is shown but that it needs more


def too_small(size: Size) -> bool:
    """Whether the terminal has no room for the screen."""
    return size.width < LEAST[0] or size.height < LEAST[1]


class Keyboard(MessagePump):
    """For screens: on a slow line several keys arrive at once, before the screen that they are meant for is there.

    What reaches one that is covered or closed by now is handed to the one that is shown.
    """

    # Not where it would answer a question that nobody has read yet.
    takes_typed_ahead = True

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key | events.Paste):
            await super().on_event(event)
            return
        shown: object = self.app.screen if self.app.screen_stack else None
        if shown is None or shown is self:
            if self.heeds(event):
                await super().on_event(event)
        elif isinstance(shown, Keyboard) and shown.takes_typed_ahead:
            shown.post_message(event)

    def heeds(self, event: events.Key | events.Paste) -> bool:
        """Whether this key means something at the moment."""
        return True
