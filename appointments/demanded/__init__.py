"""Demand as it really was: facts of closed days, their corrections, and how to read them."""
