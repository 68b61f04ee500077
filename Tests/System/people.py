"""People whom the service has to think about."""

import ctypes

from client import credentials


def add_slow_user(service, name, password, role, rounds):
    """Adds somebody whose password takes about half a second for each million rounds, and gives their header."""
    crypt = ctypes.CDLL("libcrypt.so.1").crypt
    crypt.restype = ctypes.c_char_p
    hash = crypt(password.encode(), f"$6$rounds={rounds}$tests$".encode()).decode()
    with open(service.log_folder / "htpasswd", "a") as people:
        people.write(f"{name}:{hash}:{role}\n")
    return credentials(name, password)
