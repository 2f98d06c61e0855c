"""Sharing a number of people out, so that everybody is counted exactly once."""

from collections.abc import Sequence

HALF = 0.5


def shared(people: int, weights: Sequence[float], *, start: float = HALF) -> list[int]:
    """Whole numbers in proportion to the weights; they add up to `people`.

    `start` from 0 to 1 says where the first of few people falls: another one for each count
    spreads many counts of one person fairly. Without any weight all count the same.
    """
    if not weights:
        return []
    even = [max(one, 0.0) for one in weights]
    total = sum(even)
    if total <= 0:
        even, total = [1.0] * len(weights), float(len(weights))
    found, before, reached = [], 0, 0.0
    for one in even[:-1]:
        reached += one
        upto = min(people, int(people * reached / total + start))
        found.append(upto - before)
        before = upto
    return [*found, people - before]


def start_of(number: int) -> float:
    """Another start for each number, evenly between 0 and 1 (multiples of the golden ratio)."""
    return number * 0.6180339887498949 % 1.0
