def step(margin):
    """The loss of a margin: grows linearly with the error, so gross errors keep their gradient."""
    loss = softplus(BETA * (MARGIN - margin)) / BETA
    if WRONG_WEIGHT > 1.0:
        loss = loss + (WRONG_WEIGHT - 1.0) * softplus(-BETA * margin) / BETA
    return loss


def softplus(x):
    """log(1 + exp(x)), exact for large x too."""
    return torch.logaddexp(x, torch.zeros_like(x))
