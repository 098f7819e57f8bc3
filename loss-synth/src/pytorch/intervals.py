def inside(value, low, high):
    """By how much a value lies between two ends, of which either may be None."""
    above = torch.full_like(value, math.inf) if low is None else value - low
    below = torch.full_like(value, math.inf) if high is None else high - value
    return torch.minimum(above, below)


def any_of(margins):
    """The margin of conditions of which one must hold."""
    return torch.stack(margins, -1).max(-1).values


def never(like):
    """The margin of what never holds."""
    return torch.full_like(like, -math.inf)


def holds(value, low, high):
    """Whether numbers lie in an interval. An end is None or (number, whether it belongs to the interval)."""
    within = torch.ones_like(value, dtype=torch.bool)
    if low is not None:
        within &= value >= low[0] if low[1] else value > low[0]
    if high is not None:
        within &= value <= high[0] if high[1] else value < high[0]
    return within
