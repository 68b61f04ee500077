"""Models of other programs in ONNX, trained on the project's data, and rows to compare answers on."""

import csv
import pathlib
import re
import subprocess
import tempfile

import numpy
import onnx
import onnxmltools
import onnxruntime
from onnx.helper import get_attribute_value

from service import PROGRAMS, ROOT

DRUGS = ["DrugY", "drugA", "drugB", "drugC", "drugX"]
LEVELS = {"Sex": ["F", "M"], "BP": ["HIGH", "LOW", "NORMAL"], "Cholesterol": ["HIGH", "NORMAL"]}
NUMBERS = ["Age", "Na_to_K"]
# The columns of the feature set `continuous`, in its order.
COLUMNS = [f"{name}_{level}" for name, levels in LEVELS.items() for level in levels] + NUMBERS


class Rows:
    """Patients, and what is no patient: a list for each field, categories as places of their levels."""

    def __init__(self, values):
        self.values = values
        self.count = len(values["Age"])

    @classmethod
    def of_data(cls):
        with open(ROOT / "data/drug200.csv", newline="") as file:
            table = list(csv.DictReader(file))
        values = {name: numpy.array([float(row[name]) for row in table]) for name in NUMBERS}
        values |= {name: numpy.array([levels.index(row[name]) for row in table]) for name, levels in LEVELS.items()}
        rows = cls(values)
        rows.drugs = [row["Drug"] for row in table]
        return rows

    @classmethod
    def random(cls, count, generator):
        values = {
            "Age": numpy.where(
                generator.random(count) < 0.5, generator.integers(0, 121, count), generator.uniform(0, 120, count)),
            "Na_to_K": generator.uniform(0.01, 45, count)}
        values |= {name: generator.integers(0, len(levels), count) for name, levels in LEVELS.items()}
        return cls(values)

    @classmethod
    def at(cls, thresholds, generator, repeats=12):
        """Rows whose number lies on a threshold or one step beside it, the other fields at random."""
        parts = []
        for name, numbers in thresholds.items():
            near = beside(numbers)
            part = cls.random(len(near) * repeats, generator)
            part.values[name] = numpy.tile(near, repeats)
            parts.append(part)
        return sum(parts[1:], parts[0])

    def __add__(self, other):
        return Rows({name: numpy.concatenate([own, other.values[name]]) for name, own in self.values.items()})

    @property
    def matrix(self):
        """One-hot columns and numbers, in the order of COLUMNS."""
        hot = [self.values[name] == level for name, levels in LEVELS.items() for level in range(len(levels))]
        return numpy.column_stack([*hot, *(self.values[name] for name in NUMBERS)]).astype(float)

    def texts(self, name):
        return numpy.array(LEVELS[name], dtype=object)[self.values[name]].reshape(-1, 1)

    @property
    def frame(self):
        """The five fields as scikit-learn's pipelines take them."""
        import pandas

        return pandas.DataFrame(
            {name: self.texts(name).ravel() if name in LEVELS else self.values[name] for name in FIELDS})


FIELDS = ["Age", "Sex", "BP", "Cholesterol", "Na_to_K"]


def beside(numbers):
    """Each number, its neighbours of 64 bits and of 32, and where numbers begin to round to those."""
    found = []
    for number in numpy.unique(numbers):
        single = numpy.float32(number)
        singles = [
            single, numpy.nextafter(single, numpy.float32(-numpy.inf)),
            numpy.nextafter(single, numpy.float32(numpy.inf))]
        doubles = [float(one) for one in singles]
        doubles += [number, (doubles[0] + doubles[1]) / 2, (doubles[0] + doubles[2]) / 2]
        for one in doubles:
            found += [one, numpy.nextafter(one, -numpy.inf), numpy.nextafter(one, numpy.inf)]
    return numpy.unique(found)


def thresholds(model):
    """The thresholds of a model's trees by the field that they test, and the limits of its bins."""
    node = next(node for node in model.graph.node if node.op_type == "TreeEnsembleClassifier")
    attributes = {one.name: get_attribute_value(one) for one in node.attribute}
    values = attributes.get("nodes_values")
    if values is None:
        values = onnx.numpy_helper.to_array(attributes["nodes_values_as_tensor"])
    tests = [
        value for value, mode in zip(values, attributes["nodes_modes"]) if mode != b"LEAF" and value > 1.5]
    bounds = [onnx.numpy_helper.to_array(one) for one in model.graph.initializer if one.name.endswith("_edges")]
    numbers = numpy.concatenate([numpy.array(tests, dtype=float), *(one[numpy.isfinite(one)] for one in bounds)])
    # Which of the two a threshold is of does not matter: each is tried on both.
    return {name: numbers for name in NUMBERS}


