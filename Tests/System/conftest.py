"""The service under test, shared by the tests that leave it as they found it."""

import pytest

from service import Service


@pytest.fixture(scope="session")
def service(models):
    with Service(models) as service:
        yield service
