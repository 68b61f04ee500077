"""Writes the golden values: what other implementations give for what the tests compute.

Run it after changing a case; it takes a minute and gives the same files each time. It needs
scikit-learn 1.9, imbalanced-learn 0.14, shap 0.51 and SciPy; each file states the versions that it
was made with. With names of files, as `make-golden.py trees shap`, it writes those alone.
"""
import importlib.metadata
import json
import pathlib
import platform
import sys

import datasets
import explanations
import forests
import generator
import inspection
import missing
import sampling
import scores
import trees

MAKERS = {
    "datasets": datasets.cases, "forest-v1": explanations.cases, "forests": forests.cases,
    "generator": generator.cases, "inspection": inspection.cases, "missing": missing.cases,
    "sampling": sampling.cases, "scores": scores.cases, "trees": trees.cases,
}
PACKAGES = ["numpy", "scipy", "scikit-learn", "imbalanced-learn", "shap"]


def main():
    folder = pathlib.Path(__file__).parent
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    versions["python"] = platform.python_version()
    for name in sys.argv[1:] or MAKERS:
        content = {"versions": versions, **MAKERS[name]()}
        text = json.dumps(content, separators=(",", ":"), allow_nan=False)
        (folder / f"{name}.json").write_text(text + "\n")
        print(f"{name}.json: {len(text)} bytes")


main()
