"""Several ensembles of trees, as skl2onnx writes them: ONNX Runtime and the forest say the same."""

import numpy
import onnx
import pytest
from onnx import helper, numpy_helper
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier, BaggingClassifier, ExtraTreesClassifier, GradientBoostingClassifier,
    RandomForestClassifier, StackingClassifier, VotingClassifier)
from sklearn.tree import DecisionTreeClassifier

from onnx_files import try_import
from test_onnx_pipelines import agree, drug200, refused
from test_onnx_two_classes import FOUR, TABLES, by_sklearn, columns, ensemble, shares, trees, with_schema

TABLES = TABLES | {"five": drug200()}


def tree(depth=None):
    return DecisionTreeClassifier(max_depth=depth, random_state=0)


def forest(count=10, **options):
    return RandomForestClassifier(count, random_state=1, **options)


def extra(count=10):
    return ExtraTreesClassifier(count, max_depth=6, random_state=2)


def boosted():
    return GradientBoostingClassifier(n_estimators=3, max_depth=2, random_state=3)


def bagging(model, **options):
    return BaggingClassifier(model, random_state=4, **options)


def voting(*models, weights=None, voting="soft"):
    """skl2onnx 1.20 takes neither a flat transform nor weights that are no array."""
    return VotingClassifier(
        [(f"m{place}", model) for place, model in enumerate(models)], voting=voting, flatten_transform=False,
        weights=None if weights is None else numpy.array(weights))


# For each name the table, the model, and how many trees the forest has of how many; 1 where they are folded.
MODELS = {
    "bagging": ("five", bagging(tree(), n_estimators=15), 15, 15),
    "bagging of many": ("drug200", bagging(tree(3), n_estimators=400), 400, 400),
    "bagging of two classes": ("six", bagging(tree(), n_estimators=15), 15, 15),
    "bagging of some columns": ("thirty", bagging(tree(), n_estimators=12, max_features=0.4), 12, 12),
    "bagging of forests": ("five", bagging(forest(4), n_estimators=3), 12, 12),
    "voting": ("five", voting(forest(), extra()), 20, 20),
    "voting of two classes": ("six", voting(forest(), extra()), 20, 20),
    "voting of forests of other sizes": ("thirty", voting(forest(15), extra(9)), 24, 90),
    "voting with weights": ("six", voting(forest(8), tree(4), weights=[2, 1]), 9, 12),
    "voting with odd weights": ("five", voting(forest(7), extra(5), tree(5), weights=[0.5, 0.3, 0.2]), 13, 350),
    "voting of bagging": ("five", voting(bagging(tree(), n_estimators=4), forest(6)), 10, 24),
    "hard voting": ("five", voting(forest(4), extra(3), tree(5), voting="hard"), 8, 1),
    "hard voting of two classes": ("drug200", voting(forest(4), extra(3), tree(5), voting="hard"), 8, 1),
    "AdaBoost of trees": ("five", AdaBoostClassifier(tree(3), n_estimators=8, random_state=5), 8, 1),
    "AdaBoost of two classes": ("drug200", AdaBoostClassifier(n_estimators=20, random_state=5), 20, 1),
    "calibrated": ("five", CalibratedClassifierCV(forest(8), cv=3), 24, 1),
    "calibrated of two classes": ("drug200", CalibratedClassifierCV(forest(8), cv=3), 24, 1),
    "calibrated at once": ("five", CalibratedClassifierCV(forest(15), cv=3, ensemble=False), 15, 1),
    "calibrated boosting": ("five", CalibratedClassifierCV(boosted(), cv=2), 30, 1),
    "calibrated by steps": ("five", CalibratedClassifierCV(forest(8), cv=3, method="isotonic"), 24, 1),
    "calibrated by steps of two classes": (
        "drug200", CalibratedClassifierCV(forest(8), cv=3, method="isotonic"), 24, 1),
    "calibrated of bagging": (
        "five", CalibratedClassifierCV(bagging(tree(4), n_estimators=3), cv=2), 6, 1),
    "voting with boosting": ("five", voting(forest(6, max_depth=4), boosted()), 21, 1),
    "voting with boosting of two classes": ("drug200", voting(forest(6, max_depth=4), boosted()), 9, 1),
}


def write(folder, name):
    table, model = MODELS[name][:2]
    table = TABLES[table]
    names, matrix = columns(table)
    return table, by_sklearn()(model, matrix, table.drugs), ["--columns", ",".join(names)]


@pytest.mark.parametrize("name", MODELS)
def test_several_ensembles_say_here_what_they_say_in_onnx_runtime(tmp_path, name):
    table, model, options = write(tmp_path, name)
    agree(tmp_path, table, model, *options, "--classes", ",".join(sorted(set(table.drugs))))
    kept, made = MODELS[name][2:]
    done = try_import(tmp_path / "models", tmp_path / "model.onnx", "--schema", tmp_path / "schema.json", *options)
    assert f"\n  {kept} trees, " in done.stdout and ("folded" in done.stdout) == (made == 1)
    forest = tmp_path / "models/registry" / done.stdout.split()[1] / "forest.rf"
    assert int.from_bytes(forest.read_bytes()[24:28], "little") == made


