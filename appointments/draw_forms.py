"""What people say when they register for a draw: what for, how many, which times."""

from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from appointments import saying
from appointments.models import Draw
from appointments.registering import wishable
from windows.served import served


class DrawWishForm(forms.Form):
    """The matter, how many people, up to three times in order of preference."""

    matter = forms.ChoiceField(
        label=_("What do you come for?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you come for.")},
    )
    people = forms.ChoiceField(label=_("How many people come together?"), initial="1")
    first = forms.ChoiceField(label=_("First choice"), required=False)
    second = forms.ChoiceField(label=_("Second choice"), required=False)
    third = forms.ChoiceField(label=_("Third choice"), required=False)
    any_other = forms.BooleanField(
        label=_("Any other time of this session is fine too"), required=False, initial=True
    )

    def __init__(self, *args: Any, draw: Draw, most: int, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.matters = {one.code: one for one in served(draw.session)}
        times = [
            (str(slot.pk), f"{saying.clock(slot.starts_at)}–{saying.clock(slot.ends_at)}")
            for slot in wishable(draw.session)
        ]
        self._choices("matter", [(code, one.name) for code, one in self.matters.items()])
        self._choices("people", [(str(n), saying.people_words(n)) for n in range(1, most + 1)])
        self._choices("first", [("", _("Any time")), *times])
        for name in ("second", "third"):
            self._choices(name, [("", _("No other")), *times])

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def times(self) -> list[BoundField]:
        return [self[name] for name in ("first", "second", "third")]

    def chosen(self) -> dict[str, Any]:
        """The wishes as the draft keeps them."""
        named = (self.cleaned_data[name] for name in ("first", "second", "third"))
        wishes = list(dict.fromkeys(int(pk) for pk in named if pk))
        return {"wishes": wishes, "any_other": self.cleaned_data["any_other"]}
