"""Data sets, labels, splits and subsets."""
