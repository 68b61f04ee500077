"""What notebooks put before their trees, as skl2onnx writes it: ONNX Runtime and the forest say the same."""

import json

import numpy
import onnx
import onnxruntime
import pandas
import pytest
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer, MaxAbsScaler, MinMaxScaler, OneHotEncoder, OrdinalEncoder, RobustScaler, StandardScaler)
from sklearn.tree import DecisionTreeClassifier

from onnx_files import COLUMNS, import_model, try_import
from service import ROOT
from test_onnx_missing import forest_says

# What these programs wrote, and how: make.py.
FOLDER = ROOT / "Tests/System/onnx"
SINGLE, DOUBLE = FloatTensorType, DoubleTensorType


class Table:
    """A table that a description tells of: names of categories with their levels, of numbers, and rows."""

    def __init__(self, levels, numbers, frame, drugs, optional=()):
        self.levels, self.numbers, self.frame, self.drugs = levels, numbers, frame, numpy.array(drugs)
        self.optional = set(optional)

    @property
    def names(self):
        return [*self.levels, *self.numbers]

    def types(self, number, integers=()):
        return [
            (name, (StringTensorType if name in self.levels else Int64TensorType if name in integers else number)
             ([None, 1])) for name in self.names]

    def rows(self, near, generator, count=30_000):
        """Rows whose numbers lie on thresholds, beside them or anywhere, with holes where holes may be."""
        rows = {}
        for name in self.names:
            own = self.frame[name].to_numpy()
            own = generator.choice(own[[value == value and value != "" for value in own]], count)
            if name in self.numbers:
                own = numpy.where(generator.random(count) < 0.7, generator.choice(near[name], count), own)
            if name in self.optional:
                holes = generator.random(count) < 0.3
                own = numpy.where(holes, "" if name in self.levels else numpy.nan, own)
            rows[name] = own
        return pandas.DataFrame(rows)

    def raw(self, rows):
        """The rows as a forest takes them, categories as places, NaN for what is missing."""
        return numpy.column_stack([
            [self.levels[name].index(text) if text else numpy.nan for text in rows[name]]
            if name in self.levels else rows[name] for name in self.names]).astype(float)

    def description(self):
        fields = [
            {"name": name, "type": "string", "constraints": {"enum": levels}} for name, levels in self.levels.items()]
        fields += [{"name": name, "type": "number", "constraints": {}} for name in self.numbers]
        fields.append({"name": "Drug", "type": "string", "constraints": {"enum": sorted(set(self.drugs))}})
        for field in fields:
            field["constraints"]["required"] = field["name"] not in self.optional
        return {"fields": fields, "target": "Drug", "missingValues": [""]}


def drug200():
    frame = pandas.read_csv(ROOT / "data/drug200.csv")
    levels = {"Sex": ["F", "M"], "BP": ["HIGH", "LOW", "NORMAL"], "Cholesterol": ["HIGH", "NORMAL"]}
    return Table(levels, ["Age", "Na_to_K"], frame[[*levels, "Age", "Na_to_K"]], frame["Drug"])


def clinic():
    """Another table, with holes in it and numbers of other sizes."""
    generator = numpy.random.default_rng(5)
    count = 400
    frame = pandas.DataFrame({
        "Smoker": generator.choice(["former", "no", "yes"], count), "Ward": generator.choice(["east", "west"], count),
        "Weight": generator.normal(75.3, 14, count).round(1), "Dose": generator.lognormal(-6, 2, count),
        "Platelets": generator.integers(90_000, 450_000, count).astype(float)})
    score = (frame["Weight"] > 71.7) + 2 * (frame["Smoker"] == "no") + (frame["Dose"] > 0.0021)
    drugs = numpy.array(["alpha", "beta", "gamma"])[(score + (frame["Platelets"] > 240_000)) % 3]
    for name, hole in {"Weight": numpy.nan, "Dose": numpy.nan, "Smoker": ""}.items():
        frame.loc[generator.random(count) < 0.15, name] = hole
    levels = {"Smoker": ["former", "no", "yes"], "Ward": ["east", "west"]}
    return Table(
        levels, ["Weight", "Dose", "Platelets"], frame, drugs, optional=["Weight", "Dose", "Smoker"])


TABLES = {"drug200": drug200(), "clinic": clinic()}


def forest(**options):
    return RandomForestClassifier(30, random_state=0, n_jobs=1, **options)


