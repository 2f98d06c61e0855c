"""Live streams only; see queues/live.py."""
