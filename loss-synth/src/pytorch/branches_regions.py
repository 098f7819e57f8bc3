class Branches(Outputs):
    """A branch is taken when the numbers lie in one of its regions."""

    def taken(self, z):
        """(N, K): by how much each branch is taken."""
        return torch.stack([any_of([self.region(z, region) for region in branch["regions"]]) for branch in BRANCHES], -1)

    def right(self, truth):
        """(N, K): which branches should be taken where `truth` (N, number of NUMBERS) holds the true numbers."""
        met = [torch.stack([self.is_inside(truth, region) for region in branch["regions"]], -1) for branch in BRANCHES]
        return torch.stack([inside.any(-1) for inside in met], -1)
