"""What the holder of a ticket can do with it from afar."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from queues import postponing
from queues.api.tickets import TicketOutput, own_ticket, told
from windows.api.describing import described
from windows.api.plumbing import Call, stranger


class Postpone(Call):
    @described(
        "ticket_postpone",
        "Hall",
        gives=TicketOutput,
        refuses=[
            postponing.AlreadyPostponed,
            postponing.NotWaiting,
            postponing.JustCalledToWindow,
            postponing.NobodyBehind,
        ],
        private=False,
    )
    def post(self, request: Request, public_id: str) -> Response:
        """“I need some more minutes”: back by the places of `step_back`, once per ticket.

        Nobody who is ahead is overtaken. For whoever has the id.
        """
        ticket = own_ticket(public_id)

        def run() -> dict[str, Any]:
            moved = postponing.postpone(ticket=ticket, now=self.now)
            return told(moved, self.now)

        return self.run_once(run, actor=stranger(public_id))
