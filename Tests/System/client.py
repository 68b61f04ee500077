"""Sends HTTP to the service, exactly as a test wants it."""

import base64
import dataclasses
import http.client
import json
import socket

from service import PASSWORD

PATIENT = {"Age": 45, "Sex": "M", "BP": "HIGH", "Cholesterol": "NORMAL", "Na_to_K": 15.5}
JSON = {"Content-Type": "application/json"}


def credentials(user, password):
    """The header by which a user signs in."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


ADMIN = credentials("admin", PASSWORD)


@dataclasses.dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        return json.loads(self.body)


def connect(service):
    """A connection to nginx that waits no longer than a test should."""
    return http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)


def ask(service, method, path, body=None, headers={}, connection=None):
    """One request, on a connection of its own unless one is given."""
    own = connection or connect(service)
    try:
        own.request(method, path, body, dict(headers))
        answer = own.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        if connection is None:
            own.close()


def administer(service, method, path, body=None, headers={}):
    """One request as an administrator; what is not a text is sent as JSON."""
    if body is not None and not isinstance(body, (str, bytes)):
        body, headers = json.dumps(body), JSON | headers
    return ask(service, method, path, body, ADMIN | headers)


def kind(answer):
    """Which problem an answer tells."""
    return answer.json()["type"].removeprefix("urn:drug-classifier:problem:")


def predict(service, patient=PATIENT, connection=None):
    """Asks for a patient's drug."""
    return ask(service, "POST", "/predict", json.dumps(patient), JSON, connection)


def send(service, request):
    """Sends bytes as they are and returns the first answer, as a client of HTTP reads it."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as wire:
        wire.sendall(request)
        return receive(wire)


def receive(wire, method="GET"):
    """Reads an answer."""
    answer = http.client.HTTPResponse(wire, method=method)
    answer.begin()
    return Answer(answer.status, answer.headers, answer.read())
