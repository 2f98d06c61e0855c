"""A session's own links: what they keep, and how it falls to everyone. C29"""

from datetime import timedelta

import pytest
from django.db.models import F, Sum

from appointments.booking import hold
from appointments.returning import return_due
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import NOON, PHONE, a_person, make_session, slot_at
from windows.links import (
    DrawnNotKept,
    LinkOver,
    NothingToKeep,
    ShareKeptAlready,
    ShareNeedsEnd,
    ShareNotPossible,
    came_by,
    live_links,
    make_link,
    release_due,
    revoke_link,
)
from windows.models import SessionLink, Slot
from windows.sessions import SessionOver

SOON = NOON + timedelta(hours=1)


@pytest.fixture
def session(hall, windows):
    """From 13:00: everything of it still comes."""
    from datetime import time

    return make_session(hall, windows, opens=time(13), closes=time(17), online=40)


def link_for(session, percent=0, releases_at=None, now=NOON, name="南海电器厂"):
    return make_link(
        session=session, name_zh=name, percent=percent, releases_at=releases_at, by=None, now=now
    )


def kept(session):
    sums = session.slots.aggregate(
        kept=Sum("reserved_quota"), taken=Sum("reserved_taken"), online=Sum("online_quota")
    )
    return sums["kept"], sums["taken"], sums["online"]


def test_a_share_is_kept_of_what_is_unsold(session, renewal):
    session.slots.filter(pk=slot_at(session, 14).pk).update(online_taken=30)

    link = link_for(session, percent=50, releases_at=SOON)

    assert {s.reserved_quota for s in session.slots.exclude(pk=slot_at(session, 14).pk)} == {20}
    full = slot_at(session, 14)
    assert (full.online_quota, full.online_taken, full.reserved_quota) == (30, 30, 10)
    assert all(
        s.minutes == s.online_quota + s.assisted_quota + s.reserved_quota + s.walkin_quota
        for s in session.slots.all()
    )
    assert live_links(now=NOON)[link.token].reserves


def test_a_link_without_a_share_keeps_nothing(session):
    link = link_for(session)

    assert kept(session)[0] == 0
    assert came_by(link.token, now=NOON) == (link.pk, session.pk, False)


@pytest.mark.parametrize(
    ("percent", "releases", "refusal"),
    [
        (101, SOON, ShareNotPossible),
        (-1, SOON, ShareNotPossible),
        (30, None, ShareNeedsEnd),
        (30, NOON, ShareNeedsEnd),
        (30, NOON + timedelta(hours=2), ShareNeedsEnd),
    ],
)
def test_what_is_asked_must_make_sense(session, percent, releases, refusal):
    with pytest.raises(refusal):
        link_for(session, percent=percent, releases_at=releases)

    assert not SessionLink.objects.exists()


def test_one_share_at_a_time(session):
    first = link_for(session, percent=30, releases_at=SOON)
    with pytest.raises(ShareKeptAlready):
        link_for(session, percent=30, releases_at=SOON)
    assert link_for(session).pk
    assert kept(session)[0] == 12 * 8

    revoke_link(link=first, now=NOON)

    assert link_for(session, percent=10, releases_at=SOON).pk
    assert kept(session) == (4 * 8, 0, 36 * 8)


def test_nothing_unsold_keeps_nothing_and_makes_no_link(session):
    session.slots.update(online_taken=F("online_quota"))

    with pytest.raises(NothingToKeep):
        link_for(session, percent=30, releases_at=SOON)

    assert not SessionLink.objects.exists()


def test_a_session_by_draw_keeps_nothing(session):
    session.release = "draw"
    session.save(update_fields=["release"])

    with pytest.raises(DrawnNotKept):
        link_for(session, percent=30, releases_at=SOON)
    assert link_for(session).pk


def test_a_session_that_is_over_has_no_new_link(session):
    with pytest.raises(SessionOver):
        link_for(session, now=session.ends_at)


def test_on_its_day_the_share_falls_to_everyone_once(session, renewal):
    link = link_for(session, percent=50, releases_at=SOON)
    by_link = came_by(link.token, now=NOON)
    hold(slot_id=slot_at(session, 14).pk, matter=renewal, people=[a_person(1)], phone=PHONE,
         now=NOON, link=by_link)  # fmt: skip

    assert release_due(now=SOON - timedelta(seconds=1)) == 0
    assert release_due(now=SOON) == 8
    assert release_due(now=SOON) == 0

    assert kept(session) == (6, 6, 320 - 6)
    assert came_by(link.token, now=NOON) == (link.pk, session.pk, False)
    nothing_is_broken()


def test_what_comes_back_to_a_released_share_is_for_everyone(session, renewal):
    from appointments.cancelling import cancel
    from appointments.confirming import confirm, find

    link = link_for(session, percent=50, releases_at=SOON)
    held = hold(slot_id=slot_at(session, 16).pk, matter=renewal, people=[a_person(1)],
                phone=PHONE, now=NOON, link=came_by(link.token, now=NOON)).bookings[0]  # fmt: skip
    booking = find(held.reference, held.secret)
    confirm(booking=booking, now=NOON)
    release_due(now=SOON)
    cancel(booking=booking, now=SOON)
    return_due(now=SOON + timedelta(hours=1))
    assert kept(session) == (6, 0, 320 - 6)

    assert release_due(now=SOON + timedelta(hours=1)) == 1

    assert kept(session) == (0, 0, 320)
    assert Slot.objects.get(pk=slot_at(session, 16).pk).online_taken == 0


def test_a_cancelled_session_keeps_nothing(session):
    link_for(session, percent=50, releases_at=SOON)
    session.state = "cancelled"
    session.save(update_fields=["state"])

    assert release_due(now=NOON) == 8


def test_nobody_comes_by_a_link_that_was_taken_back(session):
    link = link_for(session, percent=50, releases_at=SOON)

    revoke_link(link=link, now=NOON)
    first = SessionLink.objects.get(pk=link.pk)
    revoke_link(link=link, now=SOON)

    assert SessionLink.objects.get(pk=link.pk).revoked_at == first.revoked_at == NOON
    assert kept(session) == (0, 0, 320)
    assert live_links(now=NOON) == {}
    for token in (link.token, "x" * 16, "\x00"):
        with pytest.raises(LinkOver):
            came_by(token, now=NOON)
    assert came_by("", now=NOON) is None
