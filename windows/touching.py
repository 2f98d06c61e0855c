"""Whether somebody has touched a session: what other tables refer to it.

The models themselves are asked, so that this module need not know who they are.
"""

from django.db.models import ManyToOneRel, Model
from django.utils.translation import gettext as _

from windows.models import HallSession, SessionWindow, Slot


def touched_of(sessions: list[HallSession]) -> dict[int, str]:
    """Those of the sessions that something refers to, and what in words."""
    ids = [session.pk for session in sessions]
    if not ids:
        return {}
    taken = Slot.objects.filter(session__in=ids).exclude(
        online_taken=0, assisted_taken=0, reserved_taken=0
    )
    booked = dict.fromkeys(taken.values_list("session_id", flat=True), _("Somebody has booked."))
    in_use = _("Something of it is in use already, such as a roster, a link or a draw.")
    found: dict[int, str] = {}
    for model, name in _referring(HallSession, besides=(Slot, SessionWindow)):
        rows = model._default_manager.filter(**{f"{name}__in": ids})
        found |= dict.fromkeys(rows.values_list(f"{name}_id", flat=True), in_use)
    for model, name in _referring(Slot):
        rows = model._default_manager.filter(**{f"{name}__session__in": ids})
        found |= dict.fromkeys(rows.values_list(f"{name}__session_id", flat=True), in_use)
    return found | booked


def _referring(
    to: type[Model], besides: tuple[type[Model], ...] = ()
) -> list[tuple[type[Model], str]]:
    """Each model with a key to that one, and the key's name."""
    found: list[tuple[type[Model], str]] = []
    for relation in to._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel) and relation.related_model not in besides:
            found.append((relation.related_model, relation.field.name))
    return found
