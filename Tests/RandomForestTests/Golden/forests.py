"""Forests, out-of-bag estimates and permutation importances over 200 seeds: forests.json.

What depends on chance is compared in distribution: each case states the mean, the variance and the
fourth central moment of some statistics over the seeds.
"""
import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.inspection import permutation_importance
from sklearn.tree import DecisionTreeClassifier

from datasets import TABLES

SEEDS = 200
FOREST, EXTRA = RandomForestClassifier, ExtraTreesClassifier
# A case with `drawn_rows` counts a row once for each time that it is drawn, where scikit-learn's
# forests count it once: its trees are fitted to the drawn rows themselves. Its class weights add up
# without rounding, or scikit-learn takes pure nodes for impure ones and splits them. Extra trees are
# asked about training rows, which `at_rows` says: between those scikit-learn draws the threshold and
# the library takes the middle.
CASES = [
    dict(name="numbers, some columns", table="numbers", rows=80, model=FOREST,
         parameters=dict(max_features="sqrt", max_leaf_nodes=30)),
    dict(name="numbers, few leaves", table="numbers", rows=60, model=FOREST,
         parameters=dict(max_features="sqrt", max_leaf_nodes=10)),
    dict(name="numbers, all columns", table="numbers", rows=80, model=FOREST,
         parameters=dict(max_features=None, max_leaf_nodes=30)),
    dict(name="numbers, every other setting", table="numbers", rows=80, model=FOREST,
         drawn_rows=True,
         parameters=dict(max_features=0.75, max_depth=5, criterion="entropy", min_samples_leaf=4,
                         min_samples_split=12, class_weight={0: 0.5, 1: 2.0, 2: 1.25})),
    dict(name="bins, some columns", table="categories", rows=120, binned=True, model=FOREST,
         parameters=dict(max_features="sqrt", max_leaf_nodes=30)),
    dict(name="bins, all columns", table="categories", rows=120, binned=True, model=FOREST,
         parameters=dict(max_features=None, max_leaf_nodes=30)),
    dict(name="numbers and one-hot columns", table="categories", rows=120, model=FOREST,
         parameters=dict(max_features="log2", max_leaf_nodes=12)),
    dict(name="extra trees on numbers", table="numbers", rows=80, at_rows=True, model=EXTRA,
         parameters=dict(max_features="sqrt", max_leaf_nodes=20, bootstrap=False)),
    dict(name="extra trees on drawn numbers", table="numbers", rows=80, at_rows=True, model=EXTRA,
         parameters=dict(max_features=None, max_depth=4, bootstrap=True)),
    dict(name="extra trees on bins", table="categories", rows=120, binned=True, model=EXTRA,
         parameters=dict(max_features="sqrt", max_leaf_nodes=30, bootstrap=True)),
]
SCORES = [
    "accuracy", "balanced_accuracy", "f1_macro", "matthews_corrcoef", "neg_log_loss", "roc_auc_ovr",
    "average_precision"]
TREES = 2
POINTS = 8


class Statistics:
    """Named numbers, one list of them a seed."""

    def __init__(self):
        self.names = []
        self.draws = []

    def add(self, named):
        self.names = list(named)
        self.draws.append(list(named.values()))

    def json(self):
        draws = np.array(self.draws, float)
        mean = draws.mean(0)
        return {
            "names": self.names, "count": len(draws), "means": mean.tolist(),
            "variances": draws.var(0, ddof=1).tolist(),
            "fourth_moments": ((draws - mean) ** 4).mean(0).tolist(),
        }


def probabilities_by_name(probabilities):
    return {
        f"probability of class {label} at point {point}": value
        for point, row in enumerate(probabilities) for label, value in enumerate(row)}


class Bagged:
    """Trees of scikit-learn's, each fitted to rows drawn with replacement."""

    def __init__(self, n_estimators, random_state, **parameters):
        self.rng = np.random.default_rng(random_state)
        self.count = n_estimators
        self.parameters = parameters

    def fit(self, columns, labels):
        self.estimators_ = []
        for _ in range(self.count):
            rows = self.rng.integers(0, len(labels), len(labels))
            self.estimators_.append(DecisionTreeClassifier(
                random_state=int(self.rng.integers(1 << 31)), **self.parameters,
            ).fit(columns[rows], labels[rows]))

    def predict_proba(self, points):
        return np.mean([tree.predict_proba(points) for tree in self.estimators_], 0)

    def score(self, columns, labels):
        return (self.predict_proba(columns).argmax(1) == labels).mean()

    @property
    def feature_importances_(self):
        return np.mean([tree.feature_importances_ for tree in self.estimators_], 0)