def filled(*steps):
    """Steps that begin where holes are filled, as they must in a table that has some."""
    return make_pipeline(SimpleImputer(strategy="median"), *steps)


def known(*steps):
    """The same for categories; skl2onnx knows no other hole in texts than the empty one."""
    return make_pipeline(SimpleImputer(strategy="most_frequent", missing_values=""), *steps)


HOT = OneHotEncoder(handle_unknown="ignore")
# For each name the table, the numbers' steps, the categories' steps, the model and the type of the numbers.
PIPELINES = {
    "standard": ("drug200", StandardScaler(), OneHotEncoder(), forest(), SINGLE),
    "standard of doubles": ("drug200", StandardScaler(), OneHotEncoder(), forest(), DOUBLE),
    "minimum and maximum": ("drug200", MinMaxScaler(), OneHotEncoder(), forest(), SINGLE),
    "minimum and maximum of doubles": ("drug200", MinMaxScaler((-1, 1)), HOT, forest(), DOUBLE),
    "clipped": ("drug200", MinMaxScaler(clip=True), OneHotEncoder(), forest(), SINGLE),
    "robust": ("drug200", RobustScaler(), OneHotEncoder(), forest(), SINGLE),
    "scaled twice": ("drug200", make_pipeline(MaxAbsScaler(), StandardScaler()), HOT, forest(), DOUBLE),
    "without centre": ("drug200", StandardScaler(with_mean=False), HOT, forest(), DOUBLE),
    "drop the first": ("drug200", "passthrough", OneHotEncoder(drop="first"), forest(), SINGLE),
    "drop of two": ("drug200", StandardScaler(), OneHotEncoder(drop="if_binary"), forest(), DOUBLE),
    "ordinal": ("drug200", "passthrough", make_pipeline(OrdinalEncoder(), MinMaxScaler()), forest(), SINGLE),
    "filled": ("drug200", filled(StandardScaler()), known(HOT), forest(), SINGLE),
    "bins": ("drug200", KBinsDiscretizer(5, encode="onehot-dense"), OneHotEncoder(), forest(), SINGLE),
    "bins in order": (
        "drug200", make_pipeline(KBinsDiscretizer(7, encode="ordinal", strategy="uniform"), StandardScaler()),
        OneHotEncoder(), forest(), SINGLE),
    "tree": ("drug200", StandardScaler(), OneHotEncoder(), DecisionTreeClassifier(random_state=0), SINGLE),
    "extra trees": (
        "drug200", MinMaxScaler(), OneHotEncoder(drop="first"), ExtraTreesClassifier(20, random_state=1), SINGLE),
    "boosted": (
        "drug200", StandardScaler(), OneHotEncoder(),
        GradientBoostingClassifier(n_estimators=10, random_state=0), SINGLE),
    "holes": ("clinic", SimpleImputer(), known(HOT), forest(), SINGLE),
    "holes and scales": ("clinic", filled(StandardScaler()), known(OneHotEncoder(drop="first")), forest(), SINGLE),
    "holes and the unknown": (
        "clinic", filled(MinMaxScaler()),
        make_pipeline(SimpleImputer(strategy="constant", fill_value="?", missing_values=""), HOT), forest(), SINGLE),
    "holes and limits": ("clinic", filled(RobustScaler(), MinMaxScaler(clip=True)), known(HOT), forest(), SINGLE),
    "holes and bins": (
        "clinic", filled(KBinsDiscretizer(4, encode="onehot-dense")), known(HOT), forest(max_leaf_nodes=20), SINGLE),
    "holes and places": (
        "clinic", filled(StandardScaler()), known(OrdinalEncoder()), ExtraTreesClassifier(20, random_state=2), SINGLE),
    "holes left": ("clinic", StandardScaler(), HOT, forest(), SINGLE),
}


def fit(name):
    """A table and the file of the pipeline trained on it."""
    table, numbers, texts, model, number = PIPELINES[name]
    table = TABLES[table]
    columns = ColumnTransformer([("numbers", numbers, table.numbers), ("texts", texts, list(table.levels))])
    pipeline = make_pipeline(columns, model).fit(table.frame, table.drugs)
    return table, to_onnx(pipeline, initial_types=table.types(number), options={"zipmap": False})


