"""The form of words that are being changed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from appointments.messaging.template_checks import MAIL_MOST, wrong_with
from appointments.messaging.template_text import Text
from appointments.messaging.templating import TITLE_MOST
from appointments.models import Message

Channel = Message.Channel


class WordsForm(forms.Form):
    """A title where the channel shows one, the text, and the version that was looked at."""

    title = forms.CharField(label=_("Title"), max_length=TITLE_MOST)
    body = forms.CharField(
        label=_("Text"), max_length=MAIL_MOST, widget=forms.Textarea(attrs={"rows": 6})
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 2)

    def __init__(
        self, *given: Any, text: Text, channel: str, language: str, most: int, **more: Any
    ) -> None:
        super().__init__(*given, **more)
        self.about = (text, channel, language)
        self.most = most
        if channel == Channel.SMS:
            del self.fields["title"]
        if channel == Channel.EMAIL:
            self.fields["body"].widget.attrs["rows"] = 14

    def clean_body(self) -> str:
        return str(self.cleaned_data["body"]).replace("\r\n", "\n").replace("\r", "\n")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if "body" in said:
            words = {"title": said.get("title", ""), "body": said["body"]}
            for name, wrong in wrong_with(*self.about, **words, most=self.most):
                self.add_error(name if name in self.fields else "body", wrong)
        return said