def forest(case):
    table = TABLES[case["table"]]
    binned, rows = case.get("binned", False), case["rows"]
    columns, features = table.encode(table.values[:rows], binned)
    labels = table.labels[:rows]
    points = columns if case.get("at_rows") else table.encode(table.grid, binned)[0]
    statistics = Statistics()
    for seed in range(SEEDS):
        kind = Bagged if case.get("drawn_rows") else case["model"]
        model = kind(n_estimators=TREES, random_state=seed, **case["parameters"])
        model.fit(columns, labels)
        importances = np.bincount(features, model.feature_importances_)
        deviations = np.std(
            [np.bincount(features, tree.feature_importances_) for tree in model.estimators_], 0)
        statistics.add({
            **probabilities_by_name(model.predict_proba(points[:POINTS])),
            **{f"importance of input {i}": value for i, value in enumerate(importances)},
            **{f"deviation of input {i}": value for i, value in enumerate(deviations)},
            "nodes": sum(tree.tree_.node_count for tree in model.estimators_),
            "training accuracy": model.score(columns, labels),
        })
    parameters = dict(case["parameters"])
    parameters.setdefault("bootstrap", True)
    if "class_weight" in parameters:
        parameters["class_weight"] = list(parameters["class_weight"].values())
    parameters["max_features"] = str(parameters["max_features"] or "all")
    return {
        "name": case["name"], "table": case["table"], "rows": rows, "binned": binned,
        "at_rows": case.get("at_rows", False), "trees": TREES, "points": POINTS,
        "extra_trees": case["model"] is EXTRA, "parameters": parameters,
        "statistics": statistics.json(),
    }


def out_of_bag(name, rows, weighted):
    """Rows of weight w are w rows here, and their mean is the row's estimate."""
    table = TABLES["numbers"]
    weights = table.weights[:rows] if weighted else np.ones(rows, int)
    owners = np.repeat(np.arange(rows), weights)
    columns, labels = table.values[owners], table.labels[owners]
    statistics = Statistics()
    for seed in range(SEEDS):
        model = FOREST(
            n_estimators=25, max_leaf_nodes=10, max_features="sqrt", oob_score=True,
            random_state=seed).fit(columns, labels)
        own = model.oob_decision_function_
        assert (own.sum(1) > 0.5).all(), "a row that every tree has seen"
        named = probabilities_by_name(
            np.array([own[owners == row].mean(0) for row in range(POINTS)]))
        named["probability of the right class"] = own[np.arange(len(own)), labels].mean()
        if not weighted:
            named["score"] = model.oob_score_
        statistics.add(named)
    return {
        "name": name, "table": "numbers", "rows": rows, "weighted": weighted, "trees": 25,
        "max_leaf_nodes": 10, "points": POINTS, "statistics": statistics.json(),
    }


def permutation(score, rows=60, repeats=3):
    """Of a tree without chance, the first case of trees.json, on its own rows."""
    table = TABLES["numbers"]
    tree = DecisionTreeClassifier(random_state=0, max_leaf_nodes=12).fit(
        table.values, table.labels)
    statistics = Statistics()
    for seed in range(SEEDS):
        found = permutation_importance(
            tree, table.values[:rows], table.labels[:rows], scoring=score, n_repeats=repeats,
            random_state=seed)
        statistics.add({
            **{f"mean of input {i}": value for i, value in enumerate(found.importances_mean)},
            **{f"deviation of input {i}": value for i, value in enumerate(found.importances_std)},
        })
    return {
        "score": score, "rows": rows, "repeats": repeats, "statistics": statistics.json()}


def cases():
    return {
        "forests": [forest(case) for case in CASES],
        "out_of_bag": [
            out_of_bag("single rows", 60, False), out_of_bag("weighted rows", 40, True)],
        "permutations": [permutation(score) for score in SCORES],
    }
