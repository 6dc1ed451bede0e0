"""A real mail server for the tests: takes one user's mail on 127.0.0.1 and keeps it in a folder.

smtp_server.py FOLDER USER PASSWORD: prints its port, writes every message to FOLDER/N.eml, runs until its standard input
ends.
"""

import pathlib
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

folder, user, password = pathlib.Path(sys.argv[1]), sys.argv[2].encode(), sys.argv[3].encode()


class Handler:
    count = 0

    async def handle_DATA(self, server, session, envelope):
        Handler.count += 1
        path = folder / f"{Handler.count}.eml"
        path.with_suffix(".new").write_bytes(b"RCPT " + envelope.rcpt_tos[0].encode() + b"\n" + envelope.content)
        path.with_suffix(".new").rename(path)
        return "250 kept"


def authenticate(server, session, envelope, mechanism, data):
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (user, password)
    return AuthResult(success=known)


class AnyPort(Controller):
    """Listens at a port of the kernel's choice."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


controller = AnyPort(
    Handler(), hostname="127.0.0.1", port=0, authenticator=authenticate, auth_required=True, auth_require_tls=False)
controller.start()
print(controller.port, flush=True)
sys.stdin.read()
controller.stop()
