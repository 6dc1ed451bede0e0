"""Requests signed by RFC 9421 with Ed25519 (RFC 8032), from the texts of both and from nothing of the daemon's."""

import base64
import hashlib
import secrets
import time

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
BASE_Y = 4 * pow(5, -1, P) % P


def _add(left, right):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = left, right
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number, point):
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = _add(result, point)
        point = _add(point, point)
        number >>= 1
    return result


def _base():
    square = (BASE_Y * BASE_Y - 1) * pow(D * BASE_Y * BASE_Y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x & 1:
        x = P - x
    return x, BASE_Y, 1, x * BASE_Y % P


def _bytes(point):
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    return ((y * inverse % P) | ((x * inverse % P & 1) << 255)).to_bytes(32, "little")


class Ed25519:
    def __init__(self, seed):
        digest = hashlib.sha512(seed).digest()
        self.scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | (1 << 254)
        self.prefix = digest[32:]
        self.public = _bytes(_times(self.scalar, _base()))

    def sign(self, message):
        r = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % L
        commitment = _bytes(_times(r, _base()))
        k = int.from_bytes(hashlib.sha512(commitment + self.public + message).digest(), "little") % L
        return commitment + ((r + k * self.scalar) % L).to_bytes(32, "little")


class Signer:
    """Signs what is sent with one API key."""

    def __init__(self):
        self.key = Ed25519(secrets.token_bytes(32))
        self.public = base64.urlsafe_b64encode(self.key.public).rstrip(b"=").decode()
        self.key_id = None

    def headers(self, method, path, body=None, query=None, created=None):
        components = [("@method", method), ("@path", path)]
        headers = {}
        if query:
            components.append(("@query", query))
        if body is not None:
            headers["Content-Digest"] = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
            components.append(("content-digest", headers["Content-Digest"]))
        names = " ".join(f'"{name}"' for name, _ in components)
        created = int(time.time()) if created is None else created
        parameters = f'({names});created={created};nonce="{secrets.token_hex(16)}";keyid="{self.key_id}"'
        lines = [f'"{name}": {value}' for name, value in components] + [f'"@signature-params": {parameters}']
        signature = base64.b64encode(self.key.sign("\n".join(lines).encode())).decode()
        return {**headers, "Signature-Input": f"sig1={parameters}", "Signature": f"sig1=:{signature}:"}
