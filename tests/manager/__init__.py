"""The manager: what it hands to screen and command line."""
