"""Where accounts live: the embedded register, a worklist for a person at another system's screen.

A service acts on one account at a time, idempotently, says what it can restore, and reads back what it did. The screen,
the jobs and the command line don't know which one is behind.
"""
