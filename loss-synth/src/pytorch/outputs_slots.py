class Outputs(nn.Module):
    """Members of enumerations: of each of the SLOTS the member of the greatest output stands in the answer."""

    def own(self, k):
        """Indices of the members of branch k."""
        return sorted(BRANCHES[k]["labels"].values())

    def best(self, z, k):
        """(N): the largest score of the members of branch k."""
        return largest(z[:, self.own(k)])

    def ahead(self, z, k):
        """(N, S): for each slot with members of branch k, by how much the best of these is ahead of the best other, and
        of the score that it needs."""
        labels, slots = set(self.own(k)), []
        for start, end in SLOTS:
            own = [member for member in range(start, end) if member in labels]
            others = [member for member in range(start, end) if member not in labels]
            if not own:
                continue
            least = torch.full_like(z[:, 0], compared_score(BRANCHES[k]["min_score"]) if HAS_FLOOR else -math.inf)
            if others:
                least = torch.maximum(least, largest(z[:, others]))
            slots.append(largest(z[:, own]) - least)
        return torch.stack(slots, -1)

    def seen(self, z, k):
        """(N): by how much some member of branch k stands in the answer."""
        return largest(self.ahead(z, k))

    def unseen(self, z, k, among=None):
        """(N): by how much none does."""
        return -self.seen(z, k)

    def at_least(self, z, k, number):
        """(N): by how much members of branch k stand in so many slots: that is, in the last of them."""
        ahead = self.ahead(z, k)
        if ahead.shape[1] < number:
            return torch.full_like(z[:, 0], -math.inf)
        return ahead.topk(number).values[:, -1]

    def count(self, truth, k):
        """(N): how many members of branch k are true."""
        return truth[:, self.own(k)].bool().sum(-1)
