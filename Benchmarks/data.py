"""The tables that the benchmarks train on, drawn with fixed seeds.

drug: rows drawn column by column from drug200's own values and labelled by the rule that its labels
follow, 5% of them at random. synthetic and numbers: scikit-learn's make_classification. levels: a
category of many levels, each with a class of its own inclination, before some numbers. A fifth more
rows are the test part.
"""
from pathlib import Path

import numpy as np
import pandas as pd

DRUG200 = Path(__file__).resolve().parent.parent / "data" / "drug200.csv"
LEVELS = {"Sex": ["F", "M"], "BP": ["HIGH", "LOW", "NORMAL"], "Cholesterol": ["HIGH", "NORMAL"]}
DRUGS = ["DrugY", "drugA", "drugB", "drugC", "drugX"]
BINS = {"Age": [19, 29, 39, 49, 59, 69], "Na_to_K": [9, 19, 29]}


def drug(rows):
    """Five measured columns (categories as level indices, Age, Na_to_K) and the class indices."""
    rng = np.random.default_rng(rows)
    table = pd.read_csv(DRUG200)
    count = rows + rows // 5
    drawn = {name: rng.choice(table[name].to_numpy(), count) for name in table.columns[:5]}
    age, ratio = drawn["Age"].astype(float), drawn["Na_to_K"]
    pressure, cholesterol = drawn["BP"], drawn["Cholesterol"]
    label = np.where(
        ratio >= 15, 0,
        np.where(pressure == "HIGH", np.where(age <= 50, 1, 2),
                 np.where((pressure == "LOW") & (cholesterol == "HIGH"), 3, 4)))
    noise = rng.random(count) < 0.05
    label = np.where(noise, rng.integers(0, 5, count), label)
    codes = [np.searchsorted(levels, drawn[name]) for name, levels in LEVELS.items()]
    return split(np.column_stack([*codes, age, ratio]).astype(np.float64), label, rows)


def synthetic(rows):
    """28 numeric columns and two classes."""
    from sklearn.datasets import make_classification
    count = rows + rows // 5
    X, y = make_classification(
        n_samples=count, n_features=28, n_informative=12, n_redundant=6, n_classes=2,
        n_clusters_per_class=3, flip_y=0.02, class_sep=0.8, random_state=0)
    # Single precision, since some peers know no other: all are given the same numbers.
    return split(X.astype(np.float32).astype(np.float64), y, rows)


def numbers(rows, columns, classes):
    """Numeric columns, as many of them informative as so many classes need."""
    from sklearn.datasets import make_classification
    count = rows + rows // 5
    informative = min(columns, max(5, int(np.ceil(np.log2(classes))) + 1))
    X, y = make_classification(
        n_samples=count, n_features=columns, n_informative=informative, n_redundant=0,
        n_classes=classes, n_clusters_per_class=1, class_sep=1.5, random_state=0)
    return split(X.astype(np.float32).astype(np.float64), y, rows)


def levels(rows, levels, columns):
    """A column of level indices and numeric columns, two classes."""
    rng = np.random.default_rng(levels)
    count = rows + rows // 5
    level = rng.integers(0, levels, count)
    X = rng.standard_normal((count, columns)).astype(np.float32).astype(np.float64)
    inclination = rng.standard_normal(levels)
    y = inclination[level] + X[:, :3].sum(1) / 2 + rng.standard_normal(count) / 2 > 0
    return split(np.column_stack([level, X]), y, rows)


def minority(rows, columns):
    """Uniform numbers: a class of so many rows, and one of twice as many."""
    X = np.random.default_rng(rows).random((3 * rows, columns))
    y = (np.arange(3 * rows) < rows).astype(np.int32)
    return (X, y), (X[:1], y[:1])


def named(name):
    """A table by its name, as numbers-50000-20-100 or levels-50000-2000-5."""
    kind, *sizes = name.split("-")
    kinds = {"drug": drug, "synthetic": synthetic, "numbers": numbers, "levels": levels,
             "minority": minority}
    return kinds[kind](*map(int, sizes))


def split(X, y, rows):
    y = y.astype(np.int32)
    return (X[:rows], y[:rows]), (X[rows:], y[rows:])


def encoded(X, features):
    """What the peers train on: 18 one-hot columns of bins, or 9 columns with both numbers as is."""
    parts = [np.eye(len(levels), dtype=np.float32)[X[:, i].astype(int)]
             for i, levels in enumerate(LEVELS.values())]
    for column, edges in zip((3, 4), BINS.values()):
        if features == "binned":
            bins = np.searchsorted(edges, X[:, column], side="left")
            parts.append(np.eye(len(edges) + 1, dtype=np.float32)[bins])
        else:
            parts.append(X[:, [column]].astype(np.float32))
    return np.hstack(parts)


def save(folder, train, test):
    """Raw files for forest-bench: values as Float64 and classes as Int32, row by row."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (X, y) in (("train", train), ("test", test)):
        np.ascontiguousarray(X, np.float64).tofile(folder / f"{name}.values")
        np.ascontiguousarray(y, np.int32).tofile(folder / f"{name}.labels")
