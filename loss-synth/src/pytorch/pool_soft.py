def largest(values, allowed=None):
    """The largest along the last dimension, softly, among the allowed ones; minus infinity of none."""
    if allowed is None:
        allowed = torch.ones_like(values, dtype=torch.bool)
    # Where none is allowed, all are kept and the result is replaced: the gradient stays a number.
    some = allowed.any(-1, keepdim=True)
    values = values.masked_fill(~allowed & some, -math.inf)
    # From the peak on: of one value this is the very value.
    peak = values.detach().max(-1, keepdim=True).values
    pooled = peak.squeeze(-1) + TEMPERATURE * ((values - peak) / TEMPERATURE).exp().sum(-1).log()
    return pooled.masked_fill(~some.squeeze(-1), -math.inf)


def smallest(values, allowed=None):
    """The smallest along the last dimension, softly, among the allowed ones; infinity of none."""
    return -largest(-values, allowed)
