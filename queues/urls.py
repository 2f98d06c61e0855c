"""Pages of today's line: the hall's screen and one's own ticket."""

from django.urls import path

from queues import board_views, views

app_name = "queues"

urlpatterns = [
    path("board/<slug:hall>/", board_views.board, name="board"),
    path("board/<slug:hall>/presence/", board_views.board_presence, name="board_presence"),
    path("board/<slug:hall>/sound/<str:name>", board_views.board_voice, name="board_voice"),
    path("t/<slug:public_id>/", views.ticket, name="ticket"),
    path("t/<slug:public_id>/rate/", views.rate, name="rate"),
    path("t/<slug:public_id>/postpone/", views.postpone, name="postpone"),
]
