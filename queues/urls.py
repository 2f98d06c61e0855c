"""Pages of today's line: the hall's screen and one's own ticket."""

from django.urls import path

from queues import views

app_name = "queues"

urlpatterns = [
    path("board/<slug:hall>/", views.board, name="board"),
    path("t/<slug:public_id>/", views.ticket, name="ticket"),
    path("t/<slug:public_id>/rate/", views.rate, name="rate"),
]
