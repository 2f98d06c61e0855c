"""Parsers of what is entered in the hall: at the kiosk, on the tablet, at the desk."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from appointments import saying
from appointments.pressing import SaidNo
from appointments.understanding import Said, understand
from config.faces import show_refusal
from config.refusals import Refusal
from queues.models import Ticket
from windows.models import Hall, Matter


def matters_of(hall: Hall) -> list[Matter]:
    """What the windows of the hall serve."""
    served = Matter.objects.filter(is_offered=True, windows__hall=hall, windows__is_in_use=True)
    return list(served.distinct().order_by("position", "pk"))


@dataclass(frozen=True)
class ArrivalSaid:
    """Why somebody is not checked in here and now, and what can be done; the words of
    `templates/appointments/_arrival_said.html`."""

    code: str
    text: str
    hall: Hall | None = None
    matter: Matter | None = None
    when: str = ""
    clock: str = ""
    opens: str = ""
    is_over: bool = False
    walk_in_here: bool = False

    @property
    def is_known(self) -> bool:
        """Whether a booking was found, so that there is more to say than the text."""
        return self.hall is not None


def arrival_said(refusal: SaidNo, now: datetime) -> ArrivalSaid:
    """What the refusal of a check-in says on a page, also when it is said once more."""
    told = refusal.told
    if not told:
        return ArrivalSaid(refusal.code, str(refusal))
    starts, opens = (datetime.fromisoformat(told[name]) for name in ("starts_at", "check_in_from"))
    return ArrivalSaid(
        code=refusal.code,
        text=str(refusal),
        hall=Hall.objects.filter(code=told["hall"]).first(),
        matter=Matter.objects.filter(code=told["matter"]).first(),
        when=saying.when_from(starts, now),
        clock=saying.clock(starts),
        opens=saying.clock(opens),
        is_over=starts < now,
        walk_in_here=told["walk_in_here"],
    )


class ArrivalForm(forms.Form):
    """One field that takes a reference, an ID number, or a scanned code."""

    said = forms.CharField(
        label=_("Booking reference or ID number"),
        help_text=_("Or hold the code of your booking under the scanner."),
        max_length=300,
        error_messages={"required": _("Enter your booking reference or your ID number.")},
        widget=forms.TextInput(
            {
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "inputmode": "text",
                "data-typed": "",
            }
        ),
    )

    def __init__(self, *args: Any, today: date, focus: bool = False, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.today = today
        self.fields["said"].widget.attrs["autofocus"] = focus

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        self.meant = Said()
        if "said" in answers:
            try:
                self.meant = understand(answers["said"], today=self.today)
            except forms.ValidationError as error:
                self.add_error("said", error)
            except Refusal as refusal:
                show_refusal(self, refusal)
        return answers


class GiveForm(forms.Form):
    """A ticket for somebody: the matter, and a reason when they go first."""

    matter = forms.ChoiceField(
        label=_("What for?"),
        error_messages={"required": _("Choose what the person comes for.")},
    )
    priority = forms.ChoiceField(
        label=_("Does this person go first?"), choices=Ticket.Priority.choices, required=False
    )
    note = forms.CharField(
        label=_("Why, in a few words"),
        required=False,
        max_length=120,
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, hall: Hall, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.matters = {matter.code: matter for matter in matters_of(hall)}
        self.fields["matter"].choices = [(code, m.name) for code, m in self.matters.items()]  # type: ignore[attr-defined]
        self.fields["priority"].choices = [  # type: ignore[attr-defined]
            ("", _("No, in the usual order")),
            *[choice for choice in Ticket.Priority.choices if choice[0]],
        ]

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        if answers.get("priority") == Ticket.Priority.URGENT and not answers.get("note"):
            self.add_error("note", _("Say what is urgent: the exam, the journey, the illness."))
        return answers

    @property
    def chosen(self) -> Matter:
        return self.matters[self.cleaned_data["matter"]]


class MachineForm(forms.Form):
    """A kiosk or screen that shows its code."""

    code = forms.CharField(
        label=_("The code on the screen"),
        max_length=20,
        error_messages={"required": _("Type the code that the screen shows.")},
        widget=forms.TextInput(
            {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    name = forms.CharField(
        label=_("What is it called?"),
        help_text=_("Where it stands, such as: kiosk at the door"),
        max_length=60,
        error_messages={"required": _("Give it a name, so that you find it again.")},
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    printer = forms.CharField(
        label=_("Its ticket printer"),
        help_text=_("host:port of an ESC/POS printer in the hall's network"),
        max_length=80,
        required=False,
        widget=forms.TextInput(
            {"autocomplete": "off", "spellcheck": "false", "placeholder": "192.168.1.50:9100"}
        ),
    )
