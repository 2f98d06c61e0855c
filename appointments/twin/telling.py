"""The twin's answers in a supervisor's words."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments.twin.outcome import Range, ShortEffect, TwinEffect
from appointments.twin.wanting import FORECAST, WEEKDAYS

EVEN = 0.5  # people or minutes that nobody notices


def why_not(effect: TwinEffect) -> str:
    """Why there is nothing to say; empty when there is."""
    if effect.why == "nothing_known":
        return _(
            "How the waits would change cannot be said: there is no forecast for that day, and"
            " no such day in the last four weeks to learn from."
        )
    if effect.why:
        return _(
            "How the waits would change is not worked out when a session goes to another day or"
            " hall."
        )
    return ""


def effect_words(effect: TwinEffect) -> list[str]:
    """What changes, a sentence each, with the range of eight in ten runs."""
    short = effect.in_short()
    return short_words(short) if short else []


def short_words(effect: ShortEffect) -> list[str]:
    """The same of what was kept of it."""
    return [*_wait_words(effect.before, effect.after), *_fewer_words(effect.fewer)]


def _wait_words(before: Range | None, after: Range | None) -> Iterator[str]:
    if after is None:
        yield _("Nobody would be served that day.")
        return
    facts = _range(after)
    if before is None:
        yield (
            _(
                "Nine in ten people would wait at most %(n)s minutes (eight in ten runs: %(low)s to"
                " %(high)s). Without it nobody is served that day."
            )
            % facts
        )
    elif abs(after.middle - before.middle) < EVEN:
        yield (
            _(
                "Nine in ten people would wait at most %(n)s minutes, as now (eight in ten runs:"
                " %(low)s to %(high)s)."
            )
            % facts
        )
    else:
        yield _(
            "Nine in ten people would wait at most %(n)s minutes instead of %(before)s (eight in"
            " ten runs: %(low)s to %(high)s)."
        ) % (facts | {"before": round(before.middle)})


def _fewer_words(fewer: Range) -> Iterator[str]:
    if abs(fewer.middle) < EVEN:
        yield _("As many people as now would be turned to another day.")
        return
    if fewer.middle > 0:
        said = ngettext(
            "%(n)s person fewer would be turned to another day (eight in ten runs: %(low)s to"
            " %(high)s).",
            "%(n)s people fewer would be turned to another day (eight in ten runs: %(low)s to"
            " %(high)s).",
            round(fewer.middle),
        )
        yield said % _range(fewer)
        return
    more = Range(-fewer.high, -fewer.middle, -fewer.low)
    said = ngettext(
        "%(n)s person more would be turned to another day (eight in ten runs: %(low)s to"
        " %(high)s).",
        "%(n)s people more would be turned to another day (eight in ten runs: %(low)s to"
        " %(high)s).",
        round(more.middle),
    )
    yield said % _range(more)


def _range(of: Range) -> dict[str, int]:
    """Whole numbers; the range never shuts its middle out."""
    middle = round(of.middle)
    return {"n": middle, "low": min(round(of.low), middle), "high": max(round(of.high), middle)}


def source_words(effect: TwinEffect | ShortEffect) -> str:
    """From where the day's demand is known, and how it was counted."""
    played = ngettext(
        "The day was played %(n)s time before and after.",
        "The day was played %(n)s times before and after.",
        effect.runs,
    ) % {"n": effect.runs}
    early = _("A wait counts from the number; for who comes before the booked time, from that.")
    return f"{_from_words(effect)} {played} {early}"


def _from_words(effect: TwinEffect | ShortEffect) -> str:
    if effect.source == FORECAST:
        return _("Reckoned from the forecast of that day.")
    if effect.source == WEEKDAYS:
        said = ngettext(
            "There is no forecast for that day: reckoned from %(n)s such weekday before.",
            "There is no forecast for that day: reckoned from %(n)s such weekdays before.",
            effect.days,
        )
    else:
        said = ngettext(
            "There is no forecast for that day: reckoned from %(n)s open day before.",
            "There is no forecast for that day: reckoned from %(n)s open days before.",
            effect.days,
        )
    return said % {"n": effect.days}


@dataclass(frozen=True)
class ShownEffect:
    """The effect as a page shows it; `why`: there is none."""

    said: list[str]
    source: str
    why: str


def shown_effect(effect: TwinEffect) -> ShownEffect:
    why = why_not(effect)
    return (
        ShownEffect([], "", why)
        if why
        else ShownEffect(effect_words(effect), source_words(effect), "")
    )
