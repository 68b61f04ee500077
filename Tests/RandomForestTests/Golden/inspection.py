"""What scikit-learn finds by looking into its own forests: inspection.json.

The forests are stated with their trees, so that the library looks into the same ones.
"""
import re

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import partial_dependence
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import export_graphviz, export_text

from datasets import TABLES

# name, table, scikit-learn's parameters
FORESTS = [
    ("numbers", "numbers", dict(n_estimators=6, max_leaf_nodes=9, random_state=1)),
    ("numbers and levels", "categories", dict(n_estimators=5, max_depth=5, random_state=2)),
    ("two classes", "column", dict(n_estimators=3, max_leaf_nodes=6, random_state=3)),
]
ROWS = 16
CURVES = 2


def places(tree):
    """Where each node stands when children are side by side and behind their parent."""
    order = [0]
    for node in order:
        if tree.children_left[node] >= 0:
            order += [tree.children_left[node], tree.children_right[node]]
    place = np.empty(len(order), int)
    place[order] = np.arange(len(order))
    return place, order


def flat(tree):
    place, order = places(tree)
    return {
        "columns": tree.feature[order].tolist(), "thresholds": tree.threshold[order].tolist(),
        "lefts": [int(place[left]) if left >= 0 else 0 for left in tree.children_left[order]],
        "shares": tree.value[order, 0].ravel().tolist(),
        "covers": tree.weighted_n_node_samples[order].tolist(),
    }


def dependence(model, table, feature, points, weighted):
    """Weighted rows are repeated here, so that the grid is of their samples too."""
    values = np.repeat(table.values, table.weights, axis=0) if weighted else table.values
    pipeline = make_pipeline(FunctionTransformer(lambda rows: table.encode(rows)[0]), model)
    levels = [index for index, names in enumerate(table.levels) if names] or None
    found = partial_dependence(
        pipeline, values, [feature], categorical_features=levels, method="brute", kind="both",
        grid_resolution=points, response_method="predict_proba")
    return {
        "input": feature, "points": points, "weighted": weighted,
        "grid": found.grid_values[0].tolist(),
        # Shapes (grid, classes) and (rows, grid, classes); of two classes the second alone.
        "means": found.average.T.ravel().tolist(),
        "individuals": np.moveaxis(found.individual[:, :CURVES], 0, 2).ravel().tolist(),
    }


def texts(tree, table):
    """Rules of one tree. Of levels they say in words what the numbers 0 and 1 mean there."""
    names = [
        f"x{index}{own}" for index, levels in enumerate(table.levels)
        for own in ([f" is {level}" for level in levels] or [""])]
    classes = [f"class {label}" for label in range(len(tree.classes_))]

    def rules(**parameters):
        text = export_text(tree, feature_names=names, class_names=classes, **parameters)
        text = re.sub(r"is (\w) <= 0\.50*", r"is not \1", text)
        return re.sub(r"is (\w) >  0\.50*", r"is \1", text)

    dot = export_graphviz(
        tree, feature_names=names, class_names=classes, filled=True, rounded=True, impurity=False)
    drawn = re.findall(r'^(\d+) \[label="(.*)", fillcolor="(.*)"\] ;$', dot, re.M)
    place, _ = places(tree.tree_)
    nodes = [None] * len(drawn)
    for node, label, color in drawn:
        # Rows that were drawn twice count twice here.
        cover = int(tree.tree_.weighted_n_node_samples[int(node)])
        label = re.sub(r"samples = \d+", f"samples = {cover}", label)
        label = re.sub(r"is (\w) <= 0.5", r"is not \1", label)
        nodes[place[int(node)]] = [re.sub(r"(\d)\.0\b", r"\1", label), color]
    return {
        "text": rules(), "with_weights": rules(show_weights=True, decimals=3),
        "of_depth_1": rules(max_depth=1), "nodes": nodes,
    }


def forest(name, table_name, parameters):
    table = TABLES[table_name]
    labels = table.labels % 2 if name == "two classes" else table.labels
    columns, _ = table.encode(table.values)
    model = RandomForestClassifier(**parameters).fit(columns, labels)
    leaves = model.apply(table.encode(table.grid)[0])
    mapped = np.stack([
        places(tree.tree_)[0][own] for tree, own in zip(model.estimators_, leaves.T)], 1)
    same = (leaves[:, None] == leaves[None, :ROWS]).mean(2)
    return {
        "name": name, "table": table_name, "class_count": len(model.classes_),
        "trees": [flat(tree.tree_) for tree in model.estimators_],
        "leaves": mapped.ravel().tolist(), "rows": ROWS, "proximities": same.ravel().tolist(),
        "texts": [texts(tree, table) for tree in model.estimators_[:2]],
        "dependences": [
            dependence(model, table, feature, points, weighted)
            for feature in range(len(table.levels))
            for points, weighted in ((9, False), (9, True), (100, False))
            if points == 9 or feature == 0],
    }


def cases():
    return {"forests": [forest(*case) for case in FORESTS]}
