"""What every full screen shares: keys that become actions, a line that is typed in at the bottom, menus and help.

A screen names its scope in the registry of actions and has a method `do_<name>` for each of them that is not here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.screen import Screen

from tui.errors import EngageError
from tui.ui.actions import ACTIONS, MOVES, SCOPES, State, of_scope
from tui.ui.drawing import BLANK, Line, Para, Span, fit_line, line_width
from tui.ui.editing import LineEdit
from tui.ui.keys import key_name
from tui.ui.widgets.keyboard import Keyboard, too_small
from tui.ui.widgets.lines import Ground, Lines

if TYPE_CHECKING:
    from tui.manager.manager import AccountManager
    from tui.ui.app import EngageApp
    from tui.ui.job import RunningJob


@dataclass
class Prompt:
    """A line that is being typed at the bottom. `left`: what esc does besides closing it; `complete`: what tab makes of
    what is typed."""

    label: str
    entered: Callable[[str], None]
    changed: Callable[[str], None] | None = None
    left: Callable[[], None] | None = None
    edit: LineEdit = field(default_factory=LineEdit)
    complete: Callable[[str], str] | None = None


class BaseScreen(Keyboard, Ground, Screen[None], inherit_bindings=False):
    """A full screen with keys, a message and a prompt at its bottom line."""

    SCOPE: ClassVar[str] = "accounts"
    NAME: ClassVar[str] = "accounts"  # as the help's title has it

    def __init__(self, manager: "AccountManager") -> None:
        super().__init__()
        self.manager = manager
        self.message = ""
        self.prompt: Prompt | None = None
        self._typed_ahead: list[events.Key] = []
        self._handles_key = False
        self._foot_is_due = False

    @property
    def engage(self) -> "EngageApp":
        return cast("EngageApp", self.app)

    @property
    def is_on_top(self) -> bool:
        """Whether no other full screen lies over this one; a panel may."""
        # Textual's own is_current also says so of what lies under a screen without a background of its own.
        return next((s for s in reversed(self.app.screen_stack) if isinstance(s, BaseScreen)), None) is self

    @property
    def is_small(self) -> bool:
        """Whether there is too little room to show anything."""
        return too_small(self.app.size)

    # -- what a screen adds ----------------------------------------------------------------------------------------

    def state(self) -> State:
        """What decides which actions can be used."""
        return State(read_only=self.manager.read_only)

    def move(self, action: str) -> bool:
        """Move the cursor (or scroll) by the name of an action; False when it is none."""
        return False

    def draw(self) -> None:
        """Draw everything but the body."""
        self.draw_foot()

    def draw_foot(self) -> None:
        """Draw the status and the bottom line; while a key is being handled, once at its end."""
        self._foot_is_due = self._handles_key
        if self._handles_key:
            return
        width = self.app.size.width
        self.foot.show([self.status_line(width), self.bottom_line(width)])

    def status_line(self, width: int) -> Line:
        """The line above the bottom one."""
        return ()

    def hints(self) -> Sequence[tuple[str, str]]:
        """The keys to name at the bottom, (action, word), the most wanted first."""
        return ()

    foot: Lines

    # -- the bottom line -------------------------------------------------------------------------------------------

    def bottom_line(self, width: int) -> Line:
        """What is typed, else what was said, else the running job, else the keys."""
        look = self.engage.look
        if self.prompt is not None:
            return self.prompt.edit.line(self.prompt.label, width, look)
        if self.message:
            return fit_line(((self.message, look.key),), width)
        job, keymap = self.engage.job, self.engage.keymap
        if job is not None and job.is_open:
            state = job.standing or "running"
            return fit_line(((keymap.first("jobs"), look.key), (f" job {state}: {job.bar}, {job.pace}", None)), width)
        spans: list[Span] = []
        for name, words in self.hints():
            hint: Line = ((keymap.first(name), look.key), (f" {words}   ", look.dim))
            if line_width((*spans, *hint)) <= width + 3:
                spans += hint
        return fit_line(tuple(spans), width)

    def say(self, message: str) -> None:
        """Say something at the bottom, until the next key."""
        if message != self.message:
            self.message = message
            self.draw_foot()

    def ask(self, prompt: Prompt) -> None:
        """Ask for a line at the bottom."""
        self.prompt = prompt
        self.draw_foot()

    # -- keys ------------------------------------------------------------------------------------------------------

    @property
    def is_unfinished(self) -> bool:
        """Whether what is shown is still being gathered: keys wait, so that none acts on a part of it."""
        return False

    def act_on_typed_ahead(self) -> None:
        """What is shown is complete: the keys that were pressed meanwhile come now, one after the other as ever."""
        keys, self._typed_ahead = self._typed_ahead, []
        for key in keys:
            self.post_message(events.Key(key.key, key.character))

    def forget_typed_ahead(self) -> None:
        """What the keys waited for will not come."""
        self._typed_ahead.clear()

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        self._handles_key = True
        try:
            self._keyed(event)
        finally:
            self._handles_key = False
            if self._foot_is_due:
                self.draw_foot()

    def _keyed(self, event: events.Key) -> None:
        if self.is_small:
            # What can't be seen is not acted on; leaving is.
            if self.engage.keymap.action(key_name(event.key, event.character), self.SCOPE) == "quit":
                self.act("quit")
            return
        try:
            if self.prompt is not None:
                self._typed(self.prompt, event)
                return
            if self.message:
                self.say("")
            action = self.engage.keymap.action(key_name(event.key, event.character), self.SCOPE)
            if action == "back":
                self.forget_typed_ahead()
            elif self.is_unfinished and (self._typed_ahead or action != "quit"):
                # All of them: after one that asks for a line, letters are letters.
                self._typed_ahead.append(event)
                return
            if action:
                if not self.move(action):
                    self.act(action)
            elif event.key == "ctrl+c":
                self.say(f"{self.engage.keymap.first('quit')} quits.")
        except EngageError as error:
            self.engage.show_error(error)

    def act(self, name: str) -> None:
        """Carry an action out, or say why it can't be."""
        action = ACTIONS[name]
        why_not = action.enabled(self.state())
        if why_not:
            self.say(f"{action.label}: {why_not}.")
        else:
            getattr(self, f"do_{name}")()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        if self.prompt is not None:
            self.prompt.edit.insert(event.text)
            self._changed(self.prompt)

    def _typed(self, prompt: Prompt, event: events.Key) -> None:
        if event.key == "escape":
            self.prompt = None
            if prompt.left is not None:
                prompt.left()
        elif event.key == "enter":
            self.prompt = None
            prompt.entered(prompt.edit.text.strip())
        elif event.key == "tab" and prompt.complete is not None:
            prompt.edit = LineEdit(prompt.complete(prompt.edit.text))
        elif prompt.edit.key(event.key, event.character):
            self._changed(prompt)
            return
        elif len(event.key) > 1 and self.move(self.engage.keymap.action(event.key, self.SCOPE)):
            return
        self.draw_foot()

    def _changed(self, prompt: Prompt) -> None:
        if prompt.changed is not None:
            prompt.changed(prompt.edit.text)
        self.draw_foot()

    # -- what every screen can do ----------------------------------------------------------------------------------

    def menu_title(self) -> str:
        """What the action menu is headed."""
        return "Actions"

    def do_menu(self) -> None:
        names = [action.name for action in self.engage.keymap.menu(self.SCOPE)]
        self._choose_action(self.menu_title(), names, search=False)

    def do_palette(self) -> None:
        groups = dict(SCOPES[self.SCOPE])
        moves = groups.pop("Move", ())
        # What is done comes before how one gets about.
        ordered = [*groups.pop("Actions", ()), *(action for group in groups.values() for action in group), *moves]
        names = [action.name for action in ordered if action.name != "palette"]
        self._choose_action("Every action", names, search=True)

    def _choose_action(self, title: str, names: Sequence[str], *, search: bool) -> None:
        from tui.ui.widgets.menu import Item, Menu

        state, keymap = self.state(), self.engage.keymap
        items = [
            Item(name, keymap.shown(name), ACTIONS[name].label, ACTIONS[name].help, ACTIONS[name].enabled(state))
            for name in names
        ]
        self.engage.open_panel(Menu(title, items, search=search), self._act_chosen)

    def _act_chosen(self, name: str | None) -> None:
        if name is None:
            return
        try:
            if not self.move(name):
                self.act(name)
        except EngageError as error:
            self.engage.show_error(error)

    def do_theme(self) -> None:
        from tui.ui.widgets.theme_menu import ThemeMenu

        self.engage.open_panel(ThemeMenu(self.engage.themes, self.engage.use_look), self._use_theme)

    def _use_theme(self, name: str | None) -> None:
        if name is not None:
            self.say(self.engage.themes.choose(name))

    def new_look(self) -> None:
        """The look is another one: draw anew."""
        self.draw()

    @property
    def detail_has_keys(self) -> bool:
        """Whether the keys that move scroll the detail."""
        return False

    def help_text(self) -> Sequence[Para]:
        """What the help says above the keys."""
        return ()

    def do_help(self) -> None:
        from tui.ui.widgets.panel import Panel

        look, keymap = self.engage.look, self.engage.keymap
        body: list[Para] = list(self.help_text())
        groups = dict(SCOPES[self.SCOPE])
        if self.detail_has_keys:
            # Help for what has the keys now: the rest follows.
            detail = (*MOVES, *(ACTIONS[name] for name in ("copy", "focus", "back") if name in of_scope(self.SCOPE)))
            groups = {"The detail, which has the keys now": detail, **groups}
        for title, actions in groups.items():
            body += [BLANK] if body else []
            body.append(Para(title, look.title))
            for action in actions:
                about = f"{action.label}{f': {action.help}' if action.help else ''}"
                body.append(Para(f"{about}", None, f"  {keymap.shown(action.name):<12}", look.key))
        body += [BLANK, Para("Keys are remapped by the action's name, under [ui.keys] in the config file:", look.dim)]
        body.append(Para(", ".join(of_scope(self.SCOPE)), look.dim, "  "))
        self.engage.open_panel(Panel[None](f"Help: {self.NAME}", body, tall=True))

    def job_ended(self, job: "RunningJob", watched: bool) -> None:
        """The running job has come to its end or a pause; `watched`: its progress was on the screen."""
        if not self.is_on_top:
            return
        if job.error is not None:
            self.engage.show_error(job.error)
        elif job.report is not None:
            self.say(f"Job {job.number} {job.standing}: {job.report.sentence}")

    def flushed(self, said: str) -> None:
        """Messages that had been put off were tried again."""
        if self.is_on_top:
            self.say(said)

    def do_causes(self) -> None:
        """Why accounts are ready to revoke, over all of them."""
        from tui.ui.screens.causes import CausesScreen

        self.engage.open_screen(CausesScreen(self.manager))

    def do_jobs(self) -> None:
        """The jobs: running, stopped and done."""
        from tui.ui.screens.jobs import JobsScreen

        self.engage.open_screen(JobsScreen(self.manager))

    def do_invitations(self) -> None:
        """The messages with a link, and what became of them."""
        from tui.ui.screens.invitations import InvitationsScreen

        self.engage.open_screen(InvitationsScreen(self.manager))

    def do_settings(self) -> None:
        """The settings, to be read and tested."""
        from tui.ui.screens.settings import SettingsScreen

        self.engage.open_screen(SettingsScreen(self.manager))

    def do_find(self) -> None:
        """Find a person who rings."""
        from tui.ui.screens.find import FindScreen

        self.engage.open_screen(FindScreen(self.manager))

    def do_audit(self) -> None:
        """Who did what to whom and when."""
        from tui.ui.screens.audit import AuditScreen

        self.engage.open_screen(AuditScreen(self.manager))

    def do_back(self) -> None:
        """Leave this screen for the one below it."""
        if self.is_current:
            self.dismiss()

    async def _quit(self) -> None:
        await self.engage.action_quit()

    def do_quit(self) -> None:
        self.call_later(self._quit)
