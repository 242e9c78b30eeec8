"""A generated collection about a company that does not exist, for trying out a review."""
