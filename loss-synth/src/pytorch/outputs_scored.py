class Outputs(nn.Module):
    """A list of labels: those of sufficient score, highest first, cut to the first TOP_K."""

    def __init__(self):
        super().__init__()
        inside = torch.zeros(WIDTH, dtype=torch.bool)
        for k, branch in enumerate(BRANCHES):
            own = set(branch["labels"].values())
            rest = [label for label in range(WIDTH) if label not in own]
            self.register_buffer(f"own_{k}", torch.tensor(sorted(own)), persistent=False)
            self.register_buffer(f"rest_{k}", torch.tensor(rest, dtype=torch.long), persistent=False)
            inside[sorted(own)] = True
        self.register_buffer("inside", inside, persistent=False)

    def own(self, k):
        """Indices of the labels of branch k."""
        return getattr(self, f"own_{k}")

    def best(self, z, k):
        """(N): the largest score of the labels of branch k."""
        return largest(z[:, self.own(k)])

    def giving_way(self, z):
        """(N, WIDTH): z where something is to be seen. Labels of the branches that crowd it out give way; others are
        constants: were they not, training could win by lowering an unrelated label."""
        return torch.where(self.inside, z, z.detach())

    def least(self, z, k, number=1):
        """(N): what the last of so many labels of branch k must exceed for all of them to be seen."""
        least = torch.full_like(z[:, 0], compared_score(BRANCHES[k]["min_score"]))
        others = z[:, getattr(self, f"rest_{k}")]
        if TOP_K is None or others.shape[-1] < TOP_K + 1 - number:
            return least
        return torch.maximum(least, others.topk(TOP_K + 1 - number).values[:, -1])

    def cut_outside(self, z, among):
        """(N): the cut for labels of the branches `among` (N, K), none of which may be taken: that of the others and of
        those of them that are below their own thresholds."""
        z = z.detach()
        if TOP_K is None or TOP_K > WIDTH:
            return torch.full_like(z[:, 0], -math.inf)
        taking = torch.zeros_like(z, dtype=torch.bool)
        for k, branch in enumerate(BRANCHES):
            if not branch["negated"]:
                own = self.own(k)
                taking[:, own] |= among[:, k : k + 1] & (z[:, own] > compared_score(branch["min_score"]))
        return z.masked_fill(taking, -math.inf).topk(TOP_K).values[:, -1]

    def seen(self, z, k):
        """(N): by how much some label of branch k is seen."""
        return self.best(z, k) - self.least(self.giving_way(z), k)

    def least_among(self, z, k, among):
        """(N): what a label of branch k must exceed for one of the branches `among` (N, K) to be taken."""
        return self.cut_outside(z, among).clamp(min=compared_score(BRANCHES[k]["min_score"]))

    def unseen(self, z, k, among=None):
        """(N): by how much none is; where none of the branches `among` (N, K) may be taken, among them."""
        least = self.least(z.detach(), k) if among is None else self.least_among(z, k, among)
        return least - self.best(z, k)

    def at_least(self, z, k, number):
        """(N): by how much so many labels of branch k are seen: that is, the last of them."""
        if len(self.own(k)) < number:
            return torch.full_like(z[:, 0], -math.inf)
        return z[:, self.own(k)].topk(number).values[:, -1] - self.least(z.detach(), k, number)

    def count(self, truth, k):
        """(N): how many labels of branch k are true; more than TOP_K are never seen."""
        count = truth[:, self.own(k)].bool().sum(-1)
        return count if TOP_K is None else count.clamp(max=TOP_K)
