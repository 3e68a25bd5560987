"""What is kept of a run: yearly figures derived on every trajectory, histograms, moments, digest."""
