"""Prediction: rows a second in a batch on one thread, and the time of one row. Each library predicts
with a forest that it, or the library that it reads forests from, trained with the same settings.

"Bare" is a peer's own loop without the call from Python.
"""
import os
import subprocess
import tempfile
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np

import peers
from report import BENCH, Report
from train import FOREST, folder, run

HERE = Path(__file__).resolve().parent
CASES = [
    # title, data, rows, features, trees, leaves, depth, peers
    ("drug: 100 trees, 30 leaves, 18 features", "drug", 100_000, "binned", 100, 30, None,
     ["sklearnex", "scikit-learn", "ONNX Runtime", "lleaves", "YDF", "tl2cgen"]),
    ("drug as measured: 100 trees, 30 leaves, 9 features", "drug", 100_000, "continuous", 100, 30,
     None, ["sklearnex", "scikit-learn", "ONNX Runtime"]),
    ("100 trees, 1,024 leaves, 28 numeric", "synthetic", 100_000, "synthetic", 100, 1024, None,
     ["sklearnex", "scikit-learn", "ONNX Runtime", "YDF"]),
    ("100 trees, depth 10, 28 numeric", "synthetic", 100_000, "synthetic", 100, None, 10,
     ["sklearnex", "Snap ML", "CatBoost"]),
    ("500 trees, depth 12, 28 numeric", "synthetic", 100_000, "synthetic", 500, None, 12,
     ["sklearnex", "scikit-learn", "ONNX Runtime"]),
]


def rate(call, rows):
    """Rows a second: the median of three calls after one to warm up."""
    call()
    times = []
    for _ in range(3):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return rows / sorted(times)[1]


def one(call, rows, count):
    """Microseconds of a call with one row, another each time: the median of five rounds."""
    singles = [rows[index:index + 1].copy() for index in range(count)]
    call(singles[0])
    times = []
    for _ in range(5):
        start = time.perf_counter()
        for row in singles:
            call(row)
        times.append((time.perf_counter() - start) / count * 1e6)
    return sorted(times)[2]


class Peers:
    """The forests of one case, made when first asked for."""

    def __init__(self, train, test, trees, leaves, depth):
        (self.X, self.y), (self.Xt, _) = train, test
        self.trees, self.leaves, self.depth = trees, leaves, depth

    def fitted(self, peer):
        made = self.__dict__.setdefault("made", {})
        if peer not in made:
            untrained = peers.forest(
                peer, self.trees, self.leaves, self.depth, self.X.shape[1])
            made[peer] = untrained.fit(self.X, self.y)
        return made[peer]

    def measure(self, peer):
        """(rows a second, microseconds of one row, how the row was timed)."""
        X = self.Xt
        if peer in ("scikit-learn", "sklearnex"):
            model = self.fitted(peer)
            model.n_jobs = 1
            call = model.predict_proba
            return rate(lambda: call(X), len(X)), one(call, X, 20), "call"
        if peer == "Snap ML":
            model = self.fitted(peer)
            call = lambda rows: model.predict_proba(rows, n_jobs=1)
            return rate(lambda: call(X), len(X)), one(call, X, 200), "call"
        if peer == "CatBoost":
            model = self.fitted(peer)
            call = lambda rows: model.predict_proba(rows, thread_count=1)
            return rate(lambda: call(X), len(X)), one(call, X, 200), "call; boosted trees"
        if peer == "ONNX Runtime":
            import onnxruntime
            from skl2onnx import to_onnx
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            model = to_onnx(self.fitted("scikit-learn"), X[:1], options={"zipmap": False})
            session = onnxruntime.InferenceSession(model.SerializeToString(), options)
            name = session.get_inputs()[0].name
            call = lambda rows: session.run(None, {name: rows})
            return rate(lambda: call(X), len(X)), one(call, X, 2000), "call"
        if peer == "lleaves":
            import lleaves
            with tempfile.TemporaryDirectory() as place:
                self.fitted("LightGBM rf").booster_.save_model(f"{place}/model.txt")
                model = lleaves.Model(f"{place}/model.txt")
                model.compile()
            wide = X.astype(np.float64)
            call = lambda rows: model.predict(rows, n_jobs=1)
            return rate(lambda: call(wide), len(X)), one(call, wide, 2000), "call"
        if peer == "YDF":
            result = self.fitted(peer).model.benchmark(
                peers.YDF.frame(X), benchmark_duration=2, num_threads=1)
            each = result.duration_per_example_ns() if hasattr(
                result, "duration_per_example_ns") else seconds_per_example(result) * 1e9
            return 1e9 / each, each / 1000, "bare"
        return self.compiled(X)

    def compiled(self, X):
        import tl2cgen
        import treelite
        with tempfile.TemporaryDirectory() as place:
            model = treelite.sklearn.import_model(self.fitted("scikit-learn"))
            tl2cgen.generate_c_code(model, dirpath=place, params={})
            X.astype(np.float64).tofile(f"{place}/rows")
            subprocess.run(["gcc", "-O3", "-march=native", "-I", place, f"{place}/main.c",
                            HERE / "compiled-forest.c", "-o", f"{place}/forest", "-lm"], check=True)
            done = subprocess.run([f"{place}/forest", f"{place}/rows", str(len(X))], check=True,
                                  capture_output=True, text=True)
        each = float(done.stdout)
        return 1e6 / each, each, "bare"


