class Branches(Outputs):
    """A branch is taken by where the score of its best label lies, if that is seen; a negated one also if it is not."""

    def taken(self, z):
        """(N, K): by how much each branch is taken."""
        return torch.stack([self.branch(z, k) for k in range(len(BRANCHES))], -1)

    def branch(self, z, k):
        """(N): by how much branch k is taken."""
        best = self.best(z, k)
        bounds = [[None if end is None else compared_score(end[0]) for end in ends] for ends in BRANCHES[k]["scores"]]
        lies = any_of([never(best), *(inside(best, low, high) for low, high in bounds)])
        if BRANCHES[k]["negated"]:
            return torch.maximum(self.unseen(z, k), lies)
        return torch.minimum(self.seen(z, k), lies)

    def right(self, truth):
        """(N, K): which branches should be taken where `truth` (N, WIDTH) says what is true: as good as sure."""
        return torch.stack([self.is_met(self.count(truth, k) > 0, branch) for k, branch in enumerate(BRANCHES)], -1)

    def is_met(self, there, branch):
        """(N): whether a branch is met by labels that are there with certainty, or not at all."""
        sure = torch.ones_like(there, dtype=torch.double)
        lies = torch.zeros_like(there)
        for low, high in branch["scores"]:
            lies = lies | holds(sure, low, high)
        return (lies | ~there) if branch["negated"] else (lies & there)
