"""The library beside scikit-learn, shap, imbalanced-learn and MAPIE, on tables that scikit-learn brings."""

import subprocess
import sys
from pathlib import Path

import numpy
import onnxruntime
import pytest
from imblearn.over_sampling import SMOTE
from mapie.classification import SplitConformalClassifier
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import TargetEncoder

from service import PROGRAMS

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "RandomForestTests/Golden"))
from explanations import explain  # noqa: E402
from forest_file import ForestFile  # noqa: E402

TABLES = {"iris": load_iris, "wine": load_wine, "breast cancer": load_breast_cancer, "digits": load_digits}


@pytest.fixture(params=TABLES)
def table(request):
    return TABLES[request.param](return_X_y=True)


class Library:
    """The library's answers, by way of files of doubles."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, verb, *arguments, rows, made):
        """Runs a verb; arrays become files, and the last of `made` is read."""
        paths = []
        for number, array in enumerate(rows):
            paths.append(self.folder / f"rows-{number}")
            numpy.ascontiguousarray(array, numpy.float64).tofile(paths[-1])
        made = [self.folder / name for name in made]
        subprocess.run([PROGRAMS / "forest-rows", verb, *map(str, arguments), *paths, *made], check=True)
        return numpy.fromfile(made[-1])

    def learn(self, X, y, trees=100, seed=0):
        """The out-of-bag estimates; the forest is in the folder."""
        classes = y.max() + 1
        return self.run("learn", classes, X.shape[1], trees, seed, rows=[numpy.column_stack([X, y])],
                        made=["forest.rf", "estimates"]).reshape(len(X), classes)

    def predict(self, X):
        numpy.ascontiguousarray(X, numpy.float64).tofile(self.folder / "rows")
        subprocess.run([PROGRAMS / "forest-rows", self.folder / "forest.rf", self.folder / "rows",
                        self.folder / "answers"], check=True)
        return numpy.fromfile(self.folder / "answers").reshape(len(X), -1)[:, :-1]

    def sets(self, kind, coverage, known, y, probabilities):
        classes = known.shape[1]
        return self.run("sets", kind, coverage, classes, rows=[numpy.column_stack([known, y]), probabilities],
                        made=["sets"]).reshape(-1, classes) > 0


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path)


def test_forests_are_as_accurate(library, table):
    """With the settings that both have by default, over five folds and two seeds."""
    X, y = table
    ours, theirs = [], []
    for seed in range(2):
        for train, test in StratifiedKFold(5, shuffle=True, random_state=seed).split(X, y):
            library.learn(X[train], y[train], seed=seed)
            ours.append((library.predict(X[test]).argmax(1) == y[test]).mean())
            peer = RandomForestClassifier(random_state=seed).fit(X[train], y[train])
            theirs.append(peer.score(X[test], y[test]))
    difference = numpy.subtract(ours, theirs)
    assert abs(difference.mean()) <= 0.003 + 2 * difference.std() / len(difference) ** 0.5


@pytest.mark.parametrize("classes", [2, 4])
def test_levels_in_an_order_are_told_apart(library, classes):
    """Each of 500 levels has a class of its own, which a third of its rows do not have."""
    generator = numpy.random.default_rng(classes)
    own = generator.integers(0, classes, 500)

    def rows(count):
        levels = generator.integers(0, 500, count)
        y = numpy.where(generator.random(count) < 1 / 3, generator.integers(0, classes, count), own[levels])
        return numpy.column_stack([levels, generator.random((count, 3))]), y

    (X, y), (Xt, yt) = rows(8000), rows(3000)
    right = {}
    for kind in ("one-hot", "ordered"):
        library.run("levels", classes, 4, 500, kind, rows=[numpy.column_stack([X, y])], made=["onnx", "forest.rf"])
        right[kind] = (library.predict(Xt).argmax(1) == yt).mean()
    peer = make_pipeline(
        ColumnTransformer([("target", TargetEncoder(cv=KFold(5, shuffle=True, random_state=0)), [0])], remainder="passthrough"),
        RandomForestClassifier(random_state=0)).fit(X, y)
    print(right, peer.score(Xt, yt))
    assert right["ordered"] > right["one-hot"]
    # The peer's shares of a row are those of other rows, which ours are not.
    assert right["ordered"] > peer.score(Xt, yt) - 0.03
    # ONNX Runtime says the same, also of what is missing or no level.
    odd = numpy.array([[numpy.nan, 0.5, 0.5, 0.5], [500, 0.1, 0.9, 0.5], [-1, 0.7, 0.7, 0.7]])
    asked = numpy.vstack([Xt[:500], odd])
    session = onnxruntime.InferenceSession(library.folder / "onnx", providers=["CPUExecutionProvider"])
    texts = numpy.array([f"l{level:.0f}" for level in asked[:, 0]], dtype=object)[:, None]
    given = {"x0": texts} | {f"x{i}": asked[:, [i]] for i in range(1, 4)}
    answers = session.run(None, given)
    assert answers[1] == pytest.approx(library.predict(asked), abs=1e-6)


def test_out_of_bag_estimates_agree(library, table):
    X, y = table
    ours = library.learn(X, y, trees=300)
    theirs = RandomForestClassifier(300, oob_score=True, random_state=0).fit(X, y).oob_decision_function_
    # Both are means over a hundred trees or so, whose shares differ by up to a half.
    assert numpy.abs(ours - theirs).mean() < 0.03
    assert abs((ours.argmax(1) == y).mean() - (theirs.argmax(1) == y).mean()) < 0.015


def test_contributions_are_those_of_shap(library, table):
    X, y = table
    library.learn(X, y, trees=20)
    rows = X[:: len(X) // 20]
    answers = library.run("explain", library.folder / "forest.rf", rows=[rows], made=["answers"])
    classes = y.max() + 1
    answers = answers.reshape(len(rows), 1 + X.shape[1], classes)
    base, contributions = explain(ForestFile((library.folder / "forest.rf").read_bytes()), rows)
    assert answers[:, 0] == pytest.approx(numpy.tile(base, (len(rows), 1)), abs=1e-12)
    assert answers[:, 1:] == pytest.approx(numpy.asarray(contributions), abs=1e-12)


def between_neighbours(row, own, neighbours):
    """Whether a row lies between one of its class and one of that one's neighbours."""
    for start, ends in zip(own, neighbours):
        steps = own[ends] - start
        long = (steps ** 2).sum(1)
        share = numpy.divide(((row - start) * steps).sum(1), long, out=numpy.zeros(len(steps)), where=long > 0)
        missed = numpy.abs(start + share[:, None] * steps - row).max(1)
        if ((missed < 1e-9 * numpy.abs(row).max()) & (share >= -1e-12) & (share <= 1 + 1e-12)).any():
            return True
    return False


