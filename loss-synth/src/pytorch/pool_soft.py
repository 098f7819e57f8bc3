def largest(values, allowed=None):
    """The largest along the last dimension, softly, among the allowed ones; minus infinity of none."""
    if allowed is None:
        return TEMPERATURE * torch.logsumexp(values / TEMPERATURE, -1)
    # Where none is allowed, all are kept and the result is replaced: the gradient stays a number.
    some = allowed.any(-1, keepdim=True)
    values = values.masked_fill(~allowed & some, -math.inf)
    pooled = TEMPERATURE * torch.logsumexp(values / TEMPERATURE, -1)
    return pooled.masked_fill(~some.squeeze(-1), -math.inf)


def smallest(values, allowed=None):
    """The smallest along the last dimension, softly, among the allowed ones; infinity of none."""
    return -largest(-values, allowed)
