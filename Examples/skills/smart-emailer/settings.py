"""The mail server of whoever sells this skill. Change it together with [network] in skill.toml."""

HOST = "smtp.example.com"
PORT = 587
# "starttls", or "none" for a server on a network that you trust.
SECURITY = "starttls"
USERNAME = "smart-emailer@example.com"
SENDER = "smart-emailer@example.com"
TIMEOUT_SECONDS = 10
