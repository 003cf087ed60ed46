"""Messages with something changed on the way."""


def changed(message: bytes, old: bytes, new: bytes) -> bytes:
    """Return the message with each ``old`` replaced; fails where there is none, for that would prove nothing."""
    result = message.replace(old, new)
    assert message != result
    return result
