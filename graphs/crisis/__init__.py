"""Help for people in acute danger: rules that see it, sourced help lines, the reply."""
