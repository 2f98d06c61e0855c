"""One answer for all who ask the same at the same moment."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from appointments.answering import Answers


class Counted:
    """Computes 1, 2, 3 ...; waits when told to."""

    def __init__(self, wait: Event | None = None) -> None:
        self.times, self.wait = 0, wait

    def __call__(self) -> int:
        self.times += 1
        number = self.times
        if self.wait:
            self.wait.wait(5)
        return number


def test_a_crowd_is_answered_by_one_computation():
    """Red when each asker computes: without the shared future `times` is 16."""
    answers: Answers[int] = Answers(seconds=5)
    gate, together = Event(), Barrier(16)
    compute = Counted(gate)

    def ask() -> int:
        together.wait(5)
        return answers.answer("city", compute)

    with ThreadPoolExecutor(16) as crowd:
        asked = [crowd.submit(ask) for _ in range(16)]
        time.sleep(0.1)
        gate.set()
        said = {one.result(5) for one in asked}

    assert (said, compute.times) == ({1}, 1)


def test_an_answer_is_as_old_as_its_computation_began(monkeypatch):
    """Red when the age counts from the end: a slow computation would be kept too long."""
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    answers: Answers[int] = Answers(seconds=0.5)

    def slow() -> int:
        clock[0] += 0.4
        return 1

    assert answers.answer("city", slow) == 1
    assert answers.kept("city") == 1
    clock[0] += 0.2
    assert answers.kept("city") is None
    assert answers.answer("city", lambda: 2) == 2


def test_a_failure_is_told_and_not_kept():
    answers: Answers[int] = Answers(seconds=5)

    with pytest.raises(ZeroDivisionError):
        answers.answer("city", lambda: 1 // 0)

    assert answers.kept("city") is None
    assert answers.answer("city", lambda: 3) == 3


def test_strangers_cannot_fill_the_memory():
    answers: Answers[int] = Answers(seconds=60, most=10)

    for n in range(1000):
        answers.answer(n, lambda n=n: n)

    assert len(answers._kept) == 10
    assert answers.kept(999) == 999


def test_nothing_is_kept_for_no_time():
    answers: Answers[int] = Answers(seconds=0)
    compute = Counted()

    assert [answers.answer("city", compute) for _ in range(3)] == [1, 2, 3]
