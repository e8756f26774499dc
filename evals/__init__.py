"""Evaluation: conditions, a runner that survives a kill, statistics and reports."""
