"""What must hold in every dialogue, whoever talks and whatever fails: random dialogues, checked."""
