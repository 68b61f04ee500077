"""The tables that the golden cases share: datasets.json.

Every number is a whole multiple of 1/64, so that scikit-learn's Float32 holds it exactly.
"""
import numpy as np


class Table:
    """Rows of numbers and levels with a class label and a weight each.

    `levels` has one entry a feature: the names of a categorical one, none for a number.
    `edges` has one entry a feature: where its right-closed bins end, none for no bins.
    """

    def __init__(self, levels, edges, values, labels, weights=None, grid=None):
        self.levels = levels
        self.edges = edges
        self.values = np.asarray(values, float)
        self.labels = np.asarray(labels)
        self.weights = np.ones(len(labels), int) if weights is None else np.asarray(weights)
        self.grid = self.values if grid is None else np.asarray(grid, float)
        assert (self.values.astype(np.float32) == self.values).all()

    @property
    def class_count(self):
        return int(self.labels.max()) + 1

    def encode(self, values, binned=False):
        """The columns that trees split, and for each the feature it belongs to."""
        columns, features = [], []
        for feature, (levels, edges) in enumerate(zip(self.levels, self.edges)):
            own = values[:, feature]
            if levels:
                hot = own.astype(int)
                width = len(levels)
            elif binned:
                hot = np.searchsorted(edges, own, side="left")
                width = len(edges) + 1
            else:
                columns.append(own[:, None])
                features.append(feature)
                continue
            columns.append(np.eye(width)[hot])
            features += [feature] * width
        return np.hstack(columns), np.array(features)

    def json(self):
        return {
            "levels": self.levels, "edges": self.edges, "values": self.values.ravel().tolist(),
            "labels": self.labels.tolist(), "weights": self.weights.tolist(),
            "grid": [] if self.grid is self.values else self.grid.ravel().tolist(),
        }


def numbers():
    """Four numbers, three classes, a quarter of the labels at random, rows of one to four samples."""
    rng = np.random.default_rng(5)
    values = rng.integers(0, 640, (240, 4)) / 8
    labels = np.where(values[:, 0] + values[:, 1] > 90, 2, np.where(values[:, 2] > 35, 1, 0))
    noisy = rng.random(len(labels)) < 0.25
    labels[noisy] = rng.integers(0, 3, noisy.sum())
    return Table(
        [[]] * 4, [[]] * 4, values, labels, rng.integers(1, 5, len(labels)),
        rng.integers(0, 1280, (50, 4)) / 16)


def column():
    """One number, so that no two columns can tie, in a tree of pure leaves."""
    rng = np.random.default_rng(2)
    values = rng.permutation(400)[:90, None] / 4
    labels = (values[:, 0] // 20 + (rng.random(90) < 0.2)).astype(int) % 3
    return Table([[]], [[]], values, labels, grid=np.arange(0, 404, 7)[:, None] / 4)


def categories():
    """Two numbers with bins and two categorical features."""
    rng = np.random.default_rng(3)
    values = np.column_stack([
        rng.integers(15, 75, 120), rng.integers(320, 2560, 120) / 64, rng.integers(0, 4, 120),
        rng.integers(0, 3, 120)])
    labels = np.where(
        values[:, 1] > 22, 0, np.where(values[:, 2] == 3, np.where(values[:, 0] > 50, 1, 2),
                                       np.where(values[:, 3] == 1, 3, 2)))
    noisy = rng.random(len(labels)) < 0.15
    labels[noisy] = rng.integers(0, 4, noisy.sum())
    grid = np.column_stack([
        rng.integers(10, 80, 40), rng.integers(256, 2624, 40) / 64, rng.integers(0, 4, 40),
        rng.integers(0, 3, 40)])
    return Table(
        [[], [], ["w", "x", "y", "z"], ["p", "q", "r"]],
        [[19, 29, 39, 49, 59, 69], [9, 19, 29], [], []], values, labels, grid=grid)


def fine():
    """Two numbers of more distinct values than get a code each by default."""
    rng = np.random.default_rng(2)
    values = np.column_stack([rng.permutation(2048)[:500], rng.permutation(2048)[:500]]) / 64
    labels = ((values[:, 0] > 16).astype(int) + (values[:, 1] > 20)) % 3
    noisy = rng.random(len(labels)) < 0.2
    labels[noisy] = rng.integers(0, 3, noisy.sum())
    return Table([[]] * 2, [[]] * 2, values, labels)


def two_classes():
    """Four numbers and two classes, likelier with the first number and less so with the second."""
    rng = np.random.default_rng(8)
    values = rng.integers(0, 640, (240, 4)) / 8
    odds = (values[:, 0] - values[:, 1]) / 25 + np.sin(values[:, 2] / 8)
    labels = (rng.random(240) < 1 / (1 + np.exp(-odds))).astype(int)
    return Table(
        [[]] * 4, [[]] * 4, values, labels, rng.integers(1, 5, len(labels)),
        rng.integers(0, 1280, (50, 4)) / 16)


def unbalanced(levels):
    """Classes of 30, 12 and 4 rows; features that have levels are categorical."""
    rng = np.random.default_rng(6)
    labels = np.repeat([0, 1, 2], [30, 12, 4])
    spread = np.where(labels == 1, 1.0, 2.0)[:, None]
    values = np.round((rng.normal(0, 8, (46, len(levels))) * spread + labels[:, None] * 5) * 64) / 64
    for feature, names in enumerate(levels):
        if names:
            values[:, feature] = rng.integers(0, len(names), len(labels))
    return Table(levels, [[]] * len(levels), values, labels, rng.integers(1, 4, len(labels)))


TABLES = {
    "numbers": numbers(), "column": column(), "categories": categories(), "fine": fine(),
    "two classes": two_classes(),
    "unbalanced": unbalanced([[], [], []]),
    "unbalanced levels": unbalanced([[], ["p", "q", "r"], [], ["s", "t"]]),
    "mostly levels": unbalanced([[], ["p", "q", "r"], ["s", "t"], ["u", "v"]]),
}


def cases():
    return {"tables": {name: table.json() for name, table in TABLES.items()}}