def open_session(model):
    """One thread, as in onnx_files."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def onnxruntime_says(session, table, rows):
    kinds = {"tensor(double)": numpy.float64, "tensor(float)": numpy.float32, "tensor(int64)": numpy.int64}
    inputs = session.get_inputs()
    if len(inputs) == 1:
        hot = [rows[name] == level for name, levels in table.levels.items() for level in levels]
        given = {
            inputs[0].name: numpy.column_stack([*hot, *(rows[name] for name in table.numbers)]).astype(
                kinds[inputs[0].type])}
    else:
        given = {
            one.name: rows[one.name].to_numpy().astype(kinds.get(one.type, object)).reshape(-1, 1) for one in inputs}
    label, probabilities = session.run(None, given)
    if isinstance(probabilities, list):
        probabilities = pandas.DataFrame(probabilities).to_numpy()
    return label, probabilities


def near_thresholds(session, table, generator, count=300):
    """For each number the pairs of neighbours of 64 bits between which ONNX Runtime changes its answer, found by
    halving, and those of 32 bits around them."""
    found = {}
    for name in table.numbers:
        own = table.frame[name].dropna().to_numpy()
        rows = table.rows({other: table.frame[other].dropna().to_numpy() for other in table.numbers}, generator, count)

        def ask(values):
            return onnxruntime_says(session, table, rows.assign(**{name: values}))[1]

        low, high = generator.choice(own, count), generator.choice(own, count)
        answer = ask(low)
        for _ in range(80):
            middle = (low + high) / 2
            is_same = (ask(middle) == answer).all(1)
            low, high = numpy.where(is_same, middle, low), numpy.where(is_same, high, middle)
        edges = numpy.concatenate([low, high, own])
        edges = numpy.concatenate([edges, edges.astype(numpy.float32)])
        found[name] = numpy.unique([edges, numpy.nextafter(edges, -numpy.inf), numpy.nextafter(edges, numpy.inf)])
    return found


def agree(tmp_path, table, model, *options):
    """Imports a model and compares what it says with what ONNX Runtime says."""
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    (tmp_path / "schema.json").write_text(json.dumps(table.description()))
    version = import_model(tmp_path / "models", path, "--schema", tmp_path / "schema.json", *options)
    generator = numpy.random.default_rng(11)
    session = open_session(model)
    rows = table.rows(near_thresholds(session, table, generator), generator)
    label, probabilities = onnxruntime_says(session, table, rows)
    forest = tmp_path / "models/registry" / version / "forest.rf"
    own_label, own_probabilities = forest_says(forest, table.raw(rows), tmp_path)
    assert len(numpy.unique(label)) == len(set(table.drugs))
    assert numpy.abs(probabilities - own_probabilities).max() < 1e-6
    drugs = numpy.array(sorted(set(table.drugs)), dtype=object)
    own_label = drugs[own_label]
    if label.dtype != object:
        label = drugs[label]
    # Of drugs that are tied in 32 bits either may be named.
    first, second = numpy.sort(probabilities, 1)[:, [-1, -2]].T
    wrong = (label != own_label) & (first - second > 1e-6)
    assert not wrong.any(), f"{wrong.sum()} of {len(rows)} rows differ"
    assert (label != own_label).mean() < 0.005


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_says_here_what_it_says_in_onnx_runtime(tmp_path, name):
    table, model = fit(name)
    agree(tmp_path, table, model)


@pytest.mark.parametrize("name", ["hist-gradient-boosting", "catboost"])
def test_boosted_trees_that_were_written_elsewhere_say_the_same_here(tmp_path, name):
    model = onnx.load(FOLDER / f"{name}.onnx")
    agree(tmp_path, TABLES["drug200"], model, "--columns", ",".join(COLUMNS))


def refused(folder, model, *options):
    onnx.save(model, folder / "model.onnx")
    done = try_import(folder / "models", folder / "model.onnx", *options)
    assert done.returncode == 1 and not (folder / "models").exists()
    return done.stderr


def test_bins_of_what_may_be_missing_are_refused_with_the_way_out(tmp_path):
    table = TABLES["clinic"]
    columns = ColumnTransformer([
        ("numbers", KBinsDiscretizer(3, encode="ordinal"), table.numbers), ("texts", HOT, list(table.levels))])
    frame = table.frame.fillna(dict.fromkeys(table.numbers, 1))
    pipeline = make_pipeline(columns, DecisionTreeClassifier()).fit(frame, table.drugs)
    (tmp_path / "schema.json").write_text(json.dumps(table.description()))
    said = refused(
        tmp_path, to_onnx(pipeline, initial_types=table.types(SINGLE)), "--schema", tmp_path / "schema.json")
    assert "Weight may be missing, which no bin is for: it must be filled in before, by SimpleImputer" in said
