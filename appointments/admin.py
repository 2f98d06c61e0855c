"""Administration: which providers carry messages and how much, and cards that expire."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import MinValueValidator
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from appointments.models import CardCohort, MessageProvider
from config import civil

SLOWEST = 0.01  # one message in 100 seconds


class MessageProviderForm(forms.ModelForm):
    per_second = forms.FloatField(
        label=_("Messages a second at most"), validators=[MinValueValidator(SLOWEST)]
    )

    def clean_daily_cap(self) -> int:
        """provider_within_daily_cap: today's messages have gone already."""
        cap: int = self.cleaned_data["daily_cap"]
        today = civil.city_date(civil.now())
        if self.instance.counted_on != today:
            self.instance.taken = 0
        if cap < self.instance.taken:
            raise forms.ValidationError(
                _("It has taken %(taken)s messages today; the cap cannot be less until tomorrow."),
                params={"taken": self.instance.taken},
            )
        return cap


@admin.register(MessageProvider)
class MessageProviderAdmin(admin.ModelAdmin):
    """A row is made when a provider of the environment is first used."""

    form = MessageProviderForm
    list_display = ("name", "channel", "is_on", "rank", "per_second", "daily_cap", "cost_mil")
    fields = ("is_on", "rank", "per_second", "daily_cap", "cost_mil", "taken", "closed_again_at")
    readonly_fields = ("taken", "closed_again_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: MessageProvider, form: Any, change: bool
    ) -> None:
        """Only what was changed here: what senders count meanwhile stays counted."""
        obj.save(update_fields=form.changed_data)


@admin.register(CardCohort)
class CardCohortAdmin(admin.ModelAdmin):
    """Cards that expire in a month, as the city's register counts them: the forecast's wave."""

    list_display = ("month", "district", "years", "cards")
    exclude = ("made_by", "made_at", "is_simulated")

    def save_model(self, request: HttpRequest, obj: CardCohort, form: Any, change: bool) -> None:
        obj.made_by, obj.made_at = request.user, civil.now()  # type: ignore[assignment]
        obj.save()
