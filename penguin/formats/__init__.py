"""Loading and writing scenarios."""
