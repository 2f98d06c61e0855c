"""What a kind of session brings along, of the hall before the city's. C1 C2 C3"""

from datetime import time

import pytest

from tests.conftest import DAY, NOON
from tests.integration.windows.plans.conftest import MONDAY
from windows.kinds import SlotLength, WalkinTooLittle, kind_facts, set_default
from windows.models import KindDefault
from windows.planning import preview_session
from windows.sessions import open_session


class TestKinds:
    def test_the_hall_goes_before_the_city_and_the_latest_before_the_older(self, hall, renewal):
        city = {"kind": "night", "hall": None, "now": NOON}
        set_default(**city, effective_on=DAY, slot_minutes=20, audience_zh="上班族")
        set_default(**city, effective_on=MONDAY, slot_minutes=40)
        set_default(
            kind="night", hall=hall, effective_on=MONDAY, opens=time(19), closes=time(1),
            walkin_percent=60, matters=[renewal], now=NOON,
        )  # fmt: skip

        today = kind_facts("night", hall=hall, day=DAY)
        monday = kind_facts("night", hall=hall, day=MONDAY)

        assert (today.slot_minutes, today.audience_zh, today.opens) == (20, "上班族", time(18, 30))
        assert (monday.slot_minutes, monday.walkin_percent, monday.assisted_percent) == (30, 60, 10)
        assert (monday.opens, monday.ends_next_day) == (time(19), True)
        assert monday.matter_ids == (renewal.pk,)
        assert kind_facts("regular", hall=hall, day=DAY).walkin_percent == 30

    def test_a_session_opened_by_hand_has_the_kinds_slots(self, hall, windows, renewal):
        set_default(
            kind="night", hall=hall, effective_on=DAY, slot_minutes=60, walkin_percent=50,
            assisted_percent=0, audience_en="Late workers", matters=[renewal], now=NOON,
        )  # fmt: skip

        session = open_session(
            hall=hall, kind="night", day=DAY, opens=time(18, 30), closes=time(21), windows=windows,
            by=None, now=NOON,
        )  # fmt: skip

        assert (session.slot_minutes, session.audience_en) == (60, "Late workers")
        assert session.matter_ids == [renewal.pk]
        assert [(s.minutes, s.walkin_quota) for s in session.slots.order_by("starts_at")] == [
            (180, 90), (180, 90), (90, 45),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("said", "refusal"),
        [({"slot_minutes": 200}, SlotLength), ({"walkin_percent": 0}, WalkinTooLittle)],
    )
    def test_what_cannot_be_is_refused(self, hall, windows, said, refusal):
        with pytest.raises(refusal):
            set_default(kind="night", hall=hall, effective_on=DAY, now=NOON, **said)
        with pytest.raises(refusal):
            preview_session(
                hall=hall, kind="night", day=DAY, opens=time(18), closes=time(20), now=NOON, **said
            )
        assert not KindDefault.objects.exists()
