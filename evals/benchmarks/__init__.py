"""Benchmarks with known answers: what a search finds of the best there is."""
