"""Finding attributes that messages need beyond those there are (the paper's open point)."""
