class Branches(Outputs):
    """A branch is taken when one of its labels is seen; a negated one, when none is."""

    def taken(self, z):
        """(N, K): by how much each branch is taken."""
        seen = [self.seen(z, k) for k in range(len(BRANCHES))]
        return torch.stack([-m if branch["negated"] else m for m, branch in zip(seen, BRANCHES)], -1)

    def right(self, truth):
        """(N, K): which branches should be taken where `truth` (N, WIDTH) says what is true."""
        counts = [self.count(truth, k) for k in range(len(BRANCHES))]
        return torch.stack([(count > 0) != branch["negated"] for count, branch in zip(counts, BRANCHES)], -1)