def seconds_per_example(result):
    """What YDF's report says in words."""
    import re
    text = str(result)
    value, unit = re.search(r"([\d.]+)\s*(ns|us|µs|ms)", text).groups()
    return float(value) * {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3}[unit]


def main():
    report = Report("predict")
    for title, data_name, rows, features, trees, leaves, depth, names in CASES:
        report.begin(f"Prediction: {title} (one thread)")
        place = folder(f"{data_name}-{rows}")
        forest = BENCH / f"{data_name}-{trees}-{leaves}-{depth}.rf"
        command = [FOREST, "train", "--data", place, "--kind", features, "--trees", str(trees),
                   "--runs", "1", "--save", forest]
        command += ["--leaves", str(leaves)] if leaves else []
        run(command + (["--depth", str(depth)] if depth else []))
        own = run([FOREST, "predict", "--data", place, "--kind", features, "--forest", forest])
        tables = peers.table(f"{data_name}-{rows}", features)
        others = Peers(tables[0], tables[1], trees, leaves, depth)
        for peer in names:
            batch, single, way = others.measure(peer)
            report.add(f"batch, {title}", peer, own["rows_per_second"], batch, "rows/s",
                       less_is_better=False)
            report.add(f"one row, {title}", peer, own["one_row_us"], single, "µs", note=way)
    open_large(report)
    report.write()


def open_large(report):
    """Opening a forest of 1 GB, against reading one as far smaller as joblib can bear."""
    import joblib
    report.begin("Opening a forest file (milliseconds)")
    own = run([FOREST, "open", "--bytes", str(1 << 30), "--file", BENCH / "large.rf"])
    from sklearn.ensemble import RandomForestClassifier
    (X, y), _ = peers.table("synthetic-100000", "synthetic")
    model = RandomForestClassifier(n_estimators=20, random_state=0, n_jobs=2).fit(X, y)
    path = BENCH / "large.joblib"
    joblib.dump(model, path)
    start = time.perf_counter()
    joblib.load(path)
    theirs = (time.perf_counter() - start) * 1000
    megabytes = path.stat().st_size / 1e6
    path.unlink()
    report.add(f"open {own['bytes'] / 1e9:.2f} GB (joblib: {megabytes:.0f} MB)", "joblib",
               own["open_ms"], theirs, "ms",
               note=f"first prediction {own['first_ms']:.2f} ms, "
                    f"resident after it {own['resident'] / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
