"""The one door: every verb of the screen and of the command line stands here."""
