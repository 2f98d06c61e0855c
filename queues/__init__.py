"""Today's line: who waits, who is called, how it went."""
