"""A linear program that grows by blocks, solved by HiGHS."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from appointments.rebalancing.costing import Array


@dataclass
class Program:
    """A linear program that grows: costs, limits of variables, rows `coefficients <= most`."""

    costs: list[Array] = field(default_factory=list)
    highs: list[Array] = field(default_factory=list)
    rows: list[Any] = field(default_factory=list)
    columns: list[Any] = field(default_factory=list)
    values: list[Array] = field(default_factory=list)
    most: list[Array] = field(default_factory=list)
    size: int = 0
    height: int = 0

    def variables(self, cost: Array, high: Array | None = None) -> Any:
        """As many as there are costs, from 0 to `high`; their numbers."""
        self.costs.append(cost.ravel())
        self.highs.append((np.full(cost.shape, np.inf) if high is None else high).ravel())
        numbers = np.arange(self.size, self.size + cost.size).reshape(cost.shape)
        self.size += cost.size
        return numbers

    def at_most(self, most: Array, *terms: tuple[Any, Any]) -> None:
        """A row for each of `most`; each term adds its variables times its values to them.

        Terms have the shape of `most`, or one axis more at the end, which is added up."""
        rows = np.arange(self.height, self.height + most.size).reshape(most.shape)
        for numbers, values in terms:
            there = rows[..., None] if numbers.ndim > rows.ndim else rows
            self.rows.append(np.broadcast_to(there, numbers.shape).ravel())
            self.columns.append(numbers.ravel())
            self.values.append(np.broadcast_to(values, numbers.shape).astype(float).ravel())
        self.most.append(most.ravel())
        self.height += most.size

    def solved(self) -> Array | None:
        """The variables at the optimum; None when HiGHS finds none."""
        matrix = coo_array(
            (
                np.concatenate(self.values),
                (np.concatenate(self.rows), np.concatenate(self.columns)),
            ),
            shape=(self.height, self.size),
        ).tocsr()
        highs = np.concatenate(self.highs)
        found = linprog(
            np.concatenate(self.costs),
            A_ub=matrix,
            b_ub=np.concatenate(self.most),
            bounds=np.column_stack([np.zeros_like(highs), highs]),
            method="highs",
        )
        return found.x if found.status == 0 else None
