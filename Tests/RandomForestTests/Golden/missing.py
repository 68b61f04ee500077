"""Tables with holes, and how often scikit-learn's forests are right on them: missing.json.

Each table is divided twenty times, and a forest of scikit-learn's is trained on the one part and
scored on the other. It takes missing numbers as they are (scikit-learn 1.4 and later) and a missing
level as a level of its own.
"""
import csv
import pathlib

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.preprocessing import OneHotEncoder

SEEDS = 20
TREES = 50
ROOT = pathlib.Path(__file__).parents[3]


def drugs():
    """The project's table, of which a fifth of all cells is removed."""
    levels = {"Sex": ["F", "M"], "BP": ["HIGH", "LOW", "NORMAL"], "Cholesterol": ["HIGH", "NORMAL"]}
    with open(ROOT / "data/drug200.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    fields = ["Age", "Sex", "BP", "Cholesterol", "Na_to_K"]
    values = np.array([
        [levels[field].index(row[field]) if field in levels else float(row[field]) for field in fields]
        for row in rows])
    names = sorted({row["Drug"] for row in rows})
    values[np.random.default_rng(1).random(values.shape) < 0.2] = np.nan
    return [levels.get(field, []) for field in fields], values, [names.index(row["Drug"]) for row in rows]


def tumours():
    """Every second row of thirty numbers to three digits, half of them missing in three of ten rows."""
    values, labels = load_breast_cancer(return_X_y=True)
    values, labels = values[::2], labels[::2]
    values = np.array([[float(f"{value:.3g}") for value in row] for row in values])
    holes = np.random.default_rng(2).random(values.shape) < 0.3
    holes[:, ::2] = False
    values[holes] = np.nan
    return [[]] * 30, values, labels.tolist()


def telling():
    """Four numbers; one is measured mostly where the class suggests it, one in half of the rows."""
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 3, 400)
    values = rng.normal(0, 1, (400, 4)) + np.array([[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0]])[labels]
    values = np.round(values, 2)
    values[rng.random(400) < np.array([0.8, 0.35, 0.05])[labels], 1] = np.nan
    values[rng.random(400) < 0.5, 2] = np.nan
    return [[]] * 4, values, labels.tolist()


def encode(levels, training, test):
    """The columns of both parts."""
    parts = []
    for feature, names in enumerate(levels):
        own, other = training[:, [feature]], test[:, [feature]]
        if names:
            encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(own)
            own, other = encoder.transform(own), encoder.transform(other)
        parts.append((own, other))
    return np.hstack([own for own, _ in parts]), np.hstack([other for _, other in parts])


def case(name, table):
    levels, values, labels = table
    target = np.array(labels)
    splitter = StratifiedShuffleSplit(SEEDS, test_size=0.3, random_state=0)
    tests = []
    accuracies = {"forest": [], "extra_trees": []}
    for seed, (training, test) in enumerate(splitter.split(values, target)):
        tests.append(sorted(test.tolist()))
        own, other = encode(levels, values[training], values[test])
        for kind, model in (("forest", RandomForestClassifier), ("extra_trees", ExtraTreesClassifier)):
            forest = model(TREES, random_state=seed, bootstrap=True).fit(own, target[training])
            accuracies[kind].append(round(forest.score(other, target[test]), 6))
    return {
        "name": name, "levels": levels, "labels": labels, "trees": TREES, "tests": tests,
        "values": [None if np.isnan(value) else value for value in values.ravel().tolist()],
        **accuracies,
    }


def cases():
    return {"tables": [
        case("drugs, a fifth of the cells missing", drugs()),
        case("tumours, half of the fields with holes", tumours()),
        case("missing where the class suggests it", telling()),
    ]}
