"""A whole day of one hall, played faster than the clock, on real processes."""
