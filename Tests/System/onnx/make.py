"""Made the files beside it, in an environment of its own: pip install onnx==1.19.1 protobuf==5.29.5 skl2onnx==1.20.0
scikit-learn==1.9.1 catboost==1.2.10. skl2onnx 1.20 fails on HistGradientBoostingClassifier with protobuf 7, and CatBoost
takes 100 MB, so that the tests read what was made once.

  python make.py FOLDER
"""

import pathlib
import sys

import catboost
import numpy
import onnx
import pandas
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import HistGradientBoostingClassifier

ROOT = pathlib.Path(__file__).resolve().parents[3]
COLUMNS = [
    "Sex_F", "Sex_M", "BP_HIGH", "BP_LOW", "BP_NORMAL", "Cholesterol_HIGH", "Cholesterol_NORMAL", "Age", "Na_to_K"]

table = pandas.read_csv(ROOT / "data/drug200.csv")
matrix = pandas.get_dummies(table.drop(columns="Drug"))[COLUMNS].to_numpy().astype(numpy.float32)
drugs = table["Drug"].to_numpy()
folder = pathlib.Path(sys.argv[1])

# All drugs, and two groups of them.
for suffix, labels in {"": drugs, "-2": numpy.where(numpy.isin(drugs, ["DrugY", "drugA"]), "one", "two")}.items():
    boosted = HistGradientBoostingClassifier(max_iter=8, max_leaf_nodes=6, random_state=0).fit(matrix, labels)
    onnx.save(
        to_onnx(boosted, initial_types=[("X", FloatTensorType([None, 9]))], options={"zipmap": False}),
        folder / f"hist-gradient-boosting{suffix}.onnx")
    model = catboost.CatBoostClassifier(
        iterations=12, depth=3, random_seed=0, thread_count=1, verbose=0, allow_writing_files=False)
    model.fit(matrix, labels).save_model(str(folder / f"catboost{suffix}.onnx"), format="onnx")
