"""Allocates memory without end and touches every page of it, so that it is really taken."""

BLOCK_BYTES = 1 << 20
PAGE_BYTES = 4096


def handler(endpoint, payload, context):
    blocks = []
    while True:
        block = bytearray(BLOCK_BYTES)
        block[::PAGE_BYTES] = b"x" * (BLOCK_BYTES // PAGE_BYTES)
        blocks.append(block)
