"""A night in several processes: the parent hands out municipalities and turns, workers survey and commit, the parent publishes."""
