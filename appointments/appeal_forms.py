"""What people write in an appeal, and what supervisors answer. Forms parse; rules are in
`appointments/appealing.py`."""

from django import forms
from django.utils.translation import gettext_lazy as _

from appointments.appealing import ANSWER_MOST, REASONS, TEXT_MOST


class AppealForm(forms.Form):
    """Why the visit was missed, in a choice and in one's own words."""

    reason = forms.ChoiceField(
        label=_("What happened?"),
        choices=list(REASONS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what comes nearest.")},
    )
    text = forms.CharField(
        label=_("In your own words"),
        help_text=_("A sentence or two are enough. Only the hall's supervisors read it."),
        required=False,
        max_length=TEXT_MOST,
        widget=forms.Textarea({"rows": 5}),
    )


class DecisionForm(forms.Form):
    """Excused or left as it is, with the answer that the person reads."""

    decision = forms.ChoiceField(choices=[("accept", "accept"), ("decline", "decline")])
    answer = forms.CharField(
        label=_("Answer to the person"),
        help_text=_(
            "They read it on the page of their booking. Leaving it as it is noted needs a reason;"
            " when you excuse the visit you may leave this empty."
        ),
        required=False,
        max_length=ANSWER_MOST,
        widget=forms.Textarea({"rows": 3}),
    )
