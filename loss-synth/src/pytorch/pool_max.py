def largest(values, allowed=None):
    """The largest along the last dimension, among the allowed ones; minus infinity of none."""
    if allowed is not None:
        values = values.masked_fill(~allowed, -math.inf)
    return values.max(-1).values


def smallest(values, allowed=None):
    """The smallest along the last dimension, among the allowed ones; infinity of none."""
    return -largest(-values, allowed)
