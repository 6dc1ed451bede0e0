"""Sends an email in the tone that the caller asks for, through the mail server of settings.py."""

import os
import smtplib
import ssl
import sys

import settings
from letter import compose


def handler(endpoint, payload, context):
    message = compose(payload, settings.SENDER)
    if endpoint == "/preview":
        return {"subject": message["Subject"], "text": message.get_content()}
    send(message)
    print(f"sent {message['Message-ID']}", file=sys.stderr)
    return {"messageId": message["Message-ID"], "to": payload["to"]}


def send(message):
    server = smtplib.SMTP(
        settings.HOST, settings.PORT, local_hostname="smart-emailer", timeout=settings.TIMEOUT_SECONDS)
    with server:
        if settings.SECURITY == "starttls":
            server.starttls(context=ssl.create_default_context())
        server.login(settings.USERNAME, os.environ["SMTP_PASSWORD"])
        server.send_message(message)
