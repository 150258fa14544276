"""engage-accounts: a terminal account manager for parents' portal accounts at schools."""

__version__ = "0.1.0"
