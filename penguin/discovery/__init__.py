"""Finding attributes that messages and replies need beyond those there are (the paper's open point)."""
