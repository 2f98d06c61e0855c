"""What staff type when they book for somebody. Forms parse; the rules are in the commands."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from appointments.assist_places import Search
from appointments.forms import WhoForm, clean_name
from appointments.hall_forms import ArrivalForm
from appointments.saying import people_words
from windows.models import Hall, Matter

ANYWHERE = "any"


class SearchForm(forms.Form):
    """For what, for how many, where."""

    matter = forms.ModelChoiceField(
        label=_("What does the person come for?"),
        queryset=Matter.objects.filter(is_offered=True).order_by("position", "pk"),
        to_field_name="code",
        empty_label=None,
        error_messages={
            "required": _("Choose what the person comes for."),
            "invalid_choice": _("Choose what the person comes for."),
        },
    )
    people = forms.TypedChoiceField(label=_("How many people?"), coerce=int)
    hall = forms.ChoiceField(label=_("Where?"))
    also = forms.ModelMultipleChoiceField(
        label=_("Anything else in the same visit?"),
        queryset=Matter.objects.filter(is_offered=True).order_by("position", "pk"),
        to_field_name="code",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    more_time = forms.BooleanField(
        label=_("Somebody needs more time at the window"), required=False
    )
    day = forms.DateField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, asked: QueryDict, *, halls: QuerySet[Hall], most: int, chain_most: int
    ) -> None:
        super().__init__(self._filled(asked) if "matter" in asked else None, initial=asked.dict())
        self.chain_most = chain_most
        self.halls = {hall.code: hall for hall in halls}
        self.fields["hall"].choices = [  # type: ignore[attr-defined]
            (ANYWHERE, _("Wherever it is soonest")),
            *[(code, hall.name) for code, hall in self.halls.items()],
        ]
        self.fields["people"].choices = [(n, people_words(n)) for n in range(1, most + 1)]  # type: ignore[attr-defined]
        for name in ("matter", "also"):
            self.fields[name].label_from_instance = lambda one: one.name  # type: ignore[attr-defined]

    def _filled(self, asked: QueryDict) -> QueryDict:
        """What an address leaves out is one person, anywhere."""
        filled = asked.copy()
        filled.setdefault("people", "1")
        filled.setdefault("hall", ANYWHERE)
        return filled

    def clean_also(self) -> list[Matter]:
        also = [one for one in self.cleaned_data["also"] if one != self.cleaned_data.get("matter")]
        if len(also) >= self.chain_most:
            raise ValidationError(
                _("At most %(most)s matters fit into one visit.") % {"most": self.chain_most},
                code="chain_too_long",
            )
        return also

    def search(self) -> Search:
        found = self.cleaned_data
        return Search(
            matters=(found["matter"], *found["also"]),
            people=found["people"],
            more_time=found["more_time"],
            hall=self.halls.get(found["hall"]),
            day=found["day"],
        )


class AssistForm(WhoForm):
    """The people, typed by staff: a phone only when there is one."""

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        phone = self.fields["phone"]
        phone.required = False
        phone.help_text = _("The confirmation and the reminder go there. No code is needed.")

    def _ask_consent(self) -> None:
        super()._ask_consent()
        self.fields["consent"].label = _(
            "The guardian agrees that the child's details are used for this visit"
        )


class LookForm(ArrivalForm):
    """Somebody who has a booking: the name, and a reference or an ID number."""

    name = forms.CharField(
        label=_("Name"),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Enter the name.")},
    )
    field_order = ["name", "said"]

    def __init__(self, *args: Any, today: date, **rest: Any) -> None:
        super().__init__(*args, today=today, **rest)
        self.fields["said"].help_text = ""

    def clean_name(self) -> str:
        return clean_name(self.cleaned_data["name"])
