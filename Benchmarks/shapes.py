"""Tables of every shape, beside the peer that does best there: many classes, many columns, many levels,
random splits, SMOTE, explanations, predictions of full trees, and the memory of training.

One run of each, since the shapes are many; times are of the clock, with the processors' beside them. Each
forest is asked for what the other has been asked for, and its accuracy stands beside its time.
"""
import sys
import tempfile
import time

import data
import peers
from report import Report
from train import FOREST, folder, run

# title, table, trees, leaves, depth, how ours is trained, peers
TRAINING = [
    ("50 k × 20, 100 classes, exact splits", "numbers-50000-20-100", 100, None, None, [],
     ["scikit-learn", "sklearnex"]),
    ("50 k × 20, 100 classes, 256 bins", "numbers-50000-20-100", 100, None, None, ["--bins", "256"],
     ["scikit-learn", "sklearnex"]),
    ("ExtraTrees, 5 k × 1,000", "numbers-5000-1000-2", 100, None, None, ["--extra", "yes"],
     ["scikit-learn ExtraTrees"]),
    ("ExtraTrees, 20 k × 20, 100 classes", "numbers-20000-20-100", 100, None, None,
     ["--extra", "yes"], ["scikit-learn ExtraTrees"]),
    ("2,000 levels one-hot and 5 numbers, 10 k rows", "levels-10000-2000-5", 100, None, None, [], ["YDF"]),
    ("5,000 levels one-hot and 5 numbers, 10 k rows", "levels-10000-5000-5", 100, None, None, [], ["YDF"]),
    ("2,000 levels in an order and 5 numbers, 10 k rows", "levels-10000-2000-5", 100, None, None,
     ["--ordered", "yes"], ["YDF"]),
    ("6,000 × 3,000, 1,000 classes", "numbers-6000-3000-1000", 4, None, None, [],
     ["scikit-learn"]),
    ("50,000 levels and 200 numbers, 20 k rows", "levels-20000-50000-200", 4, None, 16, [],
     ["scikit-learn"]),
    ("20 k × 20, 5,000 classes", "numbers-20000-20-5000", 1, None, None, [], ["scikit-learn"]),
]
# title, table, trees, leaves, depth, threads
PREDICTION = [
    ("200 k × 10, full trees", "numbers-200000-10-2", 100, None, None, 2),
    ("1 M × 5, full trees", "numbers-1000000-5-2", 20, None, None, 2),
    ("100 trees of 1,024 leaves", "synthetic-100000", 100, 1024, None, 1),
    ("500 trees of depth 12", "synthetic-100000", 500, None, 12, 1),
]
EXPLANATION = [
    ("100 trees of 30 leaves, 28 columns", "synthetic-10000", 30),
    ("100 full trees, 28 columns", "synthetic-10000", None),
    ("100 full trees, 20 columns, 10 classes", "numbers-10000-20-10", None),
]
SMOTE = [(rows, columns) for rows in (5_000, 20_000) for columns in (5, 10, 20)]


def shape(name):
    """The options by which forest-bench reads a synthetic table."""
    kind, *sizes = name.split("-")
    options = ["--data", folder(name), "--kind", "synthetic"]
    if kind == "numbers":
        options += ["--columns", sizes[1], "--classes", sizes[2]]
    if kind == "levels":
        options += ["--levels", sizes[1], "--columns", sizes[2]]
    if kind == "minority":
        options += ["--columns", sizes[1]]
    return options


def train(name, trees, leaves, depth, *more):
    options = ["--trees", trees, "--runs", 1] + (["--leaves", leaves] if leaves else [])
    options += (["--depth", depth] if depth else []) + list(more)
    return run([FOREST, "train", *shape(name), *map(str, options)])


def training(report):
    report.begin("Training, two threads")
    for title, name, trees, leaves, depth, options, names in TRAINING:
        own = train(name, trees, leaves, depth, *options)
        for peer in names:
            features = "hot" if name.startswith("levels") and peer != "YDF" else "raw"
            theirs = run([sys.executable, "peers.py", peer, name, features, str(leaves or "none"),
                          str(depth or "none"), str(trees), "1"])
            report.add(title, peer, own["seconds"], theirs["seconds"], "s", note=(
                f"processors {own['cpu']:.2f} | {theirs['cpu']:.2f} s, "
                f"accuracy {own['accuracy']:.4f} | {theirs['accuracy']:.4f}, "
                f"memory {own['memory'] / 1e6:.0f} | {theirs['memory'] / 1e6:.0f} MB"))


def prediction(report):
    report.begin("Prediction of many rows")
    with tempfile.TemporaryDirectory() as place:
        forest = f"{place}/forest.rf"
        for title, name, trees, leaves, depth, threads in PREDICTION:
            train(name, trees, leaves, depth, "--save", forest)
            own = run([FOREST, "predict", *shape(name), "--forest", forest, "--threads", str(threads)])
            (X, y), (Xt, _) = peers.table(name, "raw")
            peer = peers.forest("sklearnex", trees, leaves, depth, X.shape[1]).fit(X, y)
            peer.n_jobs = threads
            # The median of five, as ours is.
            rate = len(Xt) / sorted(seconds(lambda: peer.predict_proba(Xt)) for _ in range(5))[2]
            report.add(f"{title}, {threads} threads", "sklearnex", own["rows_per_second"], rate,
                       "rows/s", less_is_better=False)


def explanation(report):
    import shap
    report.begin("Explanation by tree-path-dependent Shapley values, one thread")
    with tempfile.TemporaryDirectory() as place:
        forest = f"{place}/forest.rf"
        for title, name, leaves in EXPLANATION:
            own_forest = train(name, 100, leaves, None, "--save", forest)
            own = run([FOREST, "explain", *shape(name), "--forest", forest, "--rows", "200"])
            (X, y), (Xt, _) = peers.table(name, "raw")
            peer = peers.forest("scikit-learn", 100, leaves, None, X.shape[1]).fit(X, y)
            nodes = sum(tree.tree_.node_count for tree in peer.estimators_)
            explainer = shap.TreeExplainer(peer)
            rows = Xt[:200]
            explainer.shap_values(rows[:2], check_additivity=False)
            many = seconds(lambda: explainer.shap_values(rows, check_additivity=False)) / len(rows)
            one = seconds(lambda: [explainer.shap_values(rows[i:i + 1], check_additivity=False)
                                   for i in range(20)]) / 20
            note = f"nodes {own_forest['nodes']:,} | {nodes:,}"
            report.add(f"{title}, 200 rows in a call", "shap", own["batch_ms"], many * 1000, "ms/row", note=note)
            report.add(f"{title}, one row a call", "shap", own["one_ms"], one * 1000, "ms/row", note=note)


def smote(report):
    from imblearn.over_sampling import SMOTE as Peer
    report.begin("SMOTE doubles a class of uniform rows")
    for rows, columns in SMOTE:
        name = f"minority-{rows}-{columns}"
        own = run([FOREST, "smote", *shape(name)])
        (X, y), _ = data.named(name)
        theirs = sorted(seconds(lambda: Peer(random_state=seed).fit_resample(X, y)) for seed in range(3))
        report.add(f"{rows:,} rows × {columns}", "imbalanced-learn", own["seconds"], theirs[1], "s")


def seconds(body):
    start = time.perf_counter()
    body()
    return time.perf_counter() - start


if __name__ == "__main__":
    parts = {"training": training, "prediction": prediction, "explanation": explanation, "smote": smote}
    report = Report("shapes")
    for part in sys.argv[1:] or parts:
        parts[part](report)
    report.write()
