"""The calls about today's line; see `appointments/api/urls.py` for the whole."""

from django.urls import path

import windows.api.converters  # noqa: F401  registers them
from queues.api import calls, shifts
from queues.api.own_ticket import Postpone
from queues.api.tickets import HallBoard, HallTickets, OwnTicket, Ratings

urlpatterns = [
    path("halls/<code:code>/tickets/", HallTickets.as_view(), name="api_issue"),
    path("halls/<code:code>/board/", HallBoard.as_view(), name="api_board"),
    path("tickets/<code:public_id>/", OwnTicket.as_view(), name="api_ticket"),
    path("tickets/<code:public_id>/rating/", Ratings.as_view(), name="api_rating"),
    path("tickets/<code:public_id>/postpone/", Postpone.as_view(), name="api_postpone"),
    path("windows/<rowid:pk>/call-next/", calls.CallNext.as_view(), name="api_call_next"),
    path("windows/<rowid:pk>/sign-out/", shifts.SignOut.as_view(), name="api_sign_out"),
    path("windows/<rowid:pk>/pause/", shifts.Pause.as_view(), name="api_pause"),
    path("windows/<rowid:pk>/resume/", shifts.Resume.as_view(), name="api_resume"),
    path("windows/<rowid:pk>/hand-over/", shifts.HandOver.as_view(), name="api_hand_over"),
    path("tickets/<code:ticket_id>/call/", calls.Pick.as_view(), name="api_pick"),
    path("tickets/<code:ticket_id>/recall/", calls.Recall.as_view(), name="api_recall"),
    path("tickets/<code:ticket_id>/start/", calls.Start.as_view(), name="api_start"),
    path("tickets/<code:ticket_id>/finish/", calls.Finish.as_view(), name="api_finish"),
    path("tickets/<code:ticket_id>/no-show/", calls.NoShow.as_view(), name="api_no_show"),
    path("tickets/<code:ticket_id>/park/", calls.Park.as_view(), name="api_park"),
    path("tickets/<code:ticket_id>/transfer/", calls.Transfer.as_view(), name="api_transfer"),
    path("tickets/<code:ticket_id>/to-hall/", calls.ToHall.as_view(), name="api_to_hall"),
    path("tickets/<code:ticket_id>/new-number/", calls.NewNumber.as_view(), name="api_new_number"),
    path("tickets/<code:ticket_id>/return/", calls.GiveBack.as_view(), name="api_return"),
]
