"""The simulated city: its places and people, its last weeks, its living day."""
