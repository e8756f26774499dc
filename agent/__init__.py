"""Ways to use the agent; for now the command line."""
