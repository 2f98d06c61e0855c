"""One valid row of what keeps booking fair, and what no command would do to it."""

from datetime import timedelta

from appointments.models import (
    Appeal,
    BookingGroup,
    Closure,
    Draw,
    DrawEntry,
    DrawPerson,
    MissedVisit,
    ReturningPlace,
    RoomPlace,
    Tally,
    UsedChallenge,
    VainSearch,
    WaitEntry,
    WaitingRoom,
    WaitOffer,
    WaitPerson,
)
from tests.conftest import DAY, NOON
from tests.integration.breaking import again, change

LATER = NOON + timedelta(minutes=30)


def rows_of_fairness(booking, session, matter) -> None:
    """Places that return, missed visits, list, draw, room, counts."""
    who = {"name_sealed": b"", "id_sealed": b"", "id_index": b"i", "born_on": DAY}
    phone = {"phone_sealed": b"", "phone_index": b"", "matter": matter, "minutes": 6}
    ReturningPlace.objects.create(
        slot=booking.slot,
        booking=booking,
        channel="online",
        minutes=6,
        left_at=NOON,
        returns_at=LATER,
    )
    missed = MissedVisit.objects.create(
        booking=booking, id_index=b"i", missed_at=NOON, counts_until=LATER, most=3, closed_days=9
    )
    Closure.objects.create(id_index=b"i", missed=missed, begins_at=NOON, ends_at=LATER)
    Appeal.objects.create(missed=missed, text_sealed=b"", made_at=NOON)
    entry = WaitEntry.objects.create(first_day=DAY, last_day=DAY, made_at=NOON, **phone)
    WaitPerson.objects.create(entry=entry, matter=matter, **who)
    WaitOffer.objects.create(entry=entry, group=booking.group, made_at=NOON, expires_at=LATER)
    draw = Draw.objects.create(
        session=session,
        registers_from=NOON,
        registers_until=LATER,
        hold_until=LATER,
        commitment="c",
        seed_sealed=b"",
        made_at=NOON,
    )
    registered = DrawEntry.objects.create(draw=draw, rank=1, made_at=NOON, **phone)
    DrawPerson.objects.create(entry=registered, draw=draw, **who)
    room = WaitingRoom.objects.create(releases_at=NOON, admits_per_minute=9)
    RoomPlace.objects.create(room=room, came_at=NOON, lot=1, number=1)
    UsedChallenge.objects.create(digest=b"d", expires_at=NOON)
    Tally.objects.create(name=b"n", stretch_start=NOON, ends_at=LATER)
    VainSearch.objects.create(matter=matter, first_day=DAY, last_day=DAY, asked_on=DAY)


def drawn(**changes):
    """Draws the first draw and then changes it, as nobody may."""

    def update():
        Draw.objects.update(drawn_at=LATER, seed="s", result={})
        Draw.objects.update(**changes)

    return update


MISSED = {
    "place_returns_after_it_was_left": change(ReturningPlace, left_at=LATER + timedelta(days=1)),
    "place_left_once": again(ReturningPlace),
    "place_has_minutes": change(ReturningPlace, minutes=0),
    "missed_once_per_booking": again(MissedVisit),
    "missed_excused_for_a_reason": change(MissedVisit, excused_at=LATER, excuse=""),
    "closure_ends": change(Closure, ends_at=NOON - timedelta(days=1)),
    "closure_one_at_a_time": again(Closure, ends_at=LATER + timedelta(days=1)),
    "appeal_once_per_missed": again(Appeal),
    "appeal_decided_by_somebody": change(Appeal, state="accepted"),
}
WAITING = {
    "wait_public_id_once": again(WaitEntry),
    "wait_days_in_order": change(WaitEntry, last_day=DAY - timedelta(days=1)),
    "wait_person_once_per_matter": again(WaitPerson),
    "wait_one_open_offer": lambda: again(
        WaitOffer, group=BookingGroup.objects.create(made_at=NOON)
    )(),
    "wait_offer_of_group_once": again(WaitOffer, ended_at=LATER),
}
DRAWS = {
    "draw_once_per_session": again(Draw),
    "draw_registration_ends": change(Draw, registers_until=NOON - timedelta(days=1)),
    "draw_revealed_when_drawn": change(Draw, seed="s"),
    "draw_is_final": drawn(result={"won": "me"}),
    "draw_entry_public_id_once": again(DrawEntry, rank=2),
    "draw_rank_once": again(DrawEntry, public_id="another"),
    "draw_person_once": again(DrawPerson),
}
ROOMS = {
    "room_once_per_release": again(WaitingRoom),
    "room_admits_somebody": change(WaitingRoom, admits_per_minute=0),
    "room_token_once": again(RoomPlace, number=2),
    "room_number_once": again(RoomPlace, token="another"),
}
COUNTS = {
    "challenge_used_once": again(UsedChallenge),
    "tally_once_per_stretch": again(Tally),
    "tally_counts": change(Tally, count=0),
    "vain_search_counted_once": again(VainSearch),
    "vain_search_days_in_order": change(VainSearch, last_day=DAY - timedelta(days=1)),
}
FAIR_CASES = [MISSED, WAITING, DRAWS, ROOMS, COUNTS]
