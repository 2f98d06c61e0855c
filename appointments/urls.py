"""Pages of promises; each area of the house has its list."""

from django.urls import path

from appointments import (
    alert_views,
    appeal_views,
    assist_look_views,
    assist_views,
    booking_views,
    calendar_urls,
    change_urls,
    chart_views,
    check_views,
    cut_off_views,
    desk_views,
    doubtful_views,
    draw_views,
    estimate_views,
    floor_person_views,
    floor_views,
    help_ask_views,
    help_views,
    here_views,
    inbox,
    kind_views,
    kiosk_views,
    leave_views,
    outreach_urls,
    own_change_views,
    own_message_views,
    own_views,
    pairing_views,
    places_views,
    plan_views,
    proof_views,
    rebalance_urls,
    remedy_views,
    report_views,
    room_views,
    roster_urls,
    series_views,
    supervise_city_views,
    supervise_load_views,
    supervise_open_views,
    supervise_overtime_views,
    supervise_session_views,
    supervise_views,
    views,
    voice_views,
    wait_views,
)
from appointments.messaging import ops_urls, push_views, template_urls

app_name = "appointments"

citizen = [
    path("", views.start, name="start"),
    path("book/", views.book_what, name="book_what"),
    path("book/phone/", proof_views.book_phone, name="book_phone"),
    path("book/check/<int:group>/", check_views.book_check, name="book_check"),
    path("book/<slug:matter>/", booking_views.book_bring, name="book_bring"),
    path("book/<slug:matter>/when/", booking_views.book_when, name="book_when"),
    path("book/<slug:matter>/who/<int:slot>/", booking_views.book_who, name="book_who"),
    path("room/<int:pk>/", room_views.room, name="room"),
    path("room/slot/<int:slot>/", room_views.room_of, name="room_of"),
    path("b/", views.find_booking, name="find_booking"),
    path("b/<slug:reference>/", own_views.booking, name="booking"),
    path("b/<slug:reference>/here/", here_views.booking_here, name="booking_here"),
    path("b/<slug:reference>/confirm/", own_views.booking_confirm, name="booking_confirm"),
    path("b/<slug:reference>/extend/", own_views.booking_extend, name="booking_extend"),
    path("b/<slug:reference>/undo/", own_change_views.booking_undo, name="booking_undo"),
    path("b/<slug:reference>/cancel/", own_change_views.booking_cancel, name="booking_cancel"),
    path("b/<slug:reference>/change/", own_change_views.booking_change, name="booking_change"),
    path(
        "b/<slug:reference>/messages/", own_message_views.booking_messages, name="booking_messages"
    ),
    path("m/<slug:token>/", leave_views.leave, name="leave"),
    path("b/<slug:reference>/appeal/", appeal_views.booking_appeal, name="booking_appeal"),
    path("b/<slug:reference>/calendar.ics", own_views.booking_calendar, name="booking_calendar"),
    path("draws/", draw_views.draws, name="draws"),
    path("draws/rule/", draw_views.draw_rule, name="draw_rule"),
    path("draws/<int:pk>/", draw_views.draw, name="draw"),
    path("draws/<int:pk>/result.json", draw_views.draw_result, name="draw_result"),
    path("draws/<int:pk>/register/", draw_views.draw_wish, name="draw_wish"),
    path("draws/<int:pk>/register/who/", draw_views.draw_who, name="draw_who"),
    path("draws/<int:pk>/register/check/", draw_views.draw_check, name="draw_check"),
    path("draws/entry/<slug:public_id>/", draw_views.draw_entry, name="draw_entry"),
    path("draws/entry/<slug:public_id>/withdraw/", draw_views.draw_leave, name="draw_leave"),
    path("w/join/", wait_views.wait_join, name="wait_join"),
    path("w/join/who/", wait_views.wait_who, name="wait_who"),
    path("w/join/check/", wait_views.wait_check, name="wait_check"),
    path("w/<slug:public_id>/", wait_views.wait_entry, name="wait_entry"),
    path("w/<slug:public_id>/take/", wait_views.wait_take, name="wait_take"),
    path("w/<slug:public_id>/pass/", wait_views.wait_pass, name="wait_pass"),
    path("w/<slug:public_id>/leave/", wait_views.wait_leave, name="wait_leave"),
    path("t/<slug:public_id>/alert/", alert_views.turn_alert, name="turn_alert"),
    path("t/<slug:public_id>/browser/", push_views.push_browser, name="push_browser"),
    path("t/<slug:public_id>/alert/code/", alert_views.turn_alert_code, name="turn_alert_code"),
    path("push-worker.js", push_views.push_worker, name="push_worker"),
    path("halls/", views.halls, name="halls"),
    path("halls/<slug:code>/", views.hall, name="hall"),
    path("guide/<slug:matter>/", views.guide_matter, name="guide_matter"),
]

