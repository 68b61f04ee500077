"""The service under test, shared by the tests that leave it as they found it."""

import shutil

import pytest

from service import Service


@pytest.fixture(scope="session")
def service(models):
    with Service(models) as service:
        yield service


@pytest.fixture
def own_models(models, tmp_path):
    """A folder of models that a test may change."""
    folder = tmp_path / "models"
    shutil.copytree(models, folder, symlinks=True)
    return folder
