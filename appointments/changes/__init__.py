"""Changing what is open: extend, cut, move, cancel a session, close a hall and open it again.

A preview and the change itself run the same engine (`engine.plan`): the preview shows the
plan, the change locks what the plan touches, plans again and writes it down. Who loses a
place is proposed another one (`matching`), is told when the change can no longer be taken
back, goes before others, and is never marked as missed for it. Pages and remedies import
from `asking`, `undoing`, `reopening`, `answering` and `recording`.
"""