demonstration = [
    path("demo/inbox/", inbox.inbox, name="inbox"),
]

_one = "floor/<slug:public_id>/"
in_hall = [
    path("here/<slug:hall>/", here_views.here, name="here"),
    path("here/<slug:hall>/check-in/", here_views.here_check_in, name="here_check_in"),
    path("here/<slug:hall>/walk-in/", here_views.here_walk_in, name="here_walk_in"),
    path("kiosk/<slug:hall>/", kiosk_views.kiosk, name="kiosk"),
    path("kiosk/<slug:hall>/check-in/", kiosk_views.kiosk_check_in, name="kiosk_check_in"),
    path("kiosk/<slug:hall>/walk-in/", kiosk_views.kiosk_walk_in, name="kiosk_walk_in"),
    path("kiosk/<slug:hall>/words/", kiosk_views.kiosk_words, name="kiosk_words"),
    path("kiosk/<slug:hall>/pair/", pairing_views.kiosk_pair, name="kiosk_pair"),
    path("kiosk/worker.js", cut_off_views.kiosk_worker, name="kiosk_worker"),
    path("kiosk/<slug:hall>/cut-off/", cut_off_views.kiosk_cut_off, name="kiosk_cut_off"),
    path("kiosk/<slug:hall>/<slug:public_id>/", kiosk_views.kiosk_given, name="kiosk_given"),
    path("board/<slug:hall>/pairing/", pairing_views.board_pairing, name="board_pairing"),
    path("board/<slug:hall>/pair/", pairing_views.board_pair, name="board_pair"),
    path("floor/", floor_views.floor, name="floor"),
    path("floor/give/", floor_views.floor_give, name="floor_give"),
    path("floor/check-in/", floor_views.floor_check_in, name="floor_check_in"),
    path("floor/line/", floor_views.floor_line, name="floor_line"),
    path(_one + "return/", floor_person_views.floor_give_back, name="floor_give_back"),
    path(_one + "again/", floor_person_views.floor_again, name="floor_again"),
    path(_one + "papers/", floor_person_views.floor_papers, name="floor_papers"),
    path(_one + "priority/", floor_person_views.floor_priority, name="floor_priority"),
    path("desk/", desk_views.desk, name="desk"),
    path("desk/line/", desk_views.desk_line, name="desk_line"),
    path("desk/do/<slug:action>/", desk_views.desk_do, name="desk_do"),
]

for_somebody = [
    path("floor/assist/", assist_views.assist, name="assist"),
    path("floor/assist/look/", assist_look_views.assist_look, name="assist_look"),
    path("floor/assist/<int:slot>/", assist_views.assist_who, name="assist_who"),
    path("floor/assist/slip/<int:group>/", assist_views.assist_slip, name="assist_slip"),
    path(
        "floor/assist/b/<slug:reference>/",
        assist_look_views.assist_booking,
        name="assist_booking",
    ),
]

_machine = "supervise/devices/<int:pk>/"
_number = "supervise/devices/numbers/"
machines = [
    path("supervise/devices/", pairing_views.supervise_devices, name="supervise_devices"),
    path(
        "supervise/devices/pair/",
        pairing_views.supervise_device_pair,
        name="supervise_device_pair",
    ),
    path(
        _machine + "change/",
        pairing_views.supervise_device_change,
        name="supervise_device_change",
    ),
    path(
        _machine + "revoke/",
        pairing_views.supervise_device_revoke,
        name="supervise_device_revoke",
    ),
    path(_number, doubtful_views.supervise_numbers, name="supervise_numbers"),
    path(
        _number + "<int:pk>/let-in/",
        doubtful_views.supervise_number_let_in,
        name="supervise_number_let_in",
    ),
    path(
        _number + "<int:pk>/aside/",
        doubtful_views.supervise_number_aside,
        name="supervise_number_aside",
    ),
]

