"""Parsers of what a guide says about somebody in line."""

from typing import Any, Self

from django import forms
from django.utils.translation import gettext_lazy as _

from queues.models import Ticket
from queues.priority import SayWhatIsUrgent


class PriorityForm(forms.Form):
    """Who goes first, why; the usual order takes it back."""

    priority = forms.ChoiceField(label=_("Does this person go first?"), required=False)
    note = forms.CharField(
        label=_("Why, in a few words"),
        required=False,
        max_length=120,
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, **rest: Any) -> None:
        super().__init__(data, **rest)
        first, *reasons = Ticket.Priority.choices
        self.fields["priority"].choices = [  # type: ignore[attr-defined]
            *reasons,
            (first[0], _("Usual order")),
        ]

    @classmethod
    def of(cls, ticket: Ticket | None) -> Self:
        """As the ticket stands now."""
        if ticket is None:
            return cls()
        return cls(initial={"priority": ticket.priority, "note": ticket.priority_note})

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        if answers.get("priority") == Ticket.Priority.URGENT and not answers.get("note"):
            self.add_error("note", SayWhatIsUrgent.message)
        return answers
