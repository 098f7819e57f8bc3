class Branches(Outputs):
    """A branch is taken by how many of its labels are seen: from `least` to `most`."""

    def taken(self, z):
        """(N, K): by how much each branch is taken."""
        by_branch = [
            any_of([self.counted(z, k, *ends) for ends in branch["counts"]]) for k, branch in enumerate(BRANCHES)
        ]
        return torch.stack(by_branch, -1)

    def counted(self, z, k, least, most):
        """(N): by how much the number of seen labels of branch k lies between two numbers."""
        enough = self.at_least(z, k, least) if least > 0 else torch.full_like(z[:, 0], math.inf)
        no_more = torch.full_like(enough, math.inf) if most is None else -self.at_least(z, k, most + 1)
        return torch.minimum(enough, no_more)

    def right(self, truth):
        """(N, K): which branches should be taken where `truth` (N, WIDTH) says what is true."""
        return torch.stack([self.is_met(self.count(truth, k), branch) for k, branch in enumerate(BRANCHES)], -1)

    def is_met(self, count, branch):
        """(N): whether these numbers of labels take a branch."""
        ends = [(least, math.inf if most is None else most) for least, most in branch["counts"]]
        return torch.stack([(count >= least) & (count <= most) for least, most in ends], -1).any(-1)
