"""What NannyML expects of the predictions of a log; needs its own Python (`make install-nannyml`).

        .venv-nannyml/bin/python Tests/System/nannyml_estimate.py LOG.csv VERSION evaluation.json CHUNK

LOG.csv is what `drugctl log --format csv` writes, the newest first. Of each prediction it holds the probability of
the recommended drug alone, which is all that the accuracy is made of; the rest is shared among the other drugs. The
reference is the confusion matrix of the version's held-out patients, with the right drug at 100%, so that NannyML
finds nothing to calibrate: the probabilities of the log are taken as they are.
"""

import json
import sys

import nannyml
import pandas


def reference(evaluation):
    classes = evaluation["classes"]
    rows = [
        {"given": given, "drug": drug} | {name: float(name == given) for name in classes}
        for given, row in zip(classes, evaluation["confusion_matrix"])
        for drug, count in zip(classes, row) for _ in range(count)]
    return pandas.DataFrame(rows)


def predictions(path, version, classes):
    log = pandas.read_csv(path, dtype={"model_version": str})
    log = log[log["model_version"] == version].iloc[::-1].reset_index(drop=True)
    frame = pandas.DataFrame({"drug": log["prediction"]})
    for name in classes:
        frame[name] = log["probability"].where(
            log["prediction"] == name, (1 - log["probability"]) / (len(classes) - 1))
    return frame


def estimate(path, version, evaluation, chunk):
    """The chunks, the newest last; the oldest rows that fill none are left out."""
    classes = evaluation["classes"]
    estimator = nannyml.CBPE(
        y_pred_proba={name: name for name in classes}, y_pred="drug", y_true="given", metrics=["accuracy"],
        problem_type="classification_multiclass", chunk_size=chunk)
    estimator.fit(reference(evaluation))
    told = predictions(path, version, classes)
    told = told.iloc[len(told) % chunk:].reset_index(drop=True)
    found = estimator.estimate(told).filter(period="analysis").to_df()["accuracy"]
    return [
        {"accuracy": row["value"], "sampling_error": row["sampling_error"],
         "lower": row["lower_confidence_boundary"], "upper": row["upper_confidence_boundary"]}
        for _, row in found.iterrows()]


if __name__ == "__main__":
    with open(sys.argv[3]) as file:
        known = json.load(file)
    json.dump({"nannyml": nannyml.__version__,
               "chunks": estimate(sys.argv[1], sys.argv[2], known, int(sys.argv[4]))}, sys.stdout, indent=1)
    print()
