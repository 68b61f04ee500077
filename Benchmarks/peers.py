"""The other libraries, each trained with the same settings on the same rows.

Run as a program it trains one peer once per run, each with a seed of its own, and prints the median of
the seconds, the mean of the accuracies and the memory as JSON:
peers.py PEER DATA FEATURES LEAVES DEPTH TREES RUNS
"""
import json
import os
import re
import sys
import time
from pathlib import Path

import numpy as np

THREADS = 2


def table(name, features):
    """(X, y) to train and to test, as the peers take them: encoded, in single precision."""
    import data
    parts = data.named(name)
    if name.startswith("drug"):
        return [(data.encoded(X, features), y) for X, y in parts]
    if name.startswith("levels"):
        return [(one_hot(X, int(name.split("-")[2])) if features == "hot" else X, y) for X, y in parts]
    return [(X.astype(np.float32), y) for X, y in parts]


def one_hot(X, levels):
    """A sparse matrix: a column for each level, then the numbers."""
    from scipy import sparse
    hot = sparse.csr_array(
        (np.ones(len(X), np.float32), X[:, 0].astype(np.int32), np.arange(len(X) + 1, dtype=np.int32)),
        (len(X), levels))
    return sparse.csr_matrix(sparse.hstack([hot, X[:, 1:].astype(np.float32)]))


def forest(peer, trees, leaves, depth, columns, seed=0):
    """An untrained forest: fit(X, y) and predict(X) of classes."""
    # Each tries as many columns at a split; the share is rounded off by some, down by others.
    tried = int(columns ** 0.5)
    share = (tried + 0.1) / columns
    shape = dict(n_estimators=trees, max_leaf_nodes=leaves, max_depth=depth, random_state=seed)
    if peer == "scikit-learn":
        from sklearn.ensemble import RandomForestClassifier
        return RandomForestClassifier(n_jobs=THREADS, **shape)
    if peer == "scikit-learn ExtraTrees":
        from sklearn.ensemble import ExtraTreesClassifier
        return ExtraTreesClassifier(n_jobs=THREADS, **shape)
    if peer == "sklearnex":
        from sklearnex.ensemble import RandomForestClassifier
        return RandomForestClassifier(n_jobs=THREADS, **shape)
    if peer == "LightGBM rf":
        import lightgbm
        return lightgbm.LGBMClassifier(
            boosting_type="rf", n_estimators=trees, num_leaves=leaves or 131072,
            max_depth=depth or -1, min_child_samples=1, bagging_freq=1, bagging_fraction=0.632,
            feature_fraction_bynode=share, n_jobs=THREADS, random_state=seed, verbose=-1)
    if peer == "XGBoost rf":
        import xgboost
        return xgboost.XGBRFClassifier(
            n_estimators=trees, max_leaves=leaves or 0, max_depth=depth or 0, tree_method="hist",
            grow_policy="lossguide", subsample=0.632, colsample_bynode=share, reg_lambda=0,
            min_child_weight=0, n_jobs=THREADS, random_state=seed)
    if peer == "Snap ML":
        import snapml
        return snapml.RandomForestClassifier(
            n_estimators=trees, max_depth=depth, n_jobs=THREADS, random_state=seed, use_histograms=True)
    if peer == "CatBoost":
        # No forest: boosted trees of depth 10 that share their tests level by level.
        import catboost
        return catboost.CatBoostClassifier(
            iterations=trees, depth=10, thread_count=THREADS, random_seed=seed, verbose=0,
            allow_writing_files=False)
    if peer == "YDF":
        return YDF(trees, leaves, depth, tried, seed)
    raise SystemExit(f"unknown peer {peer}")


class YDF:
    """Yggdrasil Decision Forests behind the same two calls."""

    def __init__(self, trees, leaves, depth, tried, seed):
        growth = dict(max_depth=depth or -1)
        if leaves:
            growth = dict(growing_strategy="BEST_FIRST_GLOBAL", max_num_nodes=2 * leaves - 1)
        self.options = dict(
            num_trees=trees, winner_take_all=False, compute_oob_performances=False, min_examples=1,
            num_threads=THREADS, random_seed=1 + seed, num_candidate_attributes=tried, **growth)

    @staticmethod
    def frame(X, y=None):
        columns = {f"c{i}": np.ascontiguousarray(X[:, i]) for i in range(X.shape[1])}
        if X.dtype == np.float64:  # Not encoded: the first column is a category.
            columns["c0"] = X[:, 0].astype(int).astype(str)
        return columns if y is None else columns | {"label": y.astype(str)}

    def fit(self, X, y):
        import ydf
        ydf.verbose(0)
        self.model = ydf.RandomForestLearner(label="label", **self.options).train(self.frame(X, y))
        return self

    def predict(self, X):
        answer = np.asarray(self.model.predict(self.frame(X)))
        classes = np.array(self.model.label_classes()).astype(int)
        if answer.ndim == 1:
            return classes[(answer > 0.5).astype(int)]
        return classes[answer.argmax(1)]


def memory(name):
    """A line of /proc/self/status that counts memory, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+)", status)[1]) * 1024


def main():
    peer, name, features, leaves, depth, trees, runs = sys.argv[1:]
    number = lambda text: None if text == "none" else int(text)
    (X, y), (Xt, yt) = table(name, features)
    # Once in small, for imports and pools of threads.
    forest(peer, 2, number(leaves), number(depth), X.shape[1]).fit(X[:1000], y[:1000])
    taken, times, processor, accuracies = 0, [], [], []
    for run in range(int(runs)):
        model = forest(peer, int(trees), number(leaves), number(depth), X.shape[1], seed=run)
        before = memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
        start, busy = time.perf_counter(), time.process_time()
        model.fit(X, y)
        times.append(time.perf_counter() - start)
        processor.append(time.process_time() - busy)
        taken = max(taken, memory("VmHWM") - before)
        accuracies.append(float((np.ravel(model.predict(Xt)) == yt).mean()))
        del model
    sys.stdout.flush()
    os.write(1, (json.dumps({"seconds": sorted(times)[len(times) // 2], "times": times, "cpu": sorted(processor)[len(times) // 2],
                             "accuracy": sum(accuracies) / len(accuracies), "accuracies": accuracies,
                             "memory": taken}) + "\n").encode())


if __name__ == "__main__":
    main()
