"""A push service on this machine, by TLS, with one browser behind it that can read.

    with PushServer() as server:
        server.subscription()      # as a browser tells it
        server.next(410)           # the next notice meets that answer
        server.shown               # what the browser read, and under which headers

It checks who asks (VAPID) and opens what it gets with `http_ece`, not with the product's code.
"""

import base64
import json
import ssl
import tempfile
import threading
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import http_ece
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

AUTH = b"sixteen bytes ok"


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unbase64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def a_vapid_key() -> str:
    """A private key as `.env` holds it."""
    key = ec.generate_private_key(ec.SECP256R1())
    return base64url(key.private_numbers().private_value.to_bytes(32, "big"))


def a_subscription(endpoint: str) -> dict[str, Any]:
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    return {"endpoint": endpoint, "keys": {"p256dh": _point(point), "auth": base64url(AUTH)}}


def _point(key: ec.EllipticCurvePublicKey) -> str:
    return base64url(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


class PushServer:
    """See the module."""

    def __init__(self) -> None:
        self.browser = ec.generate_private_key(ec.SECP256R1())
        self.shown: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self._next: deque[tuple[int, dict[str, str]]] = deque()

    def __enter__(self) -> "PushServer":
        self._folder = tempfile.TemporaryDirectory()
        self.certificate = str(Path(self._folder.name) / "certificate.pem")
        _certify(Path(self.certificate))
        outer = self

        class Handler(_Handler):
            server_of = outer

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.host = f"127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._folder.cleanup()

    def next(self, code: int, **headers: str) -> None:
        self._next.append((code, {name.replace("_", "-"): told for name, told in headers.items()}))

    def subscription(self) -> dict[str, Any]:
        keys = {"p256dh": _point(self.browser.public_key()), "auth": base64url(AUTH)}
        return {"endpoint": f"https://{self.host}/wpush/secret-of-the-browser", "keys": keys}


class _Handler(BaseHTTPRequestHandler):
    server_of: PushServer

    def do_POST(self) -> None:
        fake = self.server_of
        fake.asked.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        code, headers = fake._next.popleft() if fake._next else (201, {})
        claims = self.claims()
        if claims is None or claims["aud"] != f"https://{fake.host}":
            code = 403
        if code == 201:
            text = http_ece.decrypt(
                body, private_key=fake.browser, auth_secret=AUTH, version="aes128gcm"
            )
            fake.shown.append(
                {"said": json.loads(text), "headers": dict(self.headers), "claims": claims}
            )
        self.send_response(code)
        for name, told in headers.items():
            self.send_header(name, told)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def claims(self) -> dict[str, Any] | None:
        """What the token says, when its signature is right and it has not expired."""
        scheme, _, told = self.headers.get("Authorization", "").partition(" ")
        parts = dict(part.strip().split("=", 1) for part in told.split(",") if "=" in part)
        if scheme != "vapid" or set(parts) != {"t", "k"}:
            return None
        signed, _, signature = parts["t"].rpartition(".")
        raw = unbase64url(signature)
        r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unbase64url(parts["k"]))
        key.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))
        claims = json.loads(unbase64url(signed.split(".")[1]))
        now = time.time()
        return claims if now < claims["exp"] < now + 86400 else None

    def log_message(self, *_: object) -> None:
        """Quiet."""


def _certify(path: Path) -> None:
    """A key and a certificate for this machine that nobody but the test trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "push.test")])
    now = datetime.fromtimestamp(time.time(), UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
