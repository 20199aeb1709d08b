"""Medians over the rounds, and ratios of samples of the same round."""

from statistics import median


def values(samples, name):
    return [sample[name] for sample in samples]


def middle(samples, name):
    return median(values(samples, name))


def ratio(numerators, denominators):
    """The median of the ratios of each round. Where one was measured in fewer rounds, of those."""
    return median(one / other for one, other in zip(numerators, denominators))


def best(floor, name="rate", better=max):
    """The best value over the numbers of clients, round by round."""
    return [better(found) for found in zip(*(values(samples, name) for samples in floor.values()))]


def growths(growth, operation, connections):
    """p50 by size, over that of the smallest size."""
    first, *_ = growth.values()
    smallest = values(first[operation][connections], "p50")
    return {size: ratio(values(found[operation][connections], "p50"), smallest) for size, found in growth.items()}
