"""What the tests of the running service and of its pages share."""

import signal

import pytest

from service import train

# A signal that was ignored when a shell began, as in the background or under nohup, would stay ignored in
# every program that the tests start. One that is caught has its default again in those.
for each in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
    if signal.getsignal(each) == signal.SIG_IGN:
        signal.signal(each, lambda *_: None)


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """A folder of models with one trained as `drugctl` does by default."""
    folder = tmp_path_factory.mktemp("models")
    train(folder)
    return folder
