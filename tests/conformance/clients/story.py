"""The Python client for socket.io protocol 5 (Debian: python3-socketio), from its connection to its
end: story.py URL TRANSPORTS. Writes the step that failed and ends with status 1; writes "restart"
when the server is to be started anew, on the same port."""

import sys
import threading
import time

import socketio

PATIENCE = 5  # seconds for each step
IDLE = 2.5  # seconds without events: many heartbeats

url, transports = sys.argv[1:3]
text = "hé€😀"
data = bytes([0, 1, 2, 253, 254, 255])
namespaces = ["/", "/demo"]


class Heard:
    """What came, by event and namespace."""

    def __init__(self, client):
        self.changed = threading.Condition()
        self.events = []
        for namespace in namespaces:
            for name in ("connect", "disconnect", "echo", "called"):
                client.on(name, self.hear(name, namespace), namespace=namespace)

    def hear(self, name, namespace):
        def handler(*args):
            with self.changed:
                self.events.append((name, namespace, args))
                self.changed.notify_all()

        return handler

    def wait(self, name, namespace):
        """Takes the first such event, and returns its arguments."""

        def find():
            return next((e for e in self.events if e[:2] == (name, namespace)), None)

        with self.changed:
            if not self.changed.wait_for(find, PATIENCE):
                raise AssertionError(f"no {name} in {namespace} in {PATIENCE} s")
            event = find()
            self.events.remove(event)
            return event[2]


def same(got, expected):
    if got != expected:
        raise AssertionError(f"expected {expected!r}, got {got!r}")


client = socketio.Client(reconnection_delay=0.05, reconnection_delay_max=0.1, randomization_factor=0)
heard = Heard(client)
client.on("q", lambda number, binary: (text, binary, number), namespace="/demo")


def echoes(namespace, *args):
    client.emit("echo", args, namespace=namespace)
    same(heard.wait("echo", namespace), args)


def connects():
    client.connect(url, transports=transports.split(","), namespaces=namespaces, wait_timeout=PATIENCE)
    for namespace in namespaces:
        heard.wait("connect", namespace)
    same(client.transport(), transports.split(",")[-1])


def echoes_text():
    for namespace in namespaces:
        echoes(namespace, text, {"a": [1, None]}, text * 500)


def echoes_binary_data():
    for namespace in namespaces:
        echoes(namespace, data, {"deep": [text, data]}, "x")


def is_acknowledged():
    for namespace in namespaces:
        same(client.call("echo", (text, data, 1), namespace=namespace, timeout=PATIENCE), (text, data, 1))


def acknowledges():
    client.emit("callme", namespace="/demo")
    same(heard.wait("called", "/demo"), (text, bytes([1, 2]), 1))


def stays_when_idle():
    time.sleep(IDLE)
    same([e for e in heard.events if e[0] == "disconnect"], [])
    echoes("/demo", "still there")


def comes_back_after_a_restart():
    print("restart", flush=True)
    for name in ("disconnect", "connect"):
        for namespace in namespaces:
            heard.wait(name, namespace)
    for namespace in namespaces:
        echoes(namespace, text)


def is_disconnected_from_a_namespace():
    client.emit("bye", namespace="/demo")
    heard.wait("disconnect", "/demo")
    echoes("/", "still there")


def closes():
    client.disconnect()
    heard.wait("disconnect", "/")


for step in (
    connects,
    echoes_text,
    echoes_binary_data,
    is_acknowledged,
    acknowledges,
    stays_when_idle,
    comes_back_after_a_restart,
    is_disconnected_from_a_namespace,
    closes,
):
    try:
        step()
    except Exception as error:
        print(f"python {step.__name__.replace('_', ' ')}: {error}", flush=True)
        sys.exit(1)
