"""A hall's day that is only played: what would happen, or what could have happened."""