def test_classes_that_are_numbers_are_named_by_who_imports_them(tmp_path):
    table = TABLES["five"]
    names, matrix = columns(table)
    numbers = 3 + 2 * numpy.unique(table.drugs, return_inverse=True)[1]
    model = by_sklearn()(voting(forest(), extra()), matrix, numbers)
    drugs = sorted(set(table.drugs))
    onnx.save(model, tmp_path / "model.onnx")
    options = [*with_schema(tmp_path, table), "--columns", ",".join(names)]
    done = try_import(tmp_path / "models", tmp_path / "model.onnx", *options)
    assert done.returncode == 1 and "by --classes" in done.stderr
    done = try_import(tmp_path / "models", tmp_path / "model.onnx", *options, "--classes", ",".join(drugs))
    assert done.returncode == 0, done.stderr


def test_trees_of_other_weights_in_one_ensemble_are_repeated(tmp_path):
    own = shares(numpy.random.default_rng(3))
    weights = [0.4, 0.8, 1.2, 1.6]
    parts = [[{label: 4 * value * weight / 4 for label, value in leaf.items()} for leaf in pair]
             for pair, weight in zip(own, weights)]
    model = ensemble(parts, "NONE", names=False)
    onnx.save(model, tmp_path / "model.onnx")
    done = try_import(
        tmp_path / "models", tmp_path / "model.onnx", *with_schema(tmp_path, FOUR), "--columns", ",".join(FOUR.names))
    assert "\n  4 trees, " in done.stdout and "folded" not in done.stdout, done.stderr
    forest = tmp_path / "models/registry" / done.stdout.split()[1] / "forest.rf"
    assert int.from_bytes(forest.read_bytes()[24:28], "little") == 10


def test_sums_of_the_same_trees_are_no_more_trees(tmp_path):
    model = ensemble(shares(numpy.random.default_rng(3)), "NONE", names=False)
    model.graph.node[0].output[1] = "p0"
    model.graph.node.extend(helper.make_node("Sum", [f"p{step}"] * 2, [f"p{step + 1}"]) for step in range(30))
    model.graph.node.append(helper.make_node("Mul", ["p30", "least"], ["probabilities"]))
    model.graph.initializer.append(numpy_helper.from_array(numpy.array([2.0**-30], numpy.float32), "least"))
    onnx.save(model, tmp_path / "model.onnx")
    done = try_import(
        tmp_path / "models", tmp_path / "model.onnx", *with_schema(tmp_path, FOUR), "--columns", ",".join(FOUR.names))
    assert "\n  4 trees, " in done.stdout and "folded" not in done.stdout, done.stderr


def of(model, table="five"):
    def make():
        return table, by_sklearn()(model, columns(TABLES[table])[1], TABLES[table].drugs)
    return make


def label_of_the_first():
    """A label that is not that of the probabilities."""
    table, model = of(voting(forest(3), extra(3)))()
    place = next(node for node in model.graph.node if node.op_type == "ArgMax")
    place.input[0] = next(node for node in model.graph.node if node.op_type == "TreeEnsembleClassifier").output[1]
    return table, model


def of_other_weights():
    """Weights that make up more than one."""
    table, model = of(voting(forest(3), extra(3)))()
    weight = next(one for one in model.graph.initializer if one.name == "w0")
    weight.CopyFrom(numpy_helper.from_array(numpy.array([0.6], numpy.float32), "w0"))
    return table, model


REFUSED = {
    "stacking": (of(StackingClassifier([("a", forest(3))], forest(3))), "its one input must be a table of numbers"),
    "boosting of two classes that is calibrated": (
        of(CalibratedClassifierCV(boosted(), cv=2), table="drug200"), "of one score with weights below 0"),
    "boosting of many classes from nothing": (
        of(GradientBoostingClassifier(n_estimators=2, init="zero")), "base_values must be one finite number a class"),
    "large forests that are calibrated": (
        of(CalibratedClassifierCV(forest(100), cv=5), table="thirty"), "too many to be folded into one"),
    "large forests that vote": (
        of(voting(forest(100), extra(100), voting="hard"), table="thirty"), "too many to be folded into one"),
    "the label of one": (label_of_the_first, "the class is not that of the probabilities"),
    "other weights": (of_other_weights, "its sums are no probabilities"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_folded_is_refused_in_words(tmp_path, name):
    make, reason = REFUSED[name]
    table, model = make()
    table = TABLES[table]
    assert reason in refused(
        tmp_path, model, *with_schema(tmp_path, table), "--columns", ",".join(columns(table)[0]), "--classes",
        ",".join(sorted(set(table.drugs))))
