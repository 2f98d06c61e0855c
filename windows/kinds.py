"""What a session of a kind is like unless somebody says otherwise.

The hall's latest defaults effective by the day, else the city's, else those in `USUAL`; what
they leave open, the rules of the hall fill. `KindBook` answers for many halls and days from
three queries.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from config import civil
from config.refusals import Refusal, refusing
from windows.models import Hall, HallSession, KindDefault, Matter
from windows.rules import RuleBook

Kind = HallSession.Kind
NUMBERS = [
    "walkin_percent",
    "assisted_percent",
    "walkin_min_percent",
    "session_max_hours",
    "slot_minutes",
    "release_hour",
]


class SlotLength(Refusal):
    code = "slot_length"
    message = _("A time lasts 10 to 120 minutes.")
    field = "slot_minutes"


class SharesTooMuch(Refusal):
    code = "shares_too_much"
    message = _("Walk-in and assisted shares are together at most 100 percent. Lower one of them.")
    field = "assisted_percent"


class WalkinTooLittle(Refusal):
    code = "walkin_too_little"
    message = _("At least %(least)s%% of each time is kept for who comes without a booking.")
    field = "walkin_percent"


class DefaultInPast(Refusal):
    code = "default_in_past"
    message = _("Defaults change from today on at the earliest.")
    field = "effective_on"


class DefaultTwice(Refusal):
    code = "default_twice"
    message = _("The defaults of this kind have just been changed for that day. Look again.")
    field = "effective_on"


class HoursHalf(Refusal):
    code = "hours_half"
    message = _("Give both hours, different ones, or leave both empty.")
    field = "closes"


@dataclass(frozen=True)
class KindFacts:
    """Everything that a session of the kind has when nothing else is said."""

    opens: time
    closes: time
    slot_minutes: int
    walkin_percent: int
    assisted_percent: int
    release: str = HallSession.Release.PLAIN
    release_days: int | None = None
    audience_zh: str = ""
    audience_en: str = ""
    matter_ids: tuple[int, ...] = ()

    @property
    def ends_next_day(self) -> bool:
        return self.closes <= self.opens


# What no page has said yet: hours as halls have them; None is for the rules to fill.
USUAL: dict[str, dict[str, Any]] = {
    Kind.REGULAR: {"opens": time(9), "closes": time(17)},
    Kind.LUNCH: {"opens": time(12), "closes": time(14)},
    Kind.LATE: {"opens": time(17), "closes": time(19)},
    Kind.NIGHT: {"opens": time(18, 30), "closes": time(21, 30)},
    Kind.WEEKEND: {"opens": time(9), "closes": time(16)},
    Kind.STUDENT: {
        "opens": time(9),
        "closes": time(16),
        "walkin_percent": 100,
        "assisted_percent": 0,
        "audience_zh": "在校学生",
        "audience_en": "Students",
    },
    Kind.OUTREACH: {"opens": time(9), "closes": time(12)},
}


class KindBook:
    """Defaults and rules of some halls, read once."""

    def __init__(self, halls: Iterable[int]) -> None:
        ids = [*halls]
        rows = KindDefault.objects.filter(hall__in=ids) | KindDefault.objects.filter(hall=None)
        self.defaults: dict[tuple[str, int | None], list[KindDefault]] = {}
        for row in rows.prefetch_related("matters").order_by("-effective_on"):
            self.defaults.setdefault((row.kind, row.hall_id), []).append(row)
        self.numbers = RuleBook(NUMBERS, ids)

    def rule(self, name: str, hall: int, day: date) -> int:
        """As windows.rules.rule."""
        return self.numbers.number(name, hall, day)

    def default(self, kind: str, hall: int, day: date) -> KindDefault | None:
        """The row in force: the hall's own, else the city's."""
        for place in (hall, None):
            for row in self.defaults.get((kind, place), []):
                if row.effective_on <= day:
                    return row
        return None

    def facts(self, kind: str, hall: int, day: date) -> KindFacts:
        """What a session of the kind is like in the hall on that day."""
        usual = USUAL.get(kind, USUAL[Kind.REGULAR])
        row = self.default(kind, hall, day)

        def said(name: str) -> Any:
            of_row = getattr(row, name) if row else None
            if of_row is not None and of_row != "":
                return of_row
            if name in usual:
                return usual[name]
            return self.rule(name, hall, day) if name in NUMBERS else ""

        facts = KindFacts(
            opens=said("opens"),
            closes=said("closes"),
            slot_minutes=said("slot_minutes"),
            walkin_percent=said("walkin_percent"),
            assisted_percent=said("assisted_percent"),
            audience_zh=said("audience_zh"),
            audience_en=said("audience_en"),
        )
        if row is None:
            return facts
        return replace(
            facts,
            release=row.release,
            release_days=row.release_days,
            matter_ids=tuple(sorted(matter.pk for matter in row.matters.all())),
        )

    def opens_at(self, day: date, hall: int, release_days: int | None, now: datetime) -> datetime:
        """When places of a session on that day can be booked: `release_days` before it in
        the morning, else at once."""
        if release_days is None:
            return now
        hour = self.rule("release_hour", hall, day)
        return max(now, civil.city_instant(day - timedelta(days=release_days), time(hour)))


def kind_facts(kind: str, *, hall: Hall | int, day: date) -> KindFacts:
    """What a session of the kind is like in the hall on that day, from three queries."""
    pk = hall.pk if isinstance(hall, Hall) else hall
    return KindBook([pk]).facts(kind, pk, day)


def check_shape(
    *, slot_minutes: int, walkin_percent: int, assisted_percent: int, least: int
) -> None:
    """Refuses: SlotLength, SharesTooMuch, WalkinTooLittle."""
    if not 10 <= slot_minutes <= 120:
        raise SlotLength
    if walkin_percent < least:
        raise WalkinTooLittle(least=least)
    if walkin_percent > 100:
        raise SharesTooMuch(field="walkin_percent")
    if not 0 <= assisted_percent <= 100 - walkin_percent:
        raise SharesTooMuch


@transaction.atomic
def set_default(
    *,
    kind: str,
    hall: Hall | None,
    effective_on: date,
    matters: Iterable[Matter] = (),
    now: datetime,
    **said: Any,
) -> KindDefault:
    """From that day on, sessions of the kind are like that in the hall, or in the city.

    Entered again for the same day, it takes the place of what was entered before. Sessions
    that are there stay as they are. Refuses: DefaultInPast, HoursHalf, SlotLength,
    SharesTooMuch, WalkinTooLittle, DefaultTwice.
    """
    if effective_on < civil.city_date(now):
        raise DefaultInPast
    opens, closes = said.get("opens"), said.get("closes")
    if (opens is None) != (closes is None) or (opens is not None and opens == closes):
        raise HoursHalf
    _check_said(hall, kind, effective_on, said)
    with refusing(
        {
            "kind_default_once_a_day_in_hall": DefaultTwice,
            "kind_default_once_a_day_in_city": DefaultTwice,
        }
    ):
        row, _made = KindDefault.objects.update_or_create(
            kind=kind, hall=hall, effective_on=effective_on, defaults=said
        )
    row.matters.set(matters)
    return row


def _check_said(hall: Hall | None, kind: str, day: date, said: dict[str, Any]) -> None:
    """The shares that would hold, with what was left open filled in."""
    pk = hall.pk if hall else 0
    book = KindBook([pk])
    usual = USUAL[kind]

    def filled(name: str) -> int:
        value = said.get(name)
        return value if value is not None else usual.get(name, book.rule(name, pk, day))

    check_shape(
        slot_minutes=filled("slot_minutes"),
        walkin_percent=filled("walkin_percent"),
        assisted_percent=filled("assisted_percent"),
        least=book.rule("walkin_min_percent", pk, day),
    )
