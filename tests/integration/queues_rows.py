"""One valid row of what a day's line keeps, and what no command would do to it."""

from datetime import timedelta

from appointments.models import TurnAlert
from queues.models import (
    Call,
    DoubtfulNumber,
    NumberBlock,
    NumberCounter,
    Paper,
    Prediction,
    Rating,
    Ticket,
    TicketEvent,
    WaitFit,
)
from tests.conftest import DAY, NOON
from tests.integration.breaking import again, change
from windows.models import DeviceToken, Window

LATER = NOON + timedelta(minutes=30)


def rows_of_queues(hall) -> None:
    """The calling test has a ticket that was called, and the hall a device."""
    ticket, device = Ticket.objects.order_by("pk").first(), DeviceToken.objects.get()
    Rating.objects.create(ticket=ticket, level=5, made_at=NOON)
    NumberBlock.objects.create(
        hall=hall, service_day=DAY, prefix="A", device=device, first=900, last=909,
        public_ids=[], made_at=NOON,
    )  # fmt: skip
    DoubtfulNumber.objects.create(
        hall=hall, device=device, told="{}", digest=b"d", why="malformed", told_at=NOON
    )
    Paper.objects.create(ticket=ticket, device=device, wanted_at=NOON, useless_after=LATER)
    Prediction.objects.create(ticket=ticket, made_at=NOON, half=3, most=9)
    WaitFit.objects.create(hall=hall, learned_on=DAY, tickets=100)
    TurnAlert.objects.create(
        ticket=ticket, phone_sealed=b"", phone_index=b"", place=3, made_at=NOON
    )


NEW = {"public_id": "another", "number": 99}
TICKETS = {
    "ticket_number_once": again(Ticket, state="waiting", window=None, public_id="another"),
    "window_serves_one": lambda: again(
        Ticket, **NEW, state="called", window=Window.objects.get(number=3)
    )(),
    "ticket_called_has_window": again(Ticket, **NEW, state="called", window=None),
    "ticket_public_id_once": again(Ticket, number=99, state="waiting", window=None),
    "ticket_moves_legally": change(Ticket, {"state": "waiting"}, state="finished"),
    "ticket_event_append_only": change(TicketEvent, kind="x"),
    "ticket_number_of_its_block": again(
        Ticket, public_id="another", number=905, state="waiting", window=None
    ),
    "ticket_goes_on_once": lambda: [
        again(
            Ticket,
            public_id=f"on-{n}",
            number=n,
            state="waiting",
            window=None,
            came_from=Ticket.objects.order_by("pk").first(),
        )()
        for n in (98, 99)
    ],
    "ticket_called_once_per_round": again(Call),
}
NUMBERS = {
    "number_counter_once": again(NumberCounter),
    "number_block_in_range": change(NumberBlock, first=899),
    "number_blocks_apart": again(NumberBlock, first=909, last=919),
    "doubtful_number_once": again(DoubtfulNumber),
    "doubtful_number_decided_by_somebody": change(DoubtfulNumber, decided_at=LATER),
    "paper_once_per_copy": again(Paper),
}
WAITS = {
    "prediction_once_per_ticket": again(Prediction),
    "prediction_in_order": change(Prediction, half=10),
    "wait_fit_once_a_day": again(WaitFit),
    "wait_fit_positive": change(WaitFit, most_factor=0),
    "turn_alert_once_per_ticket": again(TurnAlert),
    "turn_alert_place_sensible": change(TurnAlert, place=0),
}
RATINGS = {
    "rating_once_per_ticket": again(Rating),
    "rating_level_one_to_five": change(Rating, level=6),
}
QUEUES_CASES = [TICKETS, NUMBERS, WAITS, RATINGS]
