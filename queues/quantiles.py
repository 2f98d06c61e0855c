"""Learns how long a wait will be from what was known of it: its half and its nine-in-ten.

Gradient boosting with the loss of quantiles, on numpy alone: small trees that ask the same
questions on a level (so that their leaves are a table), over features cut into at most
BINS steps. A leaf holds the quantile of what is still missing there. The same features and
minutes give the same answer to the bit.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HALF, MOST = 0.5, 0.9
BINS = 32
DEPTHS = {HALF: 5, MOST: 4}  # of trees: few rows say where the nine-in-ten is
TREES = 160
STEP = 0.07  # how much of a leaf's answer is believed
ROWS_OF, COLUMNS_OF, FEW_COLUMNS = 0.5, 0.3, 8  # what a tree gets to see of all
CALM = 20.0  # rows that a leaf is pulled towards "nothing is missing" by
FEWEST = 60  # rows below which all get the same answer
SEED = 20200115


@dataclass(frozen=True)
class Forest:
    """What was learned for one quantile: a first answer, and trees that mend it."""

    start: float
    columns: Ints  # trees x depth
    steps: Ints  # trees x depth: right when the feature's step is beyond
    leaves: Floats  # trees x 2**depth

    def answer(self, binned: Ints) -> Floats:
        if not len(self.columns):
            return np.full(len(binned), self.start)
        powers = _powers(self.columns.shape[1])
        trees = np.arange(len(self.columns))
        made = np.empty(len(binned))
        for first in range(0, len(binned), 512):
            part = binned[first : first + 512]
            leaf = (part[:, self.columns] > self.steps) @ powers
            made[first : first + 512] = self.start + self.leaves[trees, leaf].sum(1)
        return made


@dataclass(frozen=True)
class Quantiles:
    """Answers minutes for rows of features: (half of all within, nine in ten within)."""

    edges: list[Floats]
    half: Forest
    most: Forest

    def predict(self, features: Any, scale: Floats | None = None) -> tuple[Floats, Floats]:
        """Never below 0, never most below half. `scale` must be given when `fit` had one."""
        binned = _binned(np.asarray(features, float), self.edges)
        size = 1.0 if scale is None else scale
        half = np.maximum(self.half.answer(binned), 0) * size
        return half, np.maximum(self.most.answer(binned) * size, half)


def fit(features: Any, minutes: Any, *, scale: Floats | None = None) -> Quantiles:
    """Learns from rows of features and the minutes that each has taken.

    With a `scale` (positive minutes, one a row) the answer is learned as a multiple of it, so that
    it goes on where no row has been yet. A feature that is not known is nan.
    """
    known, waited = np.asarray(features, float), np.asarray(minutes, float)
    weight = np.ones(len(waited)) if scale is None else np.asarray(scale, float)
    edges = [_edges(column) for column in known.T]
    binned = _binned(known, edges)
    half, most = (_forest(binned, waited / weight, weight, level) for level in (HALF, MOST))
    return Quantiles(edges, half, most)


def _edges(column: Floats) -> Floats:
    """Where a feature is cut: between its values, as many below as above where it can be."""
    values = column[~np.isnan(column)]
    if not len(values):
        return np.empty(0)
    apart = np.unique(values)
    if len(apart) < BINS - 1:
        cuts: Floats = (apart[1:] + apart[:-1]) / 2
        return cuts
    return np.unique(np.quantile(values, np.linspace(0, 1, BINS - 1)[1:-1]))


def _binned(features: Floats, edges: list[Floats]) -> Ints:
    """The step of each value, from 1; 0 is "not known"."""
    made = np.zeros(features.shape, np.int64)
    for place, cuts in enumerate(edges):
        column = features[:, place]
        made[:, place] = np.where(np.isnan(column), 0, 1 + np.searchsorted(cuts, column))
    return made


def _forest(binned: Ints, waited: Floats, weight: Floats, level: float) -> Forest:
    rows, columns = binned.shape
    if not rows:
        return _nothing(0.0)
    start = float(_quantile(waited, weight, level))
    if rows < FEWEST or not columns:
        return _nothing(start)
    chance = np.random.default_rng(SEED)
    cells = binned + np.arange(columns) * BINS
    answer = np.full(rows, start)
    some = min(columns, max(FEW_COLUMNS, int(columns * COLUMNS_OF)))
    trees = []
    for _ in range(TREES):
        seen = np.sort(chance.choice(rows, max(FEWEST // 2, int(rows * ROWS_OF)), replace=False))
        asked = np.sort(chance.choice(columns, some, replace=False))
        missing = waited - answer
        pull = (weight * _pull(missing, level))[seen]
        column, step = _questions(cells, seen, asked, pull, weight, DEPTHS[level])
        leaf = (binned[:, column] > step) @ _powers(len(column))
        leaves = STEP * _leaves(leaf[seen], missing[seen], weight[seen], level)
        answer += leaves[leaf]
        trees.append((column, step, leaves))
    return Forest(start, *(np.array(part) for part in zip(*trees, strict=True)))


def _nothing(start: float) -> Forest:
    none = np.empty((0, 0), np.int64)
    return Forest(start, none, none, np.empty((0, 1)))


def _powers(depth: int) -> Ints:
    """What the answer to each of a tree's questions counts in the number of its leaf."""
    powers: Ints = 2 ** np.arange(depth - 1, -1, -1)
    return powers


