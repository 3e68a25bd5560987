"""Benchmarks: ratios measured in one process, never absolute seconds."""
