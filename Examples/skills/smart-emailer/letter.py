"""What a tone means: the words before and after the body."""

import uuid
from email.message import EmailMessage
from email.utils import formatdate

TONES = {
    "professional": ("Dear {name},", "Kind regards"),
    "casual": ("Hi {name},", "Cheers"),
    "friendly": ("Hello {name}!", "Warm wishes"),
}


def compose(payload, sender):
    greeting, closing = TONES[payload.get("tone", "professional")]
    name = payload["to"].partition("@")[0]
    message = EmailMessage()
    message["From"] = sender
    message["To"] = payload["to"]
    message["Subject"] = payload["subject"]
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{uuid.uuid4()}@{sender.partition('@')[2]}>"
    message.set_content(f"{greeting.format(name=name)}\n\n{payload['body']}\n\n{closing}\n")
    return message
