"""The screen: everything that imports textual, and nothing else does. It talks to the AccountManager alone."""
