"""Memory with consent: what is kept of a person, asked for, shown, put right and erased."""
