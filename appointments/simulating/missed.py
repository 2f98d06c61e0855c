"""Visits of invented people that were missed in the days that were told, and some appeals.

Written in bulk and without messages, as everything before today; the appeals and their
decisions are made with the commands that real people use.
"""

from datetime import datetime, timedelta
from random import Random

from appointments.appealing import appeal, decide
from appointments.models import Booking, Message, MissedVisit
from appointments.simulating.copying import copy_in, new_ids
from config import civil
from windows.models import Staff
from windows.rules import rules

# (reason, words) as people write them; the first are told of H01
SAID = [
    ("there", "我提前十分钟就到了，取号机前排着长队，等我取到号时说预约时间已过，就按现场号办了。"),
    ("ill", "那天孩子突然发烧，带他去了医院，忘了取消。"),
    ("transport", "地铁四号线停运，我在车上堵了一个多小时，赶到时已经下班。"),
    ("hall", "门口贴着设备检修的通知，保安让我改天再来。"),
    ("other", "单位临时派我出差，上车前没有信号，没能取消。"),
    ("ill", "老人摔了一跤，我陪她去急诊。"),
]
OPEN_IN_H01, DECIDED_IN_H01, ELSEWHERE = 4, 2, 5
LATELY = timedelta(days=6)
ANSWER = "当天取号机没有检修，窗口一直在叫号。下次来不了，请提前在短信链接里取消，谢谢。"


def tell_missed(now: datetime) -> None:
    """Every visit that nobody came to is noted; some of the latest are objected to."""
    absent = Booking.objects.filter(
        state=Booking.State.NO_SHOW, arrived_at=None, group__is_simulated=True, missed=None
    )
    names = ["missed_most", "missed_days", "missed_closed_days"]
    numbers = rules(names, hall=None, day=civil.city_date(now))
    counts = timedelta(days=numbers["missed_days"])
    ended = absent.filter(ended_at__isnull=False).order_by("pk")
    found = [(b.pk, b.id_index, b.ended_at or now) for b in ended.only("id_index", "ended_at")]
    copy_in(
        MissedVisit,
        [
            {
                "id": pk, "booking_id": booking, "id_index": index, "missed_at": ended_at,
                "counts_until": ended_at + counts, "most": numbers["missed_most"],
                "closed_days": numbers["missed_closed_days"],
            }
            for pk, (booking, index, ended_at) in zip(
                new_ids(MissedVisit, len(found)), found, strict=True
            )
        ],
    )  # fmt: skip
    _object([booking for booking, _index, _at in found], now)


def _object(bookings: list[int], now: datetime) -> None:
    """Some write; in H01 some are answered, and some wait for whoever tries the demo."""
    lately = Booking.objects.filter(pk__in=bookings, ended_at__gt=now - LATELY)
    latest = lately.select_related("hall", "group").order_by("-ended_at", "pk")
    here = list(latest.filter(hall__code="H01")[: OPEN_IN_H01 + DECIDED_IN_H01])
    luck = Random(str(now.date()))
    for n, booking in enumerate([*here, *latest.exclude(hall__code="H01")[:ELSEWHERE]]):
        _write(booking, n, luck, now)
    decided = min(DECIDED_IN_H01, len(here) // 2)
    _decide([one.pk for one in here[len(here) - decided :]], now)


def _write(booking: Booking, n: int, luck: Random, now: datetime) -> None:
    reason, text = SAID[n % len(SAID)]
    ended_at = booking.ended_at or now
    made_at = ended_at + (now - ended_at) * luck.uniform(0.1, 0.8)
    appeal(booking=booking, reason=reason, text=text, now=made_at)


def _decide(bookings: list[int], now: datetime) -> None:
    by = Staff.objects.filter(username="supervisor").first()
    if by is None:
        return
    visits = MissedVisit.objects.filter(booking__in=bookings).order_by("pk")
    for accept, visit in zip((True, False), visits, strict=False):
        written = visit.appeals.get()
        at = now - timedelta(minutes=20)
        decide(appeal=written, accept=accept, answer="" if accept else ANSWER, by=by, now=at)
    told = Message.objects.filter(kind=Message.Kind.ANSWERED, booking__in=bookings)
    told.update(state=Message.State.VOID)
