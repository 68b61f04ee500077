"""Clients that ask for predictions one after the other until they are told to end."""

import threading
import time

from client import PATIENT, connect, predict


class Load:
    """Keeps the service busy while a test goes on; each client waits for its answer.

    Each asks for `patient` at an age of its own, from 20 on. `answers` holds every good answer, `faults` everything else that came back.
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
        time.sleep(0.2)
        return self

    def __exit__(self, *_):
        time.sleep(0.2)
        self.ending.set()
        for thread in self.threads:
            thread.join()
