"""What opening a session would do, in a supervisor's words. Nothing is written here."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from appointments import saying
from appointments.demanding import Waiting, waiting_for
from windows.events import events_on
from windows.models import DemandEvent, HallSession, Matter
from windows.planning import SessionPreview


@dataclass(frozen=True)
class MatterPlaces:
    """Places for one matter if all came for it, by channel."""

    name: str
    online: int
    assisted: int
    walk_in: int


@dataclass(frozen=True)
class Busy:
    """A window that another session has, and that session's key."""

    text: str
    session: int


@dataclass(frozen=True)
class Opening:
    """The preview with what it means for people and for the staff."""

    plan: SessionPreview
    day: str
    hours: str
    matters: list[MatterPlaces]
    waiting: Waiting
    calendar: list[str]
    busy: list[Busy]
    release: str

    @property
    def staff(self) -> int:
        """One clerk for each window."""
        return len(self.plan.windows)

    @property
    def online_after(self) -> int:
        """Online minutes of the day with the session."""
        return self.waiting.online_quota + self.plan.minutes_of("online")

    @property
    def overtime_hours(self) -> float:
        """Work beside the usual hours: all of it, unless the session is a regular one of a
        working day."""
        usual = self.plan.kind == HallSession.Kind.REGULAR and self.plan.day.is_workday
        return 0 if usual else self.plan.staff_hours

    @property
    def reached(self) -> bool:
        """Whether the new online minutes cover those who searched in vain."""
        return self.plan.minutes_of("online") >= self.waiting.unmet_minutes


def opening(plan: SessionPreview) -> Opening:
    """The effects of the session that is planned."""
    return Opening(
        plan=plan,
        day=saying.long_day(plan.service_day),
        hours=saying.hours(plan.starts_at, plan.ends_at),
        matters=matter_places(plan),
        waiting=waiting_for(hall=plan.hall, day=plan.service_day),
        calendar=_calendar(plan),
        busy=[_busy(one.number, one.session) for one in plan.busy],
        release=release_words(plan),
    )


def release_words(plan: SessionPreview) -> str:
    """How and when people get the places."""
    facts = {"when": saying.when(plan.booking_opens_at)}
    if plan.registers_until:
        facts["until"] = saying.when(plan.registers_until)
        return (
            _(
                "By draw: people register from now until %(until)s, then it is drawn. Who wins has "
                "until %(when)s to confirm; what is left opens to everyone then."
            )
            % facts
        )
    if plan.release == HallSession.Release.ROOM:
        return (
            _(
                "The places open on %(when)s, behind a waiting room: who comes early is shuffled, "
                "who comes later stands behind."
            )
            % facts
        )
    if plan.opens_later:
        return _("The places open on %(when)s: who comes first has them.") % facts
    return _("People can book it at once.")


def matter_places(plan: SessionPreview) -> list[MatterPlaces]:
    """Places of each matter that the chosen windows serve."""
    ids = [window.pk for window in plan.windows]
    served = Matter.objects.filter(is_offered=True, windows__in=ids).distinct()
    return [
        MatterPlaces(
            name=matter.name,
            online=plan.places(matter.minutes),
            assisted=sum(slot.assisted // matter.minutes for slot in plan.slots),
            walk_in=sum(slot.walkin // matter.minutes for slot in plan.slots),
        )
        for matter in served.order_by("position", "pk")
    ]


def _busy(number: int, session: HallSession) -> Busy:
    facts = {
        "number": number,
        "day": saying.short_day(session.service_day),
        "hours": saying.hours(session.starts_at, session.ends_at),
    }
    text = _("Window %(number)s is in the session of %(day)s, %(hours)s.") % facts
    return Busy(text, session.pk)


def event_words(event: DemandEvent) -> str:
    """What is on, until when, and how many more people are reckoned with for what."""
    first, last = saying.short_day(event.first_day), saying.short_day(event.last_day)
    days = first if first == last else _("%(first)s to %(last)s") % {"first": first, "last": last}
    facts = {"name": event.name, "days": days, "n": abs(event.uplift_percent)}
    if event.uplift_percent > 0:
        said = _("%(name)s (%(days)s): about %(n)s%% more people than usual.") % facts
    elif event.uplift_percent < 0:
        said = _("%(name)s (%(days)s): about %(n)s%% fewer people than usual.") % facts
    else:
        said = _("%(name)s (%(days)s): about as many people as usual.") % facts
    if event.audience:
        said += " " + _("It is about: %(who)s.") % {"who": event.audience}
    return said


def _calendar(plan: SessionPreview) -> list[str]:
    """What the calendar says of the day, and what else is worth a second look."""
    day, said = plan.day, []
    if day.name and not day.is_workday:
        said.append(_("Holiday: %(name)s.") % {"name": day.name})
    elif day.name:
        said.append(_("A working day in place of a holiday."))
    elif not day.is_workday:
        said.append(_("A day off for most people."))
    if not day.confirmed:
        said.append(_("The holidays of that year are not announced yet."))
    said += [event_words(one) for one in events_on(hall=plan.hall, day=plan.service_day)]
    if plan.kind == HallSession.Kind.STUDENT:
        said.append(_("Students come without a booking: all places are for walk-ins."))
    return said
