"""What the prediction log of a service holds, read as `drugctl log` reads it: beside its writers."""

import contextlib
import sqlite3


def log_path(service):
    return service.log_folder / "predictions.sqlite"


def kept(service):
    """The identifiers of all kept predictions, each as often as it stands there."""
    with contextlib.closing(sqlite3.connect(f"{log_path(service).as_uri()}?mode=ro", uri=True)) as database:
        return [identifier for identifier, in database.execute("SELECT id FROM prediction")]


def kept_identifiers(service):
    return set(kept(service))
