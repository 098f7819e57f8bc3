class Labels(Branches):
    """Single labels of the branches."""

    def index(self):
        """(M): the labels of all branches."""
        return torch.cat([self.own(k) for k in range(len(BRANCHES))])

    def branch_of(self):
        """(M): the branch of each."""
        return torch.cat([torch.full_like(self.own(k), k) for k in range(len(BRANCHES))])

    def bounds(self, z):
        """(N, M): what each must exceed to be seen, with the gradient of `z`."""
        by_branch = torch.tensor([compared_score(branch["min_score"]) for branch in BRANCHES]).to(z)
        least = by_branch[self.branch_of()].expand(len(z), -1)
        if TOP_K is None or TOP_K > WIDTH:
            return least
        # Among the others, the k-th largest is the next one for a label that is itself among the first k.
        ordered = z.sort(-1, descending=True).values
        kth = ordered[:, TOP_K - 1 : TOP_K]
        after = ordered[:, TOP_K : TOP_K + 1] if TOP_K < WIDTH else torch.full_like(kth, -math.inf)
        return torch.maximum(least, torch.where(z[:, self.index()].detach() >= kth.detach(), after, kth))
