"""Judges: three dimensions from 1 to 5, or why there is no score."""
