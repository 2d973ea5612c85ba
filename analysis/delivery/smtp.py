"""Mails over one connection to the mail server, and what became of each.

Only the moment between the whole mail and the server's answer is uncertain: what goes wrong before is tried again, what
goes wrong then may have been taken and is not.
"""

import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from analysis.delivery.items import Sent
from analysis.delivery.settings import Server, secret
from analysis.faults import UserFault

_READY, _TAKEN = 354, 250
_BARE = re.compile(rb"\r\n|\r|\n")
_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True)
class Result:
    """What became of one message; `down` means that the server is not to be asked again in this call."""

    status: Sent
    reason: str | None = None
    down: bool = False


class MailServer:
    """A connection that is opened when first needed and closed at the end of the `with`."""

    def __init__(self, server: Server, sender: str) -> None:
        self._server, self._sender = server, sender
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> "MailServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def send(self, mail: bytes, to: str, *, before: Callable[[], None]) -> Result:
        """Send one mail.

        Parameters
        ----------
        before : called when the server is ready for the mail and has not got it, to note that it may get it
        """
        try:
            connection = self._connected()
            refused = self._announce(connection, to)
        except (smtplib.SMTPException, OSError, UserFault) as fault:
            self._close()
            return Result("queued", f"the mail server cannot be used ({_told(fault)})", down=True)
        if refused:
            return refused
        before()
        try:
            connection.send(_DOT.sub(b"..", _BARE.sub(b"\r\n", mail).rstrip(b"\r\n") + b"\r\n") + b".\r\n")
            code, said = connection.getreply()
        except (smtplib.SMTPException, OSError) as fault:
            self._close()
            return Result("unknown", f"the connection broke before the server answered ({_told(fault)})")
        if 200 <= code < 300:
            return Result("sent")
        if not 400 <= code < 600:
            self._close()
            return Result("unknown", "the server's answer to the mail is none that the protocol knows")
        return self._refused(connection, code, said)

    def connect(self) -> None:
        """Connect, encrypt and log in, as a mail would; for `doctor`.

        Raises
        ------
        smtplib.SMTPException, OSError : as the server or the network have it
        """
        self._connected()

    def _connected(self) -> smtplib.SMTP:
        if self._connection is not None:
            return self._connection
        server = self._server
        context = ssl.create_default_context()
        if server.certificates:
            context.load_verify_locations(server.certificates)
        user, password = (secret(name) if name else "" for name in (server.user_from, server.password_from))
        wait = float(server.timeout_seconds)
        connection: smtplib.SMTP
        if server.tls == "tls":
            connection = smtplib.SMTP_SSL(server.host, server.port, timeout=wait, context=context)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=wait)
        try:
            if server.tls == "starttls":
                connection.starttls(context=context)
            if user:
                connection.login(user, password)
            connection.ehlo_or_helo_if_needed()
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _announce(self, connection: smtplib.SMTP, to: str) -> Result | None:
        """Sender, recipient and the wish to send; a Result where the server refuses one of them."""
        for code, said in (connection.mail(self._sender), connection.rcpt(to)):
            if code not in (_TAKEN, 251):
                return self._refused(connection, code, said)
        code, said = connection.docmd("DATA")
        return None if code == _READY else self._refused(connection, code, said)

    def _refused(self, connection: smtplib.SMTP, code: int, said: bytes) -> Result:
        reason = f"the server said {code} {_line(said)}"
        if not 400 <= code < 600:  # out of step: nothing was handed over, and nothing more is said on this line
            self._close()
            return Result("queued", reason, down=True)
        try:
            connection.rset()
        except (smtplib.SMTPException, OSError):
            self._close()
        if 500 <= code < 600:
            return Result("refused", reason)
        if code == 421:  # the server closes
            self._close()
        return Result("queued", reason, down=code == 421)

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.quit()
            except (smtplib.SMTPException, OSError):
                connection.close()


def _told(fault: Exception) -> str:
    """The fault in one line. What a server says to a login may repeat what it was given, and is left out."""
    if isinstance(fault, smtplib.SMTPAuthenticationError):
        return f"login refused with {fault.smtp_code}"
    if isinstance(fault, smtplib.SMTPResponseException):
        return f"{fault.smtp_code} {_line(fault.smtp_error)}"
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {fault.verify_message}"
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror
    return _line(str(fault)) or type(fault).__name__


def _line(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(re.sub(r"[^\x20-\x7e]+", " ", text).split())[:200]


def reason_of(fault: Exception) -> str:
    """Why the server cannot be used, in one line without a secret; for `doctor`."""
    return _told(fault)
