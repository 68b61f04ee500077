"""Clients that ask for predictions one after the other until they are told to end."""

import threading

from client import PATIENT, connect, predict
from processes import wait_until


class Load:
    """Keeps the service busy while a test goes on; each client waits for its answer.

    Each asks for `patient` at an age of its own, from 20 on. `answers` holds every good answer, `faults` everything else that came back.
    How many come in a time is the machine's affair: a test waits for as many as it needs with `wait_for`.
    """

    def __init__(self, service, clients=8, patient=PATIENT):
        self.service, self.patient = service, patient
        self.answers, self.faults = [], []
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=[number]) for number in range(clients)]

    @property
    def identifiers(self):
        return [answer["id"] for answer in self.answers]

    def work(self, number):
        connection = connect(self.service)
        patient = self.patient | {"Age": 20 + number}
        while not self.ending.is_set():
            try:
                answer = predict(self.service, patient, connection)
                body = answer.json()
                if answer.status == 200 and body["patient_data"] == patient:
                    self.answers.append(body)
                else:
                    self.faults.append((answer.status, body))
            except Exception as fault:
                self.faults.append(fault)
                connection.close()
        connection.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        try:
            self.wait_for(len(self.threads))
        except AssertionError:
            self.__exit__()
            raise
        return self

    def wait_for(self, count, seconds=15):
        """Waits until `count` more good answers have come."""
        enough = len(self.answers) + count
        wait_until(lambda: len(self.answers) >= enough, seconds)

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()
