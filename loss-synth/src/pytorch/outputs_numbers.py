class Outputs(nn.Module):
    """Numbers, made from raw outputs."""

    def region(self, z, region):
        """(N): by how much the numbers lie in a region: inside all of its bounds."""
        margins = [torch.full_like(z[:, 0], math.inf)]
        for at, low, high in region:
            ends = [None if end is None else compared_bound(at, end[0]) for end in (low, high)]
            margins.append(inside(z[:, at], *ends))
        return torch.stack(margins, -1).min(-1).values

    def is_inside(self, truth, region):
        """(N): whether true numbers lie in a region."""
        within = torch.ones_like(truth[:, 0], dtype=torch.bool)
        for at, low, high in region:
            within = within & holds(truth[:, at], low, high)
        return within
