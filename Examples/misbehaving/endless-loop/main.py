"""Computes and never returns."""


def handler(endpoint, payload, context):
    number = 0
    while True:
        number += 1
