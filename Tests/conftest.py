"""What the tests of the running service and of its pages share."""

import pytest

from service import train


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """A folder of models with one trained as `drugctl` does by default."""
    folder = tmp_path_factory.mktemp("models")
    train(folder)
    return folder
