"""The services' own fixtures."""

from tests.services.odd_school import make, odd

__all__ = ["make", "odd"]
