"""Published reports to the people who asked for them: mail, chat, alerts, and a record of what was sent.

It reads the published JSON facts, never the data, and is called after publishing; whatever happens here, what is
published stands.
"""
