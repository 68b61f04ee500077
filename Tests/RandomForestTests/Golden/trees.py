"""Single trees without chance: trees.json.

A case counts only when no split of it is tied, since scikit-learn orders columns at random. That is
checked twice: several seeds must give one tree, and at each node the best way to divide the samples
must beat every other way.
"""
import numpy as np
from sklearn.tree import DecisionTreeClassifier

from datasets import TABLES

SEEDS = 5
# name, table, scikit-learn's parameters, how weights count
CASES = [
    ("best first", "numbers", dict(max_leaf_nodes=12), None),
    ("best first by entropy", "numbers", dict(max_leaf_nodes=12, criterion="entropy"), None),
    ("a depth", "numbers", dict(max_depth=4), None),
    ("a depth by entropy", "numbers", dict(max_depth=3, criterion="entropy"), None),
    ("a depth and a number of leaves", "numbers", dict(max_depth=3, max_leaf_nodes=6), None),
    ("samples per split", "numbers", dict(min_samples_split=30), None),
    ("samples per leaf", "numbers", dict(min_samples_leaf=20), None),
    ("samples per leaf, best first by entropy", "numbers",
     dict(min_samples_leaf=6, max_leaf_nodes=9, criterion="entropy"), None),
    ("an impurity decrease", "numbers", dict(min_impurity_decrease=0.012), None),
    ("an impurity decrease by entropy", "numbers",
     dict(min_impurity_decrease=0.03, criterion="entropy"), None),
    ("balanced classes", "numbers", dict(max_leaf_nodes=10, class_weight="balanced"), None),
    ("weighted classes by entropy", "numbers",
     dict(max_leaf_nodes=8, class_weight={0: 0.5, 1: 3.0, 2: 1.25}, criterion="entropy"), None),
    ("weighted classes and an impurity decrease", "numbers",
     dict(min_impurity_decrease=0.011, class_weight={0: 2.0, 1: 0.75, 2: 1.0}), None),
    ("weighted rows", "numbers", dict(max_leaf_nodes=12), "sample_weight"),
    ("weighted rows by entropy", "numbers",
     dict(max_leaf_nodes=10, criterion="entropy"), "sample_weight"),
    ("weighted rows as repeated rows", "numbers",
     dict(min_samples_leaf=14, min_samples_split=40), "repeated"),
    ("weighted rows of balanced classes", "numbers",
     dict(max_leaf_nodes=9, class_weight="balanced"), "repeated"),
    ("pure leaves", "column", dict(), None),
    ("numbers and one-hot columns", "categories", dict(max_leaf_nodes=9), None),
    ("more values than 256", "fine", dict(max_leaf_nodes=14), None),
    ("pruned", "numbers", dict(ccp_alpha=0.008), None),
    ("pruned by entropy", "numbers", dict(ccp_alpha=0.03, criterion="entropy"), None),
    ("pruned, of a number of leaves", "numbers", dict(ccp_alpha=0.01, max_leaf_nodes=12), None),
    ("pruned, of balanced classes", "numbers", dict(ccp_alpha=0.012, class_weight="balanced"), None),
    ("pruned, of weighted rows", "numbers", dict(ccp_alpha=0.011), "sample_weight"),
    ("real weights", "numbers", dict(max_leaf_nodes=12), "inverse"),
    ("real weights by entropy", "numbers", dict(max_leaf_nodes=9, criterion="entropy"), "inverse"),
    ("real weights and an impurity decrease", "numbers", dict(min_impurity_decrease=0.012), "inverse"),
    ("real weights of weighted classes, pruned", "numbers",
     dict(ccp_alpha=0.011, class_weight={0: 2.0, 1: 0.75, 2: 1.0}), "inverse"),
    ("up and down", "two classes", dict(monotonic_cst=[1, -1, 0, 0], max_leaf_nodes=14), None),
    ("up and down, an impurity decrease", "two classes",
     dict(monotonic_cst=[1, -1, 0, 0], min_impurity_decrease=0.004), None),
    ("down, against the data, by entropy", "two classes",
     dict(monotonic_cst=[0, 0, -1, 0], criterion="entropy", max_leaf_nodes=12), None),
    ("up, of weighted rows and classes", "two classes",
     dict(monotonic_cst=[1, 0, 1, 0], class_weight={0: 1.0, 1: 2.5}, max_leaf_nodes=12), "sample_weight"),
]


