"""Pages on which administrators see to messages."""

from django.urls import path

from appointments.messaging import ops_views

urls = [
    path("ops/messages/", ops_views.ops_messages, name="ops_messages"),
    path("ops/messages/live/", ops_views.ops_messages_live, name="ops_messages_live"),
    path("ops/messages/<int:number>/", ops_views.ops_message, name="ops_message"),
]
