def compared(logits):
    """(N, F): what is compared of each of the NUMBERS."""
    return torch.stack([number(logits, *made) for made in NUMBERS], -1)


def number(logits, field, outputs, link, details):
    """(N): one number, or where COMPARE_OUTPUTS says so the raw output that it grows with."""
    raw = logits[:, outputs[0] : outputs[1]]
    if link == "expectation":
        return (torch.softmax(raw, -1) * raw.new_tensor(details)).sum(-1)
    if link == "share":
        others = [other for other in range(raw.shape[-1]) if other != details]
        log_odds = raw[:, details] - torch.logsumexp(raw[:, others], -1)
        return log_odds if COMPARE_OUTPUTS else torch.sigmoid(log_odds)
    raw = raw[:, 0]
    if COMPARE_OUTPUTS or link == "identity":
        return raw
    if link == "positive":
        return torch.logaddexp(raw, torch.zeros_like(raw))
    low, high = details
    return low + (high - low) * torch.sigmoid(raw)


def compared_bound(at, bound):
    """A bound on one of the NUMBERS as it is compared."""
    _, _, link, details = NUMBERS[at]
    if not COMPARE_OUTPUTS or link in ("identity", "expectation"):
        return bound
    if link == "positive":
        return -math.inf if bound <= 0.0 else math.log(math.expm1(bound))
    share = bound if link == "share" else (bound - details[0]) / (details[1] - details[0])
    return math.inf if share >= 1.0 else -math.inf if share <= 0.0 else math.log(share / (1.0 - share))