def _pull(missing: Floats, level: float) -> Floats:
    """Which way each row pulls its answer, by the loss of this quantile."""
    return np.where(missing > 0, level, level - 1)


def _questions(
    cells: Ints, seen: Ints, asked: Ints, pull: Floats, weight: Floats, depth: int
) -> tuple[Ints, Ints]:
    """The questions (feature, step) that part the pulls best, one after the other."""
    width = len(asked) * BINS
    # a tree's own columns, side by side
    mine = cells[np.ix_(seen, asked)] - asked * BINS + np.arange(len(asked)) * BINS
    heavy, pulls = (np.repeat(part, len(asked)) for part in (weight[seen], pull))
    leaf = np.zeros(len(seen), np.int64)
    column, step = [], []
    for level in range(depth):
        place = (mine + leaf[:, None] * width).ravel()
        shape = (2**level, len(asked), BINS)
        pulled = np.bincount(place, pulls, shape[0] * width).reshape(shape)
        weighed = np.bincount(place, heavy, shape[0] * width).reshape(shape)
        best = int(np.argmax(_gain(pulled, weighed)))
        feature, cut = divmod(best, BINS)
        column.append(asked[feature])
        step.append(cut)
        leaf = leaf * 2 + (mine[:, feature] - feature * BINS > cut)
    return np.array(column), np.array(step)


def _gain(pulled: Floats, weighed: Floats) -> Floats:
    """How well each cut parts the pulls, over all leaves together."""
    left, left_weight = pulled.cumsum(2), weighed.cumsum(2)
    right, right_weight = left[:, :, -1:] - left, left_weight[:, :, -1:] - left_weight
    both = left**2 / (left_weight + CALM) + right**2 / (right_weight + CALM)
    return both.sum(0).ravel()


def _leaves(leaf: Ints, missing: Floats, weight: Floats, level: float) -> Floats:
    """The quantile of what is missing in each leaf, less where few are in it."""
    order = np.lexsort((missing, leaf))
    sizes = np.bincount(leaf, minlength=2 ** DEPTHS[level])
    made = np.zeros(2 ** DEPTHS[level])
    ends = np.cumsum(sizes)
    for place in np.flatnonzero(sizes):
        mine = order[ends[place] - sizes[place] : ends[place]]
        found = _quantile(missing[mine], weight[mine], level, in_order=True)
        made[place] = found * sizes[place] / (sizes[place] + CALM)
    return made


def _quantile(values: Floats, weight: Floats, level: float, *, in_order: bool = False) -> float:
    """The least value that this part of the weight does not exceed."""
    if not in_order:
        order = np.argsort(values, kind="stable")
        values, weight = values[order], weight[order]
    heaped = np.cumsum(weight)
    return float(values[min(np.searchsorted(heaped, level * heaped[-1]), len(values) - 1)])
