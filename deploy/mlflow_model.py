"""A version of the registry as MLflow loads it: asked by the fields of its description.

`deploy/mlflow-export` puts this file beside the version's ONNX file and its description; MLflow imports it. It
needs NumPy, pandas and ONNX Runtime.
"""

import json
import math
import pathlib

import numpy
import onnxruntime
import pandas


def plain(value):
    """A value as the name of a category: 2 and 2.0 are the same, as are True and true."""
    if isinstance(value, (bool, numpy.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, float, numpy.number)) and float(value).is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


class Field:
    """A measurement, and what it accepts."""

    def __init__(self, described):
        self.name, self.kind = described["name"], described["type"]
        self.limits = described.get("constraints", {})
        self.is_required = self.limits.get("required", False)
        given = described.get("categories") or self.limits.get("enum") or []
        given = [one if isinstance(one, dict) else {"value": one} for one in given]
        if self.kind == "boolean":
            given = [{"value": False}, {"value": True}]
        # Each spelling of a category stands for its name; none for a number.
        self.names = {plain(spelling): plain(one["value"])
                      for one in given for spelling in [*one.get("aliases", []), one["value"]]}

    def read(self, value, row):
        """A value as the forest takes it: a number, NaN for a missing one, or a category's name."""
        if value is None or value is pandas.NA or (isinstance(value, (float, numpy.floating)) and math.isnan(value)):
            if self.is_required:
                raise ValueError(f"row {row}: {self.name} is missing")
            return "" if self.names else math.nan
        if self.names:
            name = self.names.get(plain(value))
            if name is None:
                raise ValueError(f"row {row}: {self.name} must be one of {', '.join(sorted(set(self.names.values())))}")
            return name
        if isinstance(value, (str, bool, numpy.bool_)):
            raise ValueError(f"row {row}: {self.name} must be a number")
        if not self.accepts(float(value)):
            raise ValueError(f"row {row}: {self.name} is outside of its limits, or not whole")
        return float(value)

    def accepts(self, number):
        return (math.isfinite(number) and (self.kind != "integer" or number.is_integer())
                and float(self.limits.get("minimum", -math.inf)) <= number <= float(self.limits.get("maximum", math.inf))
                and float(self.limits.get("exclusiveMinimum", -math.inf)) < number
                < float(self.limits.get("exclusiveMaximum", math.inf)))


class Model:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        schema = json.loads((folder / "schema.json").read_text())
        self.fields = [Field(field) for field in schema["fields"]
                       if field["name"] not in (schema["target"], schema.get("count"))]
        self.session = onnxruntime.InferenceSession(folder / "model.onnx")
        self.drugs = json.loads(self.session.get_modelmeta().custom_metadata_map["drugs"])

    def predict(self, patients, params=None):
        """A drug for each row of a data frame, with the probabilities of all by their names.

        A column of a field that may be missing may be left out, and so may a value (None or NaN).
        """
        patients = patients if isinstance(patients, pandas.DataFrame) else pandas.DataFrame(patients)
        feeds = {}
        for field in self.fields:
            column = patients[field.name] if field.name in patients else [None] * len(patients)
            values = [[field.read(value, row)] for row, value in enumerate(column)]
            kind = object if field.names else numpy.float64
            feeds[field.name] = numpy.array(values, dtype=kind).reshape(-1, 1)
        asked = {tensor.name for tensor in self.session.get_inputs()}
        feeds = {name: values for name, values in feeds.items() if name in asked}
        labels, shares = self.session.run(["label", "probabilities"], feeds)
        return pandas.DataFrame({
            "prediction": labels.ravel().tolist(),
            "probabilities": [dict(zip(self.drugs, map(float, row))) for row in shares]}, index=patients.index)


def _load_pyfunc(folder):
    return Model(folder)
