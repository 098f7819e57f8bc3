class Branches(Outputs):
    """A branch is taken when one of its labels is seen; a negated one, when none is."""

    def taken(self, z):
        """(N, K): by how much each branch is taken."""
        by_branch = [
            self.unseen(z, k) if branch["negated"] else self.seen(z, k) for k, branch in enumerate(BRANCHES)
        ]
        return torch.stack(by_branch, -1)

    def spared(self, z, among):
        """(N, K): by how much each branch is not taken, where none of the branches `among` (N, K) may be."""
        by_branch = [
            self.seen(z, k) if branch["negated"] else self.unseen(z, k, among) for k, branch in enumerate(BRANCHES)
        ]
        return torch.stack(by_branch, -1)

    def right(self, truth):
        """(N, K): which branches should be taken where `truth` (N, WIDTH) says what is true."""
        counts = [self.count(truth, k) for k in range(len(BRANCHES))]
        return torch.stack([(count > 0) != branch["negated"] for count, branch in zip(counts, BRANCHES)], -1)
