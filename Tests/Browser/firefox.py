"""Firefox as Debian has it, by its own protocol (Marionette): playwright drives only builds of Firefox that
it downloads itself."""

import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

PROGRAM = shutil.which("firefox-esr") or shutil.which("firefox")
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
PREFERENCES = {
    # No page may need another host, and neither may the browser.
    "network.proxy.type": 1, "network.proxy.socks": "127.0.0.1", "network.proxy.socks_port": 9,
    "network.proxy.no_proxies_on": "127.0.0.1", "app.update.enabled": False, "datareporting.policy.dataSubmissionEnabled": False,
    "browser.shell.checkDefaultBrowser": False, "browser.startup.page": 0, "devtools.console.stdout.content": True,
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Firefox:
    """A browser with a profile of its own and one window. Elements are found by CSS selectors."""

    def __init__(self, width=1280, height=800):
        self.size = ["--width", str(width), "--height", str(height)]

    def __enter__(self):
        self.profile = pathlib.Path(tempfile.mkdtemp(prefix="firefox-"))
        port = free_port()
        preferences = PREFERENCES | {"marionette.port": port}
        (self.profile / "user.js").write_text("".join(
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items()))
        self.log = open(self.profile / "log", "wb")
        self.process = subprocess.Popen(
            [PROGRAM, "--headless", "--marionette", "--no-remote", "--profile", self.profile, *self.size],
            stdout=self.log, stderr=self.log)
        self.socket = self.connect(port)
        self.stream = self.socket.makefile("rb")
        self.receive()
        self.number = 0
        self.ask("WebDriver:NewSession", capabilities={"alwaysMatch": {}})
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.socket.close()
        self.log.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def connect(self, port):
        end = time.monotonic() + 60
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=60)
            except OSError:
                assert time.monotonic() < end and self.process.poll() is None, (self.profile / "log").read_text()
                time.sleep(0.1)

    def receive(self):
        length = b""
        while not length.endswith(b":"):
            length += self.stream.read(1)
        return json.loads(self.stream.read(int(length[:-1])))

    def ask(self, command, **parameters):
        self.number += 1
        text = json.dumps([0, self.number, command, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(text), text))
        _, _, error, result = self.receive()
        if error:
            raise RuntimeError(f"{command} {parameters}: {error['message']}")
        return result

    def goto(self, url):
        self.ask("WebDriver:Navigate", url=url)

    def script(self, text):
        return self.ask("WebDriver:ExecuteScript", script=text, args=[])["value"]

    def element(self, selector):
        found = self.ask("WebDriver:FindElement", using="css selector", value=selector)
        return found["value"][ELEMENT]

    def click(self, selector):
        self.ask("WebDriver:ElementClick", id=self.element(selector))

    def fill(self, selector, text):
        element = self.element(selector)
        self.ask("WebDriver:ElementClear", id=element)
        self.ask("WebDriver:ElementSendKeys", id=element, text=text)

    def upload(self, selector, path):
        self.ask("WebDriver:ElementSendKeys", id=self.element(selector), text=str(path))

    def waits_for(self, condition, seconds=15):
        """Waits until an expression of JavaScript is true, and returns its value."""
        end = time.monotonic() + seconds
        while not (value := self.script(f"return {condition}")):
            assert time.monotonic() < end, f"{condition}: {self.script('return document.body.innerText')}"
            time.sleep(0.05)
        return value

    def shows(self, selector, text, seconds=15):
        """Waits until an element that can be seen says a text."""
        self.waits_for(
            f"[...document.querySelectorAll({json.dumps(selector)})].some((one) => one.checkVisibility() && "
            f"one.textContent.includes({json.dumps(text)}))", seconds)

    def errors(self):
        """What pages have written to the console as an error."""
        self.log.flush()
        lines = (self.profile / "log").read_text(errors="replace").splitlines()
        return [line for line in lines if line.startswith(("console.error", "JavaScript error")) and "http" in line]
