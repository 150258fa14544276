"""Keys typed ahead: on a slow line several arrive at once, before the screen that they are meant for is there."""

from textual import events
from textual.message_pump import MessagePump


class TypedAhead(MessagePump):
    """For screens: what reaches one that is covered or closed by now is handed to the one that is shown."""

    # Not where it would answer a question that nobody has read yet.
    takes_typed_ahead = True

    async def on_event(self, event: events.Event) -> None:
        shown: object = self.app.screen if self.app.screen_stack else None
        if not isinstance(event, events.Key | events.Paste) or shown is None or shown is self:
            await super().on_event(event)
        elif isinstance(shown, TypedAhead) and shown.takes_typed_ahead:
            shown.post_message(event)
