"""How a hall is called: whose voice, English too or not, or quietly; and a test call."""

import json
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from config.refusals import Refusal
from queues.showing import Voiced
from windows.models import Hall
from windows.telling import tell_boards


class NoRecordings(Refusal):
    code = "no_recordings"
    message = _("The hall has no recordings of its own yet. Record them first, then choose them.")
    field = "voice"


def recordings_of(hall: Hall) -> Path:
    """Where the hall's own sound file and its map are kept."""
    return Path(settings.MEDIA_ROOT) / "voice" / hall.code


def own_version(hall: Hall) -> str:
    """Which recording of its own the hall has; empty when it has none."""
    try:
        return f"{(recordings_of(hall) / 'voice.json').stat().st_mtime_ns:x}"
    except OSError:
        return ""


def voiced(hall: Hall) -> Voiced:
    """What the screen needs to know; a recording that is gone falls back to the usual one."""
    own = own_version(hall) if hall.voice == Hall.Voice.OWN else ""
    by = hall.voice if hall.voice != Hall.Voice.OWN or own else Hall.Voice.CLIPS
    return Voiced(by=str(by), english=hall.voice_english, quiet=hall.is_quiet, own=own)


@transaction.atomic
def choose_voice(*, hall: Hall, voice: str, voice_english: bool, is_quiet: bool) -> Hall:
    """The hall is called so from now on; its screens hear of it. Refuses: NoRecordings."""
    if voice == Hall.Voice.OWN and not own_version(hall):
        raise NoRecordings
    hall.voice, hall.voice_english, hall.is_quiet = voice, voice_english, is_quiet
    hall.save(update_fields=["voice", "voice_english", "is_quiet"])
    tell_boards(hall)
    return hall


def try_voice(*, hall: Hall, number: str, window: int, key: str) -> None:
    """The screens that listen now say a test call, once per key."""
    told = {"hall": hall.pk, "test": {"key": key, "number": number, "window": window}}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('dengta_board', %s)", [json.dumps(told)])
