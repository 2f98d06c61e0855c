"""Pages of messages' words."""

from django.urls import path

from appointments.messaging import template_views

_words = "ops/messages/words/"
urls = [
    path(_words, template_views.ops_words, name="ops_words"),
    path(
        _words + "<slug:text>/<slug:channel>/<slug:language>/",
        template_views.ops_word,
        name="ops_word",
    ),
]
