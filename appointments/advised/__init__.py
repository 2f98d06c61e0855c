"""What a night advises: which windows, which hours, and what the twin says of it."""
