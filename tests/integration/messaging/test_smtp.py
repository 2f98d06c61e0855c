"""What is particular to e-mail: the written letter, steps, encryption, passwords. C18."""

import ssl
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from appointments.messaging.smtp import Server, Smtp
from appointments.providing import Letter, NotDelivered
from config.running import free_port
from tests.conftest import NOON
from tests.faking.mail_server import MailServer

SENDER = "禾塘办证 <no-reply@id.example.org>"
LINES = "您的办理时间：2027 年 3 月 6 日 15:00\n.\n..行首的点\nBcc: nobody@example.org\n"


def a_letter(**more) -> Letter:
    told = {"to": "mei@example.org", "title": "办理时间", "leave": "", "text": LINES} | more
    return Letter(reference=uuid4(), channel="email", kind="code", at=NOON, **told)


@pytest.fixture
def server():
    with MailServer() as server:
        yield server


def to(server: MailServer, **more) -> Smtp:
    return Smtp(name="smtp", sender=SENDER, seconds=2, **{"url": server.url} | more)


def test_a_letter_is_written_so_that_programs_understand_it(server):
    letter = a_letter(leave="https://id.example.org/m/abc/")

    accepted = to(server).send(letter)

    (mail,) = server.mails
    assert accepted.number == "ABC123"
    assert mail["Message-ID"] == f"<{letter.reference}@id.example.org>"
    assert (mail["From"], mail["To"], mail["Subject"]) == (SENDER, "mei@example.org", "办理时间")
    assert mail["Date"].datetime == NOON
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] == "<https://id.example.org/m/abc/>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().replace("\r\n", "\n") == LINES
    assert server.recipients == ["mei@example.org"]


def test_without_a_link_to_leave_none_is_named(server):
    to(server).send(a_letter())

    assert server.mails[0]["List-Unsubscribe"] is None
    assert server.mails[0]["Bcc"] is None


def test_without_a_title_the_first_line_is_one(server):
    to(server).send(a_letter(title="", text="\n第一行\n第二行"))

    assert server.mails[0]["Subject"] == "第一行"


def test_a_long_title_stays_one_title(server):
    title = "很长的标题" * 20
    to(server).send(a_letter(title=title))

    assert server.mails[0]["Subject"] == title


@pytest.mark.parametrize(
    ("address", "sent_to"),
    [("mei@例子.中国", "mei@xn--fsqu00a.xn--fiqs8s"), ("MEI@Example.ORG", "MEI@example.org")],
)
def test_other_letters_are_written_as_mail_servers_read_them(address, sent_to, server):
    to(server).send(a_letter(to=address))

    assert server.recipients == [sent_to]


@pytest.mark.parametrize(
    "address",
    ["", "x", "@b.org", "a@", "a b@c.org", "<a@b.org>", "a@b.org,c@d.org", "a@b.org;c@d.org",
     "张@example.org", "a@b..org", "a" * 250 + "@b.org"],
)  # fmt: skip
def test_what_is_no_address_does_not_work(address, server):
    with pytest.raises(NotDelivered) as refused:
        to(server).send(a_letter(to=address))

    assert refused.value.bounced
    assert server.recipients == []


@pytest.mark.parametrize(
    ("behaviour", "bounced", "for_good"),
    [("greylist", False, False), ("no_such_person", True, True), ("unknown_bare", True, True),
     ("full", False, True), ("policy", False, True), ("spam", False, True),
     ("later", False, False), ("nonsense_at_rcpt", False, False)],
)  # fmt: skip
def test_only_a_no_about_the_address_marks_it(behaviour, bounced, for_good, server):
    """Mutant: every 5xx at RCPT bounces; then one bad day of our own server's reputation
    marks every address of the city."""
    server.next(behaviour)

    with pytest.raises(NotDelivered) as refused:
        to(server).send(a_letter())

    assert (refused.value.bounced, refused.value.for_good) == (bounced, for_good)


def test_nobody_there_means_that_nothing_left():
    nobody = Smtp(name="smtp", url=f"smtp://127.0.0.1:{free_port()}", sender=SENDER)

    with pytest.raises(NotDelivered, match="no connection"):
        nobody.send(a_letter())


class TestEncryption:
    @pytest.fixture
    def certificate(self, tmp_path):
        """For localhost, signed by nobody else."""
        folder, key = tmp_path, ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.fromtimestamp(0, UTC) + timedelta(days=365 * 50)
        built = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(key.public_key()).serial_number(1)
            .not_valid_before(now).not_valid_after(now + timedelta(days=365 * 50))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        pem = serialization.Encoding.PEM
        plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        (folder / "key").write_bytes(key.private_bytes(pem, *plain))
        (folder / "certificate").write_bytes(built.public_bytes(pem))
        return folder

    @pytest.fixture
    def safe_server(self, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate / "certificate", certificate / "key")
        with MailServer(login=("hall", "secret"), tls=context) as server:
            yield server

    def url(self, server: MailServer, password: str = "secret") -> str:
        port = server.url.rpartition(":")[2]
        return f"smtp+starttls://hall:{password}@localhost:{port}"

    def test_a_password_goes_over_an_encrypted_line(self, safe_server, certificate):
        known = ssl.create_default_context(cafile=str(certificate / "certificate"))

        to(safe_server, url=self.url(safe_server), context=known).send(a_letter())

        assert len(safe_server.mails) == 1

    def test_a_wrong_password_sends_nothing(self, safe_server, certificate):
        known = ssl.create_default_context(cafile=str(certificate / "certificate"))
        smtp = to(safe_server, url=self.url(safe_server, "wrong"), context=known)

        with pytest.raises(NotDelivered):
            smtp.send(a_letter())

        assert safe_server.mails == []

    def test_a_server_that_cannot_prove_who_it_is_gets_nothing(self, safe_server):
        """Mutant: a context that verifies nothing."""
        with pytest.raises(NotDelivered):
            to(safe_server, url=self.url(safe_server)).send(a_letter())

        assert safe_server.mails == []

    def test_a_server_that_does_not_encrypt_gets_nothing(self, server):
        """Somebody in between may strip the offer. Mutant: starttls only when offered."""
        port = server.url.rpartition(":")[2]

        with pytest.raises(NotDelivered):
            to(server, url=f"smtp+starttls://127.0.0.1:{port}").send(a_letter())

        assert server.mails == []

    @pytest.mark.parametrize(
        "url", ["smtp://hall:secret@mail.example", "http://mail.example", "smtps://", "mail", ""]
    )
    def test_what_is_no_address_of_a_server_is_refused(self, url):
        with pytest.raises(ValueError, match="needed|needs") as told:
            Server.at(url)

        assert "secret" not in str(told.value)

    @pytest.mark.parametrize(
        ("url", "port", "security"),
        [("smtps://mail.example", 465, "tls"), ("smtp://mail.example", 25, "none"),
         ("smtp+starttls://u:p%40ss@mail.example", 587, "starttls"),
         ("smtps://mail.example:2465", 2465, "tls")],
    )  # fmt: skip
    def test_addresses_of_servers(self, url, port, security):
        server = Server.at(url)

        assert (server.port, server.security) == (port, security)
        assert server.password in ("", "p@ss")
