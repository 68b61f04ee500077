"""Synthetic samples and stratified parts: sampling.json.

Synthetic samples are compared in distribution. Each class states the moments of its numbers and how
often some events happen in all samples of 200 seeds: a number lies below a point, a level occurs,
two of these together.
"""
import itertools

import numpy as np
from imblearn.over_sampling import SMOTE, SMOTENC
from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit

from datasets import TABLES
from forests import Statistics

SEEDS = 200


def sampler(table, label, target, neighbors, seed):
    categorical = [index for index, levels in enumerate(table.levels) if levels]
    # A generator and not its seed: a seed would make the draws of ties repeat those of the steps.
    options = dict(
        sampling_strategy={label: target}, k_neighbors=neighbors,
        random_state=np.random.RandomState(seed))
    return SMOTENC(categorical, **options) if categorical else SMOTE(**options)


def check_neighbors(table, rows, neighbors):
    """Fails when it is a matter of taste which samples are the nearest."""
    numeric = [index for index, levels in enumerate(table.levels) if not levels]
    categorical = [index for index, levels in enumerate(table.levels) if levels]
    mismatch = np.median(rows[:, numeric].std(0)) ** 2
    distinct, copies = np.unique(rows, axis=0, return_counts=True)
    for row in distinct:
        squares = ((distinct[:, numeric] - row[numeric]) ** 2).sum(1)
        squares += mismatch * (distinct[:, categorical] != row[categorical]).sum(1)
        order = np.argsort(squares)
        # Copies of one row are alike, so only the place where one row ends and another begins counts.
        reached = np.cumsum(copies[order]) - 1
        last = np.searchsorted(reached, neighbors)
        for place in {last - 1, last}:
            if 0 <= place < len(order) - 1:
                assert squares[order[place + 1]] - squares[order[place]] > 1e-6, "a tie"


def events(table, samples):
    """Conditions on single features and on pairs of them."""
    single = []
    middle = []
    for feature, levels in enumerate(table.levels):
        if levels:
            own = [(feature, "level", level) for level in range(len(levels))]
            middle += own[:2]
        else:
            points = np.quantile(samples[:, feature], np.arange(1, 10) / 10)
            own = [(feature, "below", point) for point in points]
            middle.append(own[4])
        single += [[condition] for condition in own]
    pairs = [
        list(pair) for pair in itertools.combinations(middle, 2) if pair[0][0] != pair[1][0]]
    return single + pairs


def holds(samples, conditions):
    result = np.ones(len(samples), bool)
    for feature, kind, value in conditions:
        own = samples[:, feature]
        result &= own == value if kind == "level" else own <= value
    return result


def synthetic(name, table_name, weighted=False, most_neighbors=5):
    table = TABLES[table_name]
    weights = table.weights if weighted else np.ones(len(table.labels), int)
    values = np.repeat(table.values, weights, axis=0)
    labels = np.repeat(table.labels, weights)
    counts = np.bincount(labels)
    classes = []
    for label in np.flatnonzero(counts < counts.max()):
        neighbors = min(most_neighbors, counts[label] - 1)
        check_neighbors(table, values[labels == label], neighbors)
        if neighbors < most_neighbors:
            try:
                sampler(table, label, counts.max(), most_neighbors, 0).fit_resample(values, labels)
                raise AssertionError("imbalanced-learn no longer refuses small classes")
            except ValueError:
                pass
        samples = np.vstack([
            sampler(table, label, counts.max(), neighbors, seed)
            .fit_resample(values, labels)[0][len(values):] for seed in range(SEEDS)])
        statistics = Statistics()
        for sample in samples:
            statistics.add({
                f"input {feature}": sample[feature]
                for feature, levels in enumerate(table.levels) if not levels})
        classes.append({
            "label": int(label), "count": len(samples), "statistics": statistics.json(),
            "events": [{
                "conditions": [
                    {"feature": feature, "value": float(value)} for feature, _, value in event],
                "share": holds(samples, event).mean()} for event in events(table, samples)],
        })
    return {
        "name": name, "table": table_name, "weighted": weighted, "neighbors": most_neighbors,
        "classes": classes,
    }


def split(counts, fraction):
    labels = np.repeat(np.arange(len(counts)), counts)
    found = {
        tuple(np.bincount(labels[test], minlength=len(counts)).tolist())
        for seed in range(50)
        for _, test in StratifiedShuffleSplit(1, test_size=fraction, random_state=seed).split(
            labels, labels)}
    assert len(found) == 1, "two classes tie for a sample"
    return {"counts": counts, "fraction": fraction, "test": list(found.pop())}


def folds(counts, count):
    labels = np.repeat(np.arange(len(counts)), counts)
    parts = StratifiedKFold(count, shuffle=True, random_state=0).split(labels, labels)
    return {
        "counts": counts,
        "folds": [np.bincount(labels[test], minlength=len(counts)).tolist() for _, test in parts],
    }


def cases():
    return {
        "synthetic": [
            synthetic("numbers", "unbalanced"),
            synthetic("repeated rows", "unbalanced", weighted=True),
            synthetic("numbers and levels", "unbalanced levels"),
            synthetic("mostly levels", "mostly levels", most_neighbors=3)],
        "splits": [
            split([91, 23, 16, 16, 54], 0.3), split([91, 23, 16, 16, 54], 0.1),
            split([50, 31, 7], 0.25), split([400, 3], 0.2), split([13, 29, 101, 2], 0.5)],
        "folds": [
            folds([91, 23, 16, 16, 54], 10), folds([91, 23, 16, 16, 54], 7), folds([12, 5, 8], 5),
            folds([40, 41, 42], 2)],
    }
