"""Who gets which place: the best assignment of parties to free minutes.

SciPy solves it exactly for parties of one size: each slot stands there once per party of
that size that it can hold. Larger parties choose first, for they fit into fewer places.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

NO_PLACE = 1e7  # dearer than any place: somebody goes without only when nothing is left
Costs = NDArray[np.float64]


def assign(costs: Costs, sizes: list[int], room: list[int]) -> list[int | None]:
    """The column of each row; None: nothing is left that would do.

    `costs[row, column]` is infinite where the row cannot go; a row takes `sizes[row]`
    minutes of the column's `room`. No column ever gives more than it has.
    """
    left, found = list(room), list[int | None]([None] * len(sizes))
    for size in sorted(set(sizes), reverse=True):
        rows = [row for row, one in enumerate(sizes) if one == size]
        for row, column in _of_one_size(costs[rows], [minutes // size for minutes in left]):
            found[rows[row]] = column
            left[column] -= size
    return found


def _of_one_size(costs: Costs, copies: list[int]) -> list[tuple[int, int]]:
    """Pairs of row and column, at the least cost in all."""
    rows = costs.shape[0]
    columns = [
        column
        for column, count in enumerate(copies)
        for _copy in range(min(count, rows))
        if np.isfinite(costs[:, column]).any()
    ]
    places = costs[:, columns]
    nothing = np.full((rows, rows), np.inf)
    np.fill_diagonal(nothing, NO_PLACE)
    chosen = linear_sum_assignment(np.hstack([places, nothing]))
    return [
        (int(row), columns[column])
        for row, column in zip(*chosen, strict=True)
        if column < len(columns)
    ]
