class Outputs(nn.Module):
    """A list of labels: those of sufficient score, highest first, cut to the first TOP_K."""

    def __init__(self):
        super().__init__()
        for k, branch in enumerate(BRANCHES):
            own = set(branch["labels"].values())
            rest = [label for label in range(WIDTH) if label not in own]
            self.register_buffer(f"own_{k}", torch.tensor(sorted(own)), persistent=False)
            self.register_buffer(f"rest_{k}", torch.tensor(rest, dtype=torch.long), persistent=False)

    def own(self, k):
        """Indices of the labels of branch k."""
        return getattr(self, f"own_{k}")

    def best(self, z, k):
        """(N): the largest score of the labels of branch k."""
        return largest(z[:, self.own(k)])

    def least(self, z, k, number=1):
        """(N): what the last of so many labels of branch k must exceed for all of them to be seen. The cut is a constant:
        were it not, training could win by lowering an unrelated label."""
        least = torch.full_like(z[:, 0], compared_score(BRANCHES[k]["min_score"]))
        others = z[:, getattr(self, f"rest_{k}")].detach()
        if TOP_K is None or others.shape[-1] < TOP_K + 1 - number:
            return least
        return torch.maximum(least, others.topk(TOP_K + 1 - number).values[:, -1])

    def seen(self, z, k):
        """(N): by how much some label of branch k is seen."""
        return self.best(z, k) - self.least(z, k)

    def at_least(self, z, k, number):
        """(N): by how much so many labels of branch k are seen: that is, the last of them."""
        if len(self.own(k)) < number:
            return torch.full_like(z[:, 0], -math.inf)
        return z[:, self.own(k)].topk(number).values[:, -1] - self.least(z, k, number)

    def count(self, truth, k):
        """(N): how many labels of branch k are true; more than TOP_K are never seen."""
        count = truth[:, self.own(k)].bool().sum(-1)
        return count if TOP_K is None else count.clamp(max=TOP_K)
