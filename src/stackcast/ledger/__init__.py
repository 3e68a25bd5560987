"""Layers, payments, the two books and their identities."""
