"""SMS over HTTP: one provider that takes JSON, signed with a key that we share.

A clear no (a refusal, no connection) means that nothing left. Everything else that is not
a clear yes about our reference is doubt: an answer that never comes, trouble at their side,
nonsense. Answers are read up to a bound; numbers and texts are in no error and no log.
"""

import json
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import requests
from django.core.exceptions import ValidationError
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from appointments.messaging.signing import sign
from appointments.phones import clean_phone
from appointments.providing import (
    CANNOT_RECEIVE,
    Accepted,
    BrokenOff,
    Fate,
    Letter,
    NonsenseAnswer,
    NotDelivered,
    ServerTrouble,
    TimedOut,
    refuse_controls,
)
from config import civil

MOST_BYTES = 16 * 1024
MOST_PARTS = 50
TAKEN = {200, 201, 202, 409}  # 409: it has this reference already
STATES = {
    "accepted": Fate.SENT, "sent": Fate.SENT, "delivered": Fate.DELIVERED, "failed": Fate.FAILED,
}  # fmt: skip
LONGEST_WAIT = timedelta(hours=1)
USUAL_WAIT = timedelta(seconds=30)


class SmsOverHttp:
    """The provider at `url`. `dedupes`: it promises that a reference arrives once."""

    def __init__(
        self, *, name: str, url: str, key: str, dedupes: bool = False,
        connect_seconds: float = 3.0, read_seconds: float = 10.0,
    ) -> None:  # fmt: skip
        self.name, self.dedupes = name, dedupes
        self.at_once = 20 if dedupes else 1
        self._url, self._key = url.rstrip("/"), key
        self._timeouts = (connect_seconds, read_seconds)
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy or password that nobody set for it

    def send(self, letter: Letter) -> Accepted:
        refuse_controls(letter)
        try:
            to = clean_phone(letter.to)
        except ValidationError:
            raise NotDelivered(CANNOT_RECEIVE, bounced=True) from None
        told = {"reference": str(letter.reference), "to": to, "text": letter.text}
        code, answer, headers = self._ask("POST", "/messages", told)
        if code in TAKEN:
            return _accepted(answer, letter.reference)
        raise _refusal(code, answer, headers, letter.reference)

    def status(self, reference: UUID) -> Fate:
        code, answer, _headers = self._ask("GET", f"/messages/{reference}", None)
        if answer.get("reference") != str(reference):
            raise NonsenseAnswer
        if code == 404 and answer.get("state") == "absent":
            return Fate.ABSENT
        fate = STATES.get(str(answer.get("state")))
        if code != 200 or fate is None:
            raise NonsenseAnswer
        return fate

    def _ask(
        self, method: str, path: str, told: dict[str, str] | None
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Code, JSON (empty when it is none) and headers of the answer."""
        body = b"" if told is None else json.dumps(told, ensure_ascii=False).encode()
        url = self._url + path
        headers = sign(self._key, f"{method} {urlsplit(url).path}", body, now=civil.now())
        headers["Content-Type"] = "application/json"
        try:
            with self._session.request(
                method, url, data=body, headers=headers, timeout=self._timeouts,
                allow_redirects=False, stream=True,
            ) as answer:  # fmt: skip
                return answer.status_code, self._read(answer), dict(answer.headers)
        except requests.ConnectionError as error:
            if never_connected(error):
                raise NotDelivered("no connection") from None
            raise BrokenOff from None
        except requests.Timeout:
            raise TimedOut from None
        except requests.RequestException:
            raise BrokenOff from None

    def _read(self, answer: requests.Response) -> dict[str, Any]:
        """The answer's JSON; not more than MOST_BYTES are read, nor longer than agreed."""
        read, until = b"", time.monotonic() + self._timeouts[1]
        for piece in answer.iter_content(1024):
            read += piece
            if len(read) > MOST_BYTES or time.monotonic() > until:
                return {}
        try:
            told = json.loads(read)
        except (ValueError, RecursionError):
            return {}
        return told if isinstance(told, dict) else {}


def never_connected(error: requests.ConnectionError) -> bool:
    """True when the line did not come about, so that nothing was told."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = error.args[0] if error.args else None
    reason = reason.reason if isinstance(reason, MaxRetryError) else reason
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _accepted(answer: dict[str, Any], reference: UUID) -> Accepted:
    number, parts = answer.get("number"), answer.get("parts")
    is_ours = answer.get("reference") == str(reference)
    if not is_ours or not isinstance(number, str) or not 0 < len(number) <= 120:
        raise NonsenseAnswer
    if type(parts) is not int or not 0 < parts <= MOST_PARTS:
        raise NonsenseAnswer
    return Accepted(number=number, parts=parts)


def _refusal(
    code: int, answer: dict[str, Any], headers: dict[str, str], reference: UUID
) -> Exception:
    """What an answer that is no yes means."""
    is_ours = answer.get("reference") == str(reference)
    if code == 400 and is_ours and answer.get("code") == "number_cannot_receive":
        return NotDelivered(CANNOT_RECEIVE, bounced=True)
    if code == 429:
        return NotDelivered("too many at once", wait=wait_of(headers.get("Retry-After", "")))
    if 400 <= code < 500:
        return NotDelivered(f"answered {code}")
    if code >= 500 and is_ours and answer.get("code") == "not_taken":
        return NotDelivered(f"answered {code}, not taken")
    return ServerTrouble() if code >= 500 else NonsenseAnswer()


def wait_of(told: str) -> timedelta:
    if not (told.isascii() and told.isdecimal() and len(told) < 7):
        return USUAL_WAIT
    return min(timedelta(seconds=int(told)), LONGEST_WAIT)
