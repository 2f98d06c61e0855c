"""Where a sender can die, in order."""

POINTS = [
    "before the claim", "after the claim", "before the call", "after acceptance",
    "before the record", "after the record",
]  # fmt: skip
