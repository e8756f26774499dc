"""Simulated users: people with hidden profiles who answer the agent's questions."""
