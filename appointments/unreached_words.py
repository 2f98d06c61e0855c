"""What a person is told whose phone or e-mail address does not work."""

from django.utils.translation import gettext as _

from appointments.messaging.contacts import Unreached


def not_reached(unreached: Unreached | None) -> list[str]:
    """One line for each way that does not work, with what helps; no more of a phone than its
    last two digits, for others may read along."""
    lines = []
    if unreached and unreached.ending:
        said = _(
            "Our messages do not reach the mobile number ending in %(ending)s. "
            "The guide in the hall can correct it."
        )
        lines.append(said % {"ending": unreached.ending})
    if unreached and unreached.email:
        lines.append(_("Our messages came back from your e-mail address. We send you SMS instead."))
    return lines
