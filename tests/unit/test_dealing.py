"""The order of the suite. Mutants: all slow tests begin in the first block; the rest is not
made up to the size of a block."""

import pytest

from tests.dealing import dealt, sizes


def order(tests, workers):
    return dealt(
        tests,
        workers,
        is_slow=lambda name: name.startswith("slow"),
        is_browser=lambda name: "browser" in name,
    )


def blocks(tests, workers):
    rest = iter(order(tests, workers))
    return [[next(rest) for _ in range(size)] for size in sizes(len(tests), workers)]


SUITE = [
    *[f"test {n}" for n in range(20)],
    "slow race",
    *[f"browser {n}" for n in range(4)],
    "slow day",
    "slow browser",
]


def test_each_block_begins_with_something_slow():
    first, second, third = blocks(SUITE, 3)

    assert (first[0], second[0], third[0]) == ("slow browser", "slow race", "slow day")


def test_the_browsers_tests_stand_together():
    third = blocks(SUITE, 3)[2]

    assert third[1:5] == [f"browser {n}" for n in range(4)]


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_each_runs_once(workers):
    assert sorted(order(SUITE, workers)) == sorted(SUITE)


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("tests", [[], ["browser 1", "browser 2", "browser 3", "test"]])
def test_a_part_of_the_suite_runs_as_well(tests, workers):
    assert sorted(order(tests, workers)) == sorted(tests)


@pytest.mark.parametrize(("tests", "workers", "expected"), [(27, 3, [9, 9, 9]), (8, 3, [2, 3, 3])])
def test_blocks_are_as_long_as_they_are_given_out(tests, workers, expected):
    assert list(sizes(tests, workers)) == expected
