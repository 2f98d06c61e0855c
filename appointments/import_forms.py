"""Parser of a file that is to be taken in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from windows.importing.files import MOST_BYTES, FileTooLarge


class FileForm(forms.Form):
    """What is in the file, and the file."""

    what = forms.ChoiceField(label=_("What is in the file?"))
    file = forms.FileField(
        label=_("The file"),
        help_text=_("CSV or XLSX with the template's headings, in Chinese or in English."),
        widget=forms.FileInput({"accept": ".csv,.xlsx"}),
        error_messages={
            "required": _("Choose a file."), "empty": _("The file is empty."),
            "invalid": _("Choose a file."), "missing": _("Choose a file."),
        },
    )  # fmt: skip

    def __init__(self, *args: Any, choices: list[tuple[str, Any]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["what"].choices = choices  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(str(FileTooLarge()), code=FileTooLarge.code)
        return file