def ways(columns, labels, weights, parameters):
    """The impurity removed by each way to divide some samples, keyed by the division."""
    def entropy(p):
        return -(p[p > 0] * np.log2(p[p > 0])).sum()

    def impurity(mask):
        counts = np.bincount(labels[mask], weights[mask])
        p = counts / counts.sum()
        value = entropy(p) if parameters.get("criterion") == "entropy" else 1 - (p * p).sum()
        return value * counts.sum()

    least = parameters.get("min_samples_leaf", 1)
    whole = impurity(np.ones(len(labels), bool))
    found = {}
    for column in columns.T:
        for value in np.unique(column)[:-1]:
            left = column <= value
            if min(left.sum(), (~left).sum()) < least:
                continue
            key = (left if left[0] else ~left).tobytes()
            if key not in found:
                found[key] = whole - impurity(left) - impurity(~left)
    return found


def check_untied(tree, columns, labels, weights, parameters):
    """Fails when another tree would have been as good."""
    path = tree.decision_path(columns).toarray().astype(bool)
    margin = 1e-9 * weights.sum()
    split, kept = [], []
    for node in range(tree.tree_.node_count):
        inside = path[:, node]
        if len(set(labels[inside])) == 1:
            continue
        gains = sorted(
            ways(columns[inside], labels[inside], weights[inside], parameters).values())
        is_leaf = tree.tree_.children_left[node] < 0
        if not is_leaf and columns.shape[1] > 1:
            assert len(gains) < 2 or gains[-1] - gains[-2] > margin, "two splits tie"
        (kept if is_leaf else split).extend(gains[-1:])
    if "max_leaf_nodes" in parameters:
        gap = min((abs(a - b) for a in split for b in kept), default=1)
        assert gap > margin, "two leaves tie for the last split"


def case(name, table_name, parameters, weighting):
    table = TABLES[table_name]
    columns, features = table.encode(table.values)
    labels, weights = table.labels, np.ones(len(table.labels))
    if weighting == "repeated":
        columns, labels = (np.repeat(a, table.weights, axis=0) for a in (columns, labels))
        weights = np.ones(len(labels))
    elif weighting == "sample_weight":
        weights = table.weights.astype(float)
    elif weighting == "inverse":
        weights = 1 / table.weights
    trees = [
        DecisionTreeClassifier(random_state=seed, **parameters).fit(
            columns, labels, sample_weight=weights)
        for seed in range(SEEDS)]
    grid, _ = table.encode(table.grid)
    probabilities = trees[0].predict_proba(grid)
    importances = np.bincount(features, trees[0].feature_importances_)
    for other in trees[1:]:
        assert np.abs(other.predict_proba(grid) - probabilities).max() < 1e-12, name
        assert other.tree_.node_count == trees[0].tree_.node_count, name
        own = np.bincount(features, other.feature_importances_)
        assert np.abs(own - importances).max() < 1e-12, name
    class_weight = parameters.get("class_weight")
    counting = weights
    if class_weight == "balanced":
        counting = weights * (len(labels) / (table.class_count * np.bincount(labels)))[labels]
    elif class_weight:
        counting = weights * np.array([class_weight[label] for label in labels])
    # The best way under a constraint is for the seeds alone to tell.
    if "monotonic_cst" not in parameters:
        check_untied(trees[0], columns, labels, counting, parameters)
    return {
        "name": name, "table": table_name, "weighting": weighting,
        "parameters": {
            key: list(value.values()) if isinstance(value, dict) else value
            for key, value in parameters.items() if value != "balanced"},
        "balanced": class_weight == "balanced",
        "node_count": int(trees[0].tree_.node_count),
        "importances": importances.tolist(), "probabilities": probabilities.ravel().tolist(),
    }


def cases():
    return {"cases": [case(*entry) for entry in CASES]}