def test_smote_draws_between_neighbours(library, table):
    X, y = table
    generator = numpy.random.default_rng(0)
    # The classes are made uneven, as SMOTE is for.
    kept = (y == 0) | (generator.random(len(y)) < 0.4)
    X, y = X[kept], y[kept]
    made = library.run("oversample", y.max() + 1, X.shape[1], 1, rows=[numpy.column_stack([X, y])],
                       made=["balanced"]).reshape(-1, X.shape[1] + 1)
    assert (made[:len(X), :-1] == X).all() and (made[:len(X), -1] == y).all()
    peers = [SMOTE(random_state=seed).fit_resample(X, y) for seed in range(8)]
    assert numpy.bincount(made[:, -1].astype(int)).tolist() == numpy.bincount(peers[0][1]).tolist()
    drawn, labels = made[len(X):, :-1], made[len(X):, -1]
    for label in set(labels.astype(int)):
        own = X[y == label]
        neighbours = NearestNeighbors(n_neighbors=6).fit(own).kneighbors(own)[1][:, 1:]
        if len({tuple(row) for row in own}) == len(own):
            assert all(between_neighbours(row, own, neighbours) for row in drawn[labels == label][:60])
        # The middle of the drawn rows lies no farther from the peer's than theirs from each other.
        means = numpy.array([rows[len(X):][classes[len(X):] == label].mean(0) for rows, classes in peers])
        scale = own.std(0) + 1e-12
        spread = numpy.linalg.norm((means - means.mean(0)) / scale, axis=1)
        assert numpy.linalg.norm((drawn[labels == label].mean(0) - means.mean(0)) / scale) < 2 * spread.max()


