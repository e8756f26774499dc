"""Benchmarks: figures of speed and quality, each printed with the command that made it."""
