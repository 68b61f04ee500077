"""What predictions are worth, and calibrations fitted to them: scores.json."""
import warnings

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_softmax, softmax
from sklearn import metrics
from sklearn.isotonic import IsotonicRegression

EPSILON = np.finfo(float).eps


def calibration_error(actual, probabilities, weights):
    """The expected calibration error over ten bins of equal width, from its definition."""
    confidence = probabilities.max(1)
    correct = probabilities.argmax(1) == actual
    place = np.minimum((confidence * 10).astype(int), 9)
    error = 0.0
    for index in range(10):
        inside = place == index
        if inside.any():
            own = weights[inside]
            error += own.sum() / weights.sum() * abs(
                np.average(confidence[inside], weights=own)
                - np.average(correct[inside], weights=own))
    return error


def average_precision(*arguments):
    with warnings.catch_warnings():
        # A class without samples is meant.
        warnings.simplefilter("ignore", UserWarning)
        return metrics.average_precision_score(*arguments[:2], sample_weight=arguments[2])


def evaluation(name, actual, probabilities, weights):
    classes = range(probabilities.shape[1])
    predicted = probabilities.argmax(1)
    options = dict(sample_weight=weights, zero_division=0)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        actual, predicted, labels=classes, **options)

    def average(kind):
        scores = metrics.precision_recall_fscore_support(
            actual, predicted, average=kind, **options)
        return [float(score) for score in scores[:3]]

    with warnings.catch_warnings():
        # A class that is predicted and never occurs is meant, and one that all are of.
        warnings.simplefilter("ignore", UserWarning)
        balanced = metrics.balanced_accuracy_score(actual, predicted, sample_weight=weights)
        matthews = metrics.matthews_corrcoef(actual, predicted, sample_weight=weights)
    occurring = set(actual)
    return {
        "name": name, "actual": actual.tolist(), "weights": weights.tolist(),
        "probabilities": probabilities.ravel().tolist(),
        "accuracy": metrics.accuracy_score(actual, predicted, sample_weight=weights),
        "balanced_accuracy": balanced, "precision": precision.tolist(),
        "recall": recall.tolist(), "f1": f1.tolist(), "support": support.astype(int).tolist(),
        "macro": average("macro"), "weighted": average("weighted"),
        "confusion": metrics.confusion_matrix(
            actual, predicted, labels=classes, sample_weight=weights).ravel().tolist(),
        "log_loss": metrics.log_loss(
            actual, probabilities, labels=classes, sample_weight=weights),
        "brier": metrics.brier_score_loss(
            actual, probabilities, labels=list(classes), sample_weight=weights,
            scale_by_half=False),
        # null where all samples or none are of a class, so that there is no curve.
        "roc_auc": [
            metrics.roc_auc_score(actual == label, probabilities[:, label], sample_weight=weights)
            if 0 < sum(actual == label) < len(actual) else None for label in classes],
        "roc_auc_mean": None if len(occurring) < len(classes) else metrics.roc_auc_score(
            np.eye(len(classes))[actual], probabilities, sample_weight=weights),
        "average_precision": [
            average_precision(actual == label, probabilities[:, label], weights)
            for label in classes],
        "average_precision_mean": average_precision(
            np.eye(len(classes))[actual], probabilities, weights),
        "matthews": matthews,
        "top": [
            metrics.top_k_accuracy_score(
                actual, probabilities if len(classes) > 2 else probabilities[:, 1], k=k,
                labels=classes, sample_weight=weights) for k in range(1, len(classes))],
        "calibration_error": calibration_error(actual, probabilities, weights),
    }


def drawn(rng, counts):
    """Labels of the given counts and probabilities that lean towards them."""
    actual = np.repeat(np.arange(len(counts)), counts)
    probabilities = rng.dirichlet([0.6] * len(counts), len(actual))
    probabilities[np.arange(len(actual)), actual] += rng.uniform(0, 1.5, len(actual))
    return actual, probabilities / probabilities.sum(1, keepdims=True)


def missing_class():
    """Class 4 is predicted once and never occurs, class 5 neither; one label is ruled out."""
    actual, probabilities = drawn(np.random.default_rng(0), [40, 12, 25, 3, 0, 0])
    probabilities[5] = [0.2, 0.1, 0.1, 0.1, 0.5, 0]
    probabilities[45] = [0, 0, 1, 0, 0, 0]
    return evaluation("a class without samples", actual, probabilities, np.ones(80, int))


def ties():
    """Shares of eight trees: many equal scores, on the boundaries of bins too, weighted."""
    rng = np.random.default_rng(1)
    actual, probabilities = drawn(rng, [30, 20, 15, 10])
    votes = np.array([rng.multinomial(8, row) for row in probabilities])
    return evaluation("ties and weights", actual, votes / 8, rng.integers(1, 6, len(actual)))


def two_classes():
    """Shares of four trees, of which the classes often have half each."""
    rng = np.random.default_rng(4)
    actual, probabilities = drawn(rng, [25, 35])
    votes = np.array([rng.multinomial(4, row) for row in probabilities])
    assert (votes[:, 0] == 2).any()
    return evaluation("two classes", actual, votes / 4, rng.integers(1, 4, len(actual)))


def one_class():
    """All samples are of one class and predicted as it."""
    probabilities = np.tile([0.125, 0.625, 0.25], (5, 1))
    return evaluation("one class alone", np.ones(5, int), probabilities, np.arange(1, 6))


def isotonic():
    """One curve a class, with equal probabilities of different outcomes among the points."""
    rng = np.random.default_rng(2)
    actual, probabilities = drawn(rng, [25, 20, 15])
    probabilities = np.round(probabilities * 32) / 32
    grid = np.arange(-4, 69) / 64
    curves = [
        IsotonicRegression(out_of_bounds="clip").fit(probabilities[:, label], actual == label)
        .predict(grid) for label in range(3)]
    return {
        "labels": actual.tolist(), "probabilities": probabilities.ravel().tolist(),
        "grid": grid.tolist(), "curves": [curve.tolist() for curve in curves],
    }


def temperature(name, sharpness):
    """The temperature at which the derivative of the log-loss vanishes."""
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 1.5, (150, 3))
    actual = np.array([rng.choice(3, p=row) for row in softmax(logits, 1)])
    probabilities = softmax(logits * sharpness, 1)
    if sharpness > 1:
        # No chance at all for a class, as a forest often says.
        probabilities[:9] = np.eye(3)[np.arange(9) % 3]
        actual[:9] = np.arange(9) % 3
    logs = np.log(np.maximum(probabilities, EPSILON))
    rows = np.arange(len(actual))

    def slope(beta):
        shares = softmax(beta * logs, 1)
        return ((shares * logs).sum(1) - logs[rows, actual]).sum()

    beta = brentq(slope, 0.01, 100, xtol=1e-14, rtol=1e-14)
    return {
        "name": name, "labels": actual.tolist(), "probabilities": probabilities.ravel().tolist(),
        "temperature": 1 / beta,
        "log_loss": -log_softmax(beta * logs, 1)[rows, actual].mean(),
        "calibrated": softmax(beta * logs, 1)[:12].ravel().tolist(),
    }


def cases():
    return {
        "evaluations": [missing_class(), ties(), two_classes(), one_class()], "isotonic": isotonic(),
        "temperatures": [temperature("too sure", 2.5), temperature("too timid", 0.4)],
    }
