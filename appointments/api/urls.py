"""API v1, whole: every call under /api/v1/, then the answer to all others."""

from django.urls import include, path, re_path

from appointments.api import bookings, closures, demand, draws, sessions, waitlist
from appointments.api.appeals import Appeals, Decide, OwnAppeal
from appointments.api.arrivals import CheckIn, OwnCheckIn
from appointments.api.assisted import AssistedBookings
from appointments.api.cut_off import NumberBlocks, TicketsGiven
from appointments.api.forecast import Forecast
from appointments.api.links import BookingLinks
from appointments.api.offers import Availability, Slots
from appointments.api.proofs import Proof, Proofs
from appointments.api.rooms import RoomPlaceNow, RoomPlaces
from windows.api.plumbing import Absent

urlpatterns = [
    path("", include("windows.api.urls")),
    path("", include("queues.api.urls")),
    path("availability/", Availability.as_view(), name="api_availability"),
    path("halls/<code:code>/slots/", Slots.as_view(), name="api_slots"),
    path("halls/<code:code>/check-in/", CheckIn.as_view(), name="api_check_in"),
    path("halls/<code:code>/number-blocks/", NumberBlocks.as_view(), name="api_number_blocks"),
    path("halls/<code:code>/tickets-given/", TicketsGiven.as_view(), name="api_tickets_given"),
    path("phone-proofs/", Proofs.as_view(), name="api_proofs"),
    path("phone-proofs/<uuid:proof_id>/", Proof.as_view(), name="api_proof"),
    path("rooms/<rowid:pk>/places/", RoomPlaces.as_view(), name="api_room_places"),
    path("rooms/places/<slug:token>/", RoomPlaceNow.as_view(), name="api_room_place"),
    path("assisted-bookings/", AssistedBookings.as_view(), name="api_assisted_bookings"),
    path("bookings/", bookings.Bookings.as_view(), name="api_bookings"),
    path("bookings/<code:reference>/", bookings.OwnBooking.as_view(), name="api_booking"),
    path("bookings/<code:reference>/check-in/", OwnCheckIn.as_view(), name="api_own_check_in"),
    path("bookings/<code:reference>/confirm/", bookings.Confirm.as_view(), name="api_confirm"),
    path("bookings/<code:reference>/extend/", bookings.Extend.as_view(), name="api_extend"),
    path("bookings/<code:reference>/undo/", bookings.Undo.as_view(), name="api_undo"),
    path("bookings/<code:reference>/cancel/", bookings.Cancel.as_view(), name="api_cancel"),
    path(
        "bookings/<code:reference>/reschedule/",
        bookings.Reschedule.as_view(),
        name="api_reschedule",
    ),
    path("bookings/<code:reference>/appeal/", OwnAppeal.as_view(), name="api_own_appeal"),
    path("booking-links/", BookingLinks.as_view(), name="api_booking_links"),
    path("appeals/", Appeals.as_view(), name="api_appeals"),
    path("appeals/<rowid:pk>/decide/", Decide.as_view(), name="api_decide"),
    path("waitlist/", waitlist.Waitlist.as_view(), name="api_waitlist"),
    path("waitlist/<code:public_id>/", waitlist.OwnEntry.as_view(), name="api_wait_entry"),
    path("waitlist/<code:public_id>/take/", waitlist.Take.as_view(), name="api_wait_take"),
    path("waitlist/<code:public_id>/pass/", waitlist.Pass.as_view(), name="api_wait_pass"),
    path("waitlist/<code:public_id>/leave/", waitlist.Leave.as_view(), name="api_wait_leave"),
    path("draws/", draws.Draws.as_view(), name="api_draws"),
    path("draws/<rowid:pk>/", draws.OneDraw.as_view(), name="api_draw"),
    path("draws/<rowid:pk>/entries/", draws.Entries.as_view(), name="api_draw_entries"),
    path("draws/entries/<slug:public_id>/", draws.OwnEntry.as_view(), name="api_draw_entry"),
    path(
        "draws/entries/<slug:public_id>/withdraw/",
        draws.Withdraw.as_view(),
        name="api_draw_withdraw",
    ),
    path("sessions/preview/", sessions.Preview.as_view(), name="api_session_preview"),
    path("sessions/", sessions.Sessions.as_view(), name="api_sessions"),
    path("sessions/<rowid:pk>/", sessions.Session.as_view(), name="api_session"),
    path("sessions/<rowid:pk>/undo/", sessions.Undo.as_view(), name="api_session_undo"),
    path(
        "sessions/<rowid:pk>/change-preview/",
        sessions.ChangePreview.as_view(),
        name="api_change_preview",
    ),
    path("sessions/<rowid:pk>/cancel/", sessions.Cancel.as_view(), name="api_session_cancel"),
    path("changes/<rowid:pk>/undo/", closures.ChangeUndo.as_view(), name="api_change_undo"),
    path("closures/", closures.Closures.as_view(), name="api_closures"),
    path("closures/preview/", closures.ClosurePreview.as_view(), name="api_closure_preview"),
    path("closures/<rowid:pk>/", closures.Closure.as_view(), name="api_closure"),
    path("closures/<rowid:pk>/undo/", closures.ClosureUndo.as_view(), name="api_closure_undo"),
    path("closures/<rowid:pk>/reopen/", closures.Reopen.as_view(), name="api_closure_reopen"),
    path("demand/", demand.Demand.as_view(), name="api_demand"),
    path("forecast/", Forecast.as_view(), name="api_forecast"),
    path("quota-moves/", demand.QuotaMoves.as_view(), name="api_quota_moves"),
    path("quota-moves/<rowid:pk>/undo/", demand.UndoMove.as_view(), name="api_undo_move"),
    re_path(r"", Absent.as_view(), name="api_absent"),
]
