"""Files that somebody looks through before taking them in; forgotten after a day."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from windows.models import ImportDraft

KEPT = timedelta(days=1)


def old_drafts(*, now: datetime) -> QuerySet[ImportDraft]:
    """Files that need not be kept, taken in or not."""
    return ImportDraft.objects.filter(made_at__lt=now - KEPT)
