"""The variance of a mean of values that are not independent: the seeds of one problem."""

import math
from collections.abc import Collection


def clustered_variance(clusters: Collection[tuple[float, float]]) -> float:
    """Of the mean of all values, each cluster as the sum of its values and how many they are.

    Cluster-robust, without a correction for few clusters (Miller 2024, "Adding Error Bars to
    Evals"). At least one value.
    """
    size = sum(count for _, count in clusters)
    mean = math.fsum(total for total, _ in clusters) / size
    squares = ((total - mean * count) ** 2 for total, count in clusters)
    return math.fsum(squares) / size**2  # exact sums: the order of the clusters changes nothing
