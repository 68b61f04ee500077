"""A collector of traces for the tests: it decodes what comes with OpenTelemetry's own messages."""

import http.server
import threading
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status


class Collector:
    """Takes spans on a port of its own; `statuses` are what it answers first, and `hold` is how long it says nothing."""

    def __init__(self, port=0, statuses=(), hold=0):
        self.requests, self.heads, self.faults = [], [], []
        self.statuses, self.hold = list(statuses), hold
        self.ending = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.ending.wait(outer.hold)
                status = outer.statuses.pop(0) if outer.statuses else 200
                if status == 200:
                    try:
                        outer.requests.append(ExportTraceServiceRequest.FromString(body))
                        outer.heads.append((self.path, dict(self.headers)))
                    except Exception as fault:
                        outer.faults.append(fault)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        # Those who are held say nothing more when the test has ended.
        self.server.handle_error = lambda *_: None
        self.port = self.server.server_address[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.server.shutdown()
        self.server.server_close()
        assert not self.faults

    def spans(self, **wanted):
        """The spans that have come, or those with these attributes; `_` stands for a dot."""
        found = [
            span for request in list(self.requests) for resource in request.resource_spans
            for scope in resource.scope_spans for span in scope.spans]
        return [span for span in found if {
            name.replace("__", "."): value for name, value in wanted.items()}.items() <= attributes(span).items()]

    def wait_for(self, count, seconds=15, **wanted):
        deadline = time.monotonic() + seconds
        while len(found := self.spans(**wanted)) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count} spans came"
            time.sleep(0.02)
        return found


def attributes(message):
    """The attributes of a span or a resource, as Python has them."""
    return {
        pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in message.attributes}


SERVER, INTERNAL, ERROR = Span.SPAN_KIND_SERVER, Span.SPAN_KIND_INTERNAL, Status.STATUS_CODE_ERROR
