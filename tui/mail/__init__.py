"""Messages to parents and how they leave: a message is composed here, a transport carries it away.

Who may be written to is decided in `tui.domain`; what becomes of a message is recorded in the register by the
job that sends it. This room knows neither. Links and tokens pass through it and are never shown in a repr, an
error or a log.
"""
