"""Benchmarks of the parts of the agent, each a module to run with ``python -m``."""
