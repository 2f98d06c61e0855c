"""In which order tests run, so that several workers finish together.

`--dist worksteal` gives each worker one block of the order, and who has done theirs takes
from the end of another's. So each block begins with some of the longest tests, and what is
dealt out of the rest makes up for them. One block holds the browser's tests side by side:
they share one browser, and do not press upon each other.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def dealt(
    tests: list[T], workers: int, *, is_slow: Callable[[T], bool], is_browser: Callable[[T], bool]
) -> list[T]:
    """All the tests, block after block."""
    slow = sorted(filter(is_slow, tests), key=lambda test: not is_browser(test))
    begins = [slow[n::workers] for n in range(workers)]
    begins[-1] += [test for test in tests if is_browser(test) and not is_slow(test)]
    others = (test for test in tests if not is_slow(test) and not is_browser(test))
    order: list[T] = []
    for begin, size in zip(begins, sizes(len(tests), workers), strict=True):
        order += [*begin, *islice(others, max(0, size - len(begin)))]
    return [*order, *others]


def sizes(tests: int, workers: int) -> Iterator[int]:
    """How long pytest-xdist makes the blocks."""
    for left in range(workers, 0, -1):
        yield tests // left
        tests -= tests // left
