"""Parsers of the page on which a supervisor chooses how the hall is called."""

from django import forms
from django.utils.translation import gettext_lazy as _

from windows.models import Hall

VOICE_FIELDS = ["voice", "voice_english", "is_quiet"]


class VoiceForm(forms.ModelForm):
    """Whose voice, English too or not, or quietly."""

    class Meta:
        model = Hall
        fields = VOICE_FIELDS
        labels = {
            "voice": _("Who calls the numbers?"),
            "voice_english": _("Call in English too, after the Chinese"),
            "is_quiet": _("Quiet: the screen blinks and nobody speaks"),
        }
        help_texts = {"voice": "", "voice_english": "", "is_quiet": ""}
        widgets = {"voice": forms.RadioSelect}


class TestCallForm(forms.Form):
    """A made-up call, to hear whether letters and digits can be understood."""

    __test__ = False

    number = forms.RegexField(
        r"^[A-Z][0-9]{3,4}\Z",
        label=_("Number"),
        initial="A012",
        error_messages={"invalid": _("Enter a letter and digits, like A012.")},
    )
    window = forms.IntegerField(label=_("Window"), initial=3, min_value=1, max_value=99)
