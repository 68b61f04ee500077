"""What forest-v1.rf predicts, and why: forest-v1.json.

The predictions are of forest_file.py, the contributions of shap's path-dependent TreeExplainer on
the trees that it reads.
"""
import pathlib

import numpy as np
import shap

from datasets import TABLES
from forest_file import ForestFile

# Missing values, levels that do not exist, the edges of bins and the largest numbers.
ODD = [
    [np.nan, 20.0, 1, 1], [40, np.nan, 2, 0], [np.nan] * 4, [40, 20.0, 4, 1], [40, 20.0, -1, 0],
    [40, 20.0, 1.5, np.nan], [19, 9.0, 0, 0], [29, 22.0, 3, 2], [69, 29.0, 3, 1],
    [69.5, 29.5, 3, 1], [1.7976931348623157e308, 1.7976931348623157e308, 0, 1],
    [-1.7976931348623157e308, -1.7976931348623157e308, 0, 1], [-0.0, 0.0, -0.0, 0.0],
]


def explain(forest, columns):
    """The mean prediction and the contribution of each column to each probability."""
    trees = []
    for number in range(forest.tree_count):
        tree = forest.tree(number)
        trees.append({
            "children_left": tree["left"], "children_right": tree["right"],
            # A missing number goes right.
            "children_default": tree["right"], "features": tree["columns"],
            "thresholds": np.where(tree["left"] < 0, -1.0, tree["thresholds"]),
            "values": tree["values"] / forest.tree_count, "node_sample_weight": tree["covers"],
        })
    explainer = shap.TreeExplainer(
        {"trees": trees}, feature_perturbation="tree_path_dependent")
    return explainer.expected_value, explainer.shap_values(columns, check_additivity=False)


def cases():
    path = pathlib.Path(__file__).parent / "forest-v1.rf"
    forest = ForestFile(path.read_bytes())
    samples = np.vstack([TABLES["categories"].grid[:12], ODD])
    columns = np.array([forest.encode(sample) for sample in samples])
    predictions = [forest.predict(sample) for sample in samples]
    probabilities = np.array([row for row, _ in predictions])
    base, contributions = explain(forest, columns)
    assert np.abs(base + contributions.sum(1) - probabilities).max() < 1e-9
    return {
        "classes": forest.classes, "column_names": forest.column_names,
        "node_count": forest.node_count,
        "samples": [
            None if np.isnan(value) else float(value) for value in samples.ravel()],
        "probabilities": probabilities.ravel().tolist(),
        "votes": [votes.tolist() for _, votes in predictions],
        "base_values": list(base),
        # Rounded: the comparison is to 1e-9.
        "contributions": [
            [round(value, 12) for value in own.ravel().tolist()] for own in contributions],
    }