class Given(ClassifierMixin, BaseEstimator):
    """Probabilities that are there already; a row is its number."""

    def __init__(self, probabilities=None):
        self.probabilities = probabilities
        self.classes_ = numpy.arange(probabilities.shape[1])
        self.is_fitted_ = True

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        return self.probabilities[X[:, 0].astype(int)]

    def predict(self, X):
        return self.predict_proba(X).argmax(1)


def mapies(score, coverage, probabilities, y, known):
    rows = numpy.arange(len(y), dtype=float)[:, None]
    peer = SplitConformalClassifier(
        Given(probabilities), confidence_level=coverage, conformity_score=score, prefit=True)
    peer.conformalize(rows[:known], y[:known])
    return peer.predict_set(rows[known:])[1][:, :, 0]


@pytest.fixture
def estimates(library, table):
    """Out-of-bag probabilities of few trees, so that sets of several classes occur."""
    X, y = table
    order = numpy.random.default_rng(0).permutation(len(y))
    found = library.learn(X, y, trees=15)[order]
    predicted = ~numpy.isnan(found).any(1)
    return found[predicted], y[order][predicted]


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95, 0.99])
def test_least_ambiguous_sets_are_those_of_mapie(library, estimates, coverage):
    probabilities, y = estimates
    known = len(y) // 2
    ours = library.sets("least_ambiguous", coverage, probabilities[:known], y[:known], probabilities[known:])
    if (known + 1) * coverage > known:
        # MAPIE refuses to be asked with so few.
        assert ours.all()
        return
    theirs = mapies("lac", coverage, probabilities, y, known)
    # Where no class fits, ours has the likeliest.
    theirs[~theirs.any(1), probabilities[known:][~theirs.any(1)].argmax(1)] = True
    assert (ours == theirs).all()


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_adaptive_sets_cover_with_no_more_classes_than_mapies(library, estimates, coverage):
    probabilities, y = estimates
    if probabilities.shape[1] == 2:
        pytest.skip("MAPIE has such sets for three classes and more")
    known = len(y) // 2
    ours = library.sets("adaptive", coverage, probabilities[:known], y[:known], probabilities[known:])
    theirs = mapies("aps", coverage, probabilities, y, known)
    error = (coverage * (1 - coverage) * (1 / known + 1 / (len(y) - known))) ** 0.5
    assert ours[range(len(ours)), y[known:]].mean() >= coverage - 3 * error
    assert ours.sum(1).mean() <= theirs.sum(1).mean()


def test_each_class_is_covered(library, estimates):
    probabilities, y = estimates
    known = len(y) // 2
    ours = library.sets("by class", 0.9, probabilities[:known], y[:known], probabilities[known:])
    for label in range(probabilities.shape[1]):
        scores = 1 - probabilities[:known][y[:known] == label, label]
        rank = int(numpy.ceil((len(scores) + 1) * 0.9))
        threshold = numpy.sort(scores)[rank - 1] if rank <= len(scores) else numpy.inf
        fits = 1 - probabilities[known:, label] <= threshold
        assert (ours[:, label] >= fits).all()
        # One that does not fit is there only where none does.
        assert (ours[ours[:, label] & ~fits].sum(1) == 1).all()
