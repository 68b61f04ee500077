"""Hosts with a network of their own on this machine: network namespaces, joined by pairs of devices.

        with Network() as network:
            front = network.host("front")
            other = network.host("other")
            network.join(front, other)          # front reaches other.address
            with front.inside():                # this thread, and what it starts
                ...

Nothing of them is reached from outside, and all of them is gone at the end.
"""

import contextlib
import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def address(number):
    """Where the host of a network that was made as this one, counted from 0, is reached once it is joined."""
    return f"10.213.{number}.2"


def why_not():
    """Why namespaces cannot be made here, None when they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    name = f"drug-probe-{os.getpid()}"
    try:
        ip("netns", "add", name)
    except OSError as failure:
        return f"network namespaces cannot be made here: {failure}"
    ip("netns", "del", name)
    return None


class Host:
    """A namespace with a loopback; `address` is where it is reached once it is joined."""

    def __init__(self, name):
        self.name, self.address, self.device = name, None, None
        ip("netns", "add", name)
        ip("-n", name, "link", "set", "lo", "up")

    @contextlib.contextmanager
    def inside(self):
        """Moves this thread into the namespace; processes and threads that it starts stay there."""
        with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{self.name}") as there:
            self.enter(there)
            try:
                yield self
            finally:
                self.enter(home)

    @staticmethod
    def enter(namespace):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def cut_off(self):
        """Takes its network away without a word to anybody."""
        ip("-n", self.name, "link", "set", self.device, "down")

    def come_back(self):
        ip("-n", self.name, "link", "set", self.device, "up")


class Network:
    def __init__(self):
        self.hosts = []

    def host(self, name):
        host = Host(f"drug-{name}-{os.getpid()}")
        self.hosts.append(host)
        return host

    def join(self, center, host):
        """A wire between two hosts, with a network of its own."""
        number = self.hosts.index(host)
        host.device, host.address = "center", address(number)
        ip("-n", center.name, "link", "add", f"host{number}", "type", "veth", "peer", "name", host.device,
           "netns", host.name)
        for name, device, own in (
                (center.name, f"host{number}", f"10.213.{number}.1"), (host.name, host.device, host.address)):
            ip("-n", name, "address", "add", f"{own}/24", "dev", device)
            ip("-n", name, "link", "set", device, "up")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for host in self.hosts:
            # Its devices go with it, once its last process has ended.
            ip("netns", "del", host.name)
