"""What to ask: planners, rewards, the policy store, retrieval and stopping rules."""
