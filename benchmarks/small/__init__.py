"""A small job that every Monte Carlo package can do, with a closed form to check each against."""
