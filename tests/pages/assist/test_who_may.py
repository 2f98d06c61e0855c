"""Who may book for somebody. # C12"""

import pytest

from tests.conftest import (
    make_staff,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


class TestWhoMay:
    WAYS = ["/floor/assist/", "/floor/assist/look/", "/floor/assist/1/?matter=RENEW"]

    @pytest.mark.parametrize("way", WAYS)
    def test_strangers_sign_in_first(self, client, hall, way):
        assert client.get(way).url.startswith("/login/")

    @pytest.mark.parametrize("way", WAYS)
    def test_clerks_and_auditors_have_no_such_page(self, browser_of, clerk, way):
        assert browser_of(clerk).get(way).status_code == 403
        assert browser_of(make_staff("x", None, "auditor")).get(way).status_code == 403

    def test_an_agent_lands_there_after_signing_in(self, at_work):
        assert at_work.get("/staff/").url == "/floor/assist/"

    def test_the_guides_tablet_leads_there(self, browser_of, guide, kept):
        assert 'href="/floor/assist/?hall=H01"' in browser_of(guide).get("/floor/").content.decode()
