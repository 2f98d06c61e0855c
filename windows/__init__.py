"""The supply: halls, windows, matters, staff, sessions, slots, rules."""
