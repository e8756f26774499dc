"""PENGUIN: attributes, situations, people, scenarios, simulated users and the judge."""