_help = "supervise/help/<int:pk>/"
_session = "supervise/sessions/<int:pk>/"
supervising = [
    path("supervise/", supervise_views.supervise, name="supervise"),
    path("supervise/live/", supervise_views.supervise_live, name="supervise_live"),
    path(
        "supervise/remedies/<slug:remedy>/", remedy_views.supervise_remedy, name="supervise_remedy"
    ),
    path(
        "supervise/remedies/<int:pk>/undo/",
        remedy_views.supervise_remedy_undo,
        name="supervise_remedy_undo",
    ),
    path(
        "supervise/remedies/<int:pk>/call-off/",
        remedy_views.supervise_remedy_call_off,
        name="supervise_remedy_call_off",
    ),
    path("supervise/help/ask/", help_ask_views.supervise_help_ask, name="supervise_help_ask"),
    path(_help, help_views.supervise_help, name="supervise_help"),
    path(f"{_help}grant/", help_views.supervise_help_grant, name="supervise_help_grant"),
    path(f"{_help}refuse/", help_views.supervise_help_refuse, name="supervise_help_refuse"),
    path(f"{_help}withdraw/", help_views.supervise_help_withdraw, name="supervise_help_withdraw"),
    path("supervise/open/", supervise_open_views.supervise_open, name="supervise_open"),
    path(
        "supervise/open/preview/",
        supervise_open_views.supervise_preview,
        name="supervise_preview",
    ),
    path(
        "supervise/overtime/",
        supervise_overtime_views.supervise_overtime,
        name="supervise_overtime",
    ),
    path(_session, supervise_session_views.supervise_session, name="supervise_session"),
    path(
        f"{_session}undo/",
        supervise_session_views.supervise_session_undo,
        name="supervise_session_undo",
    ),
    path("supervise/plans/", plan_views.supervise_plans, name="supervise_plans"),
    path("supervise/plans/new/", plan_views.supervise_plan_new, name="supervise_plan_new"),
    path("supervise/plans/<int:pk>/", plan_views.supervise_plan, name="supervise_plan"),
    path("supervise/plans/<int:pk>/end/", plan_views.supervise_plan_end, name="supervise_plan_end"),
    path("supervise/kinds/", kind_views.supervise_kinds, name="supervise_kinds"),
    path("supervise/kinds/<slug:kind>/", kind_views.supervise_kind, name="supervise_kind"),
    path("supervise/series/", series_views.supervise_series, name="supervise_series"),
    path("supervise/copy/", series_views.supervise_copy, name="supervise_copy"),
    path(
        "supervise/series/<uuid:series>/",
        series_views.supervise_series_of,
        name="supervise_series_of",
    ),
    path(
        "supervise/series/<uuid:series>/undo/",
        series_views.supervise_series_undo,
        name="supervise_series_undo",
    ),
    path("supervise/places/", places_views.supervise_places, name="supervise_places"),
    path(
        "supervise/places/<uuid:batch>/",
        places_views.supervise_places_of,
        name="supervise_places_of",
    ),
    path(
        "supervise/places/<uuid:batch>/undo/",
        places_views.supervise_places_undo,
        name="supervise_places_undo",
    ),
    path("supervise/appeals/", appeal_views.supervise_appeals, name="supervise_appeals"),
    path("supervise/appeals/<int:pk>/", appeal_views.supervise_appeal, name="supervise_appeal"),
    path("supervise/report/", report_views.supervise_report, name="supervise_report"),
    path("supervise/load/", supervise_load_views.supervise_load, name="supervise_load"),
    path("supervise/load/break/", supervise_load_views.supervise_break, name="supervise_break"),
    path(
        "supervise/load/break/<int:pk>/drop/",
        supervise_load_views.supervise_break_drop,
        name="supervise_break_drop",
    ),
    path("supervise/voice/", voice_views.supervise_voice, name="supervise_voice"),
    path("supervise/voice/test/", voice_views.supervise_voice_test, name="supervise_voice_test"),
    path(
        "supervise/estimates/",
        estimate_views.supervise_estimates,
        name="supervise_estimates",
    ),
    path("supervise/city/", supervise_city_views.supervise_city, name="supervise_city"),
    path("supervise/charts/", chart_views.supervise_charts, name="supervise_charts"),
    *rebalance_urls.urls,
    *calendar_urls.urls,
    *change_urls.urls,
    *roster_urls.urls,
    *outreach_urls.urls,
    *ops_urls.urls,
    *template_urls.urls,
]

urlpatterns = [*citizen, *demonstration, *in_hall, *for_somebody, *machines, *supervising]
