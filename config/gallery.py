"""All components on one page, and example pages to copy markup from; never in production."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from config import civil

EXAMPLES = ("board", "book", "city", "desk", "floor", "kiosk", "ticket")


class ExampleForm(forms.Form):
    """One field of each sort, as the journeys use them."""

    name = forms.CharField(label="姓名", help_text="与身份证上的一样", max_length=40)
    id_number = forms.CharField(
        label="身份证号码", widget=forms.TextInput({"inputmode": "text", "autocomplete": "off"})
    )
    phone = forms.CharField(
        label="手机号码", widget=forms.TextInput({"type": "tel", "autocomplete": "tel"})
    )
    matter = forms.ChoiceField(
        label="您来办什么？",
        choices=[("renewal", "期满换领"), ("first", "首次申领"), ("lost", "丢失补领")],
        widget=forms.RadioSelect,
    )
    hall = forms.ChoiceField(label="大厅", choices=[("H01", "禾塘"), ("H02", "桂澜")])
    note = forms.CharField(
        label="想先告诉我们的", required=False, widget=forms.Textarea({"rows": 3})
    )
    agree = forms.BooleanField(label="我已看过要带的材料")


def gallery(request: HttpRequest, example: str = "") -> HttpResponse:
    """Show the components, or one of the example pages."""
    if not (settings.DEBUG or settings.DEMO) or (example and example not in EXAMPLES):
        raise Http404
    now = civil.now()
    context: dict[str, Any] = {
        "examples": EXAMPLES,
        "fresh": ExampleForm(),
        "now": now,
        "until": now + timedelta(minutes=9, seconds=41),
    }
    if not example:
        context["form"] = ExampleForm({"name": "陈安宁", "id_number": "44060519790101"})
    return render(request, f"gallery/{example}.html" if example else "gallery.html", context)
