"""Connects to an address that the skill never declared."""

import socket

ADDRESS = ("1.1.1.1", 443)


def handler(endpoint, payload, context):
    """Answers only when the connection stands; where the sandbox works, the first line raises PermissionError."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
        connection.settimeout(3)
        connection.connect(ADDRESS)
        return {"connected": True, "local": connection.getsockname()[0]}
