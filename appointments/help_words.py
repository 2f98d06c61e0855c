"""Help asked of a neighbour and by one, in sentences."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments import saying
from windows.helping import hours_of
from windows.models import HelpRequest

State = HelpRequest.State


@dataclass(frozen=True)
class HelpShown:
    """A request as one of the two halls sees it."""

    request: HelpRequest
    is_ours: bool  # we asked; otherwise we are asked

    @property
    def hall(self) -> str:
        """The other hall."""
        return (self.request.of_hall if self.is_ours else self.request.hall).name

    @property
    def is_open(self) -> bool:
        return self.request.state == State.ASKED

    @property
    def kind(self) -> str:
        kinds: dict[str, str] = {State.GRANTED: "ok", State.REFUSED: "bad"}
        return kinds.get(self.request.state, "") if self.is_ours else ""

    @property
    def when(self) -> str:
        day = saying.short_day(self.request.session.service_day)
        return f"{day}, {saying.hours(*hours_of(self.request))}"

    @property
    def names(self) -> str:
        return ", ".join(str(one) for one in self.request.lent.all())

    @property
    def words(self) -> str:
        """Who asks whom for how many people and when, and what came of it."""
        if self.is_ours:
            said = ngettext(
                "You asked %(hall)s for %(n)s person: %(when)s.",
                "You asked %(hall)s for %(n)s people: %(when)s.",
                self.request.people,
            )
        else:
            said = ngettext(
                "%(hall)s asks you for %(n)s person: %(when)s.",
                "%(hall)s asks you for %(n)s people: %(when)s.",
                self.request.people,
            )
        asked = said % {"hall": self.hall, "n": self.request.people, "when": self.when}
        return f"{asked} {self.outcome}".strip()

    @property
    def outcome(self) -> str:
        """What came of it so far."""
        state = self.request.state
        if state == State.GRANTED:
            said = _("They send %(names)s.") if self.is_ours else _("You send %(names)s.")
            return said % {"names": self.names}
        if state == State.REFUSED:
            said = _("They cannot: “%(why)s”") if self.is_ours else _("You refused: “%(why)s”")
            return said % {"why": self.request.answer}
        if state == State.WITHDRAWN:
            return _("It was taken back.")
        return _("There is no answer yet.") if self.is_ours else ""
