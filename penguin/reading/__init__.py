"""Reading: what a person's words tell about them, and how an answer is meant, by rules offline."""

from .reader import canonical_value, read_facts

__all__ = ["canonical_value", "read_facts"]
