"""What a played day comes to, and how far a change moves it."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from appointments.twin.day import Floats, Ints
from appointments.twin.playing import Played


@dataclass(frozen=True)
class Range:
    """The middle of the runs, and what eight of ten keep within."""

    low: float
    middle: float
    high: float

    @classmethod
    def read(cls, told: dict[str, float] | None) -> "Range | None":
        """As it was stored."""
        return None if told is None else cls(**told)

    @classmethod
    def of(cls, values: Floats) -> "Range | None":
        known = values[np.isfinite(values)]
        if not len(known):
            return None
        return cls(*(float(one) for one in np.quantile(known, (0.1, 0.5, 0.9))))


@dataclass(frozen=True)
class Outcome:
    """What a day comes to; minutes and people. No wait: nobody is served."""

    half: Range | None
    most: Range | None  # that nine in ten wait at most
    unmet: Range
    served: Range
    idle: Range
    overtime: Range


@dataclass(frozen=True)
class TwinEffect:
    """The day before and after; `fewer`: people turned to another day less than before.

    `why` says, when there is nothing to say, why: `nothing_known` (neither a forecast nor
    days before), `elsewhere` (the change leads to another day or hall).
    """

    why: str = ""
    before: Outcome | None = None
    after: Outcome | None = None
    fewer: Range | None = None
    source: str = ""
    days: int = 0
    runs: int = 0

    def in_short(self) -> "ShortEffect | None":
        """What is worth keeping of it; None: there is nothing to say."""
        if self.before is None or self.after is None or self.fewer is None:
            return None
        return ShortEffect(
            self.fewer, self.before.most, self.after.most, self.source, self.days, self.runs
        )


@dataclass(frozen=True)
class ShortEffect:
    """People turned to another day less than before, and the minutes that nine in ten wait at
    most before and after; None: nobody is served."""

    fewer: Range
    before: Range | None
    after: Range | None
    source: str
    days: int
    runs: int

    @property
    def minutes_less(self) -> float:
        """That nine in ten wait at most."""
        return self.before.middle - self.after.middle if self.before and self.after else 0.0

    def as_stored(self) -> dict[str, Any]:
        """For a JSON field; to a tenth."""

        def rounded(told: Any) -> Any:
            return (
                {name: round(value, 1) for name, value in told.items()}
                if isinstance(told, dict)
                else told
            )

        return {name: rounded(told) for name, told in asdict(self).items()}

    @classmethod
    def read(cls, told: dict[str, Any]) -> "ShortEffect":
        """As it was stored."""
        fewer = Range.read(told["fewer"]) or Range(0, 0, 0)
        ranges = {name: Range.read(told[name]) for name in ("before", "after")}
        facts = {name: told[name] for name in ("source", "days", "runs")}
        return cls(fewer, ranges["before"], ranges["after"], **facts)


def outcome_of(played: Played, turned: int = 0) -> Outcome:
    """The runs in figures; `turned` lost their place to the change itself."""
    return Outcome(
        half=Range.of(played.wait(0.5)),
        most=Range.of(played.wait(0.9)),
        unmet=always(played.unmet + turned),
        served=always(played.served),
        idle=always(played.idle),
        overtime=always(played.overtime),
    )


def always(values: Floats | Ints) -> Range:
    found = Range.of(np.asarray(values, dtype=float))
    assert found is not None  # noqa: S101  there is at least one run
    return found
