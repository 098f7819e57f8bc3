def step(margin):
    """The loss of a margin: near 1 where the decision is wrong, near 0 where it is right."""
    short = MARGIN - margin
    weight = torch.where(short > 0.0, WRONG_WEIGHT, 1.0).to(margin.dtype)
    return weight * torch.sigmoid(BETA * short)