def onnxruntime_says(path, rows):
    """The labels and probabilities that ONNX Runtime gives on one thread.

    On several it adds up the trees in parts, so that its own sums of one row differ from run to run in
    their last bit, which then decides between drugs that are exactly tied.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    types = {"tensor(double)": numpy.float64, "tensor(float)": numpy.float32, "tensor(int64)": numpy.int64}
    inputs = {one.name: one.type for one in session.get_inputs()}
    if len(inputs) == 1:
        [(name, type)] = inputs.items()
        given = {name: rows.matrix.astype(types[type])}
    else:
        given = {
            name: rows.texts(name) if name in LEVELS else rows.values[name].astype(types[type]).reshape(-1, 1)
            for name, type in inputs.items()}
    label, probabilities = session.run(None, given)
    if isinstance(probabilities, list):
        names = list(probabilities[0])
        probabilities = numpy.array([[row[name] for name in names] for row in probabilities])
    if label.dtype != object:
        label = numpy.array(DRUGS, dtype=object)[label]
    return label, probabilities


def forest_says(models, version, rows):
    """The labels and probabilities that the forest of a version gives."""
    given = numpy.column_stack([rows.values[name] for name in [*LEVELS, *NUMBERS]]).astype(numpy.float64)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        given.tofile(folder / "rows")
        subprocess.run(
            [PROGRAMS / "forest-rows", models / "registry" / version / "forest.rf", folder / "rows",
             folder / "answers"], check=True)
        answers = numpy.fromfile(folder / "answers").reshape(rows.count, 6)
    return numpy.array(DRUGS, dtype=object)[answers[:, 5].astype(int)], answers[:, :5]


def export(models, path, *arguments):
    subprocess.run(
        [PROGRAMS / "drugctl", "export", "--models", models, "--onnx", path, *arguments], check=True,
        stdout=subprocess.DEVNULL)


def try_import(models, path, *arguments):
    return subprocess.run(
        [PROGRAMS / "drugctl", "import", "--models", models, "--onnx", path, *arguments],
        capture_output=True, text=True)


def import_model(models, path, *arguments):
    """Imports a file and returns its version."""
    done = try_import(models, path, *arguments)
    assert done.returncode == 0, done.stderr
    return re.match(r"Model ([0-9a-f]{12}) ", done.stdout)[1]


def train_others():
    """Trains models of other programs: for each name the model in ONNX and the options to import it."""
    import lightgbm
    import xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType as ToolsFloat
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

    data = Rows.of_data()
    matrix, drugs = data.matrix, numpy.array(data.drugs)
    codes = numpy.array([DRUGS.index(drug) for drug in drugs])
    table = ["--columns", ",".join(COLUMNS)]
    numbered = [*table, "--classes", ",".join(DRUGS)]
    others = {}

    def add_table(name, model, type, **options):
        others[name] = (to_onnx(model, initial_types=[("X", type([None, 9]))], options={"zipmap": False}), table)

    forest = RandomForestClassifier(100, max_leaf_nodes=30, random_state=0).fit(matrix, drugs)
    add_table("forest", forest, FloatTensorType)
    add_table("forest64", forest, DoubleTensorType)
    add_table(
        "leaves", RandomForestClassifier(100, min_samples_leaf=3, random_state=1).fit(matrix, drugs), FloatTensorType)
    add_table("extra", ExtraTreesClassifier(50, max_depth=6, random_state=2).fit(matrix, drugs), FloatTensorType)

    def add_pipeline(name, encoder, age):
        columns = ColumnTransformer([("levels", encoder, list(LEVELS)), ("numbers", "passthrough", NUMBERS)])
        pipeline = make_pipeline(columns, RandomForestClassifier(50, random_state=3)).fit(data.frame, drugs)
        types = [
            (name, StringTensorType([None, 1]) if name in LEVELS else FloatTensorType([None, 1])) for name in FIELDS]
        types[0] = ("Age", age([None, 1]))
        others[name] = (to_onnx(pipeline, initial_types=types), [])

    add_pipeline("pipeline", OneHotEncoder(), Int64TensorType)
    add_pipeline("ordinal", OrdinalEncoder(), FloatTensorType)

    types = [("X", ToolsFloat([None, 9]))]
    boosted = xgboost.XGBClassifier(n_estimators=40, max_depth=4, n_jobs=1).fit(matrix, codes)
    others["xgboost"] = (onnxmltools.convert_xgboost(boosted, initial_types=types), numbered)
    parallel = xgboost.XGBRFClassifier(n_estimators=40, random_state=0, n_jobs=1).fit(matrix, codes)
    others["xgboost-forest"] = (onnxmltools.convert_xgboost(parallel, initial_types=types), numbered)
    boosted = lightgbm.LGBMClassifier(n_estimators=40, verbose=-1, n_jobs=1).fit(matrix, drugs)
    others["lightgbm"] = (onnxmltools.convert_lightgbm(boosted, initial_types=types, zipmap=False), table)
    averaged = lightgbm.LGBMClassifier(
        n_estimators=10, boosting_type="rf", bagging_freq=1, bagging_fraction=0.7, verbose=-1, n_jobs=1)
    averaged.fit(matrix, drugs)
    others["lightgbm-forest"] = (onnxmltools.convert_lightgbm(averaged, initial_types=types, zipmap=False), table)
    return others
