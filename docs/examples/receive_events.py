"""Receives a clinic's events. Needs Python 3.10 and nothing else.

Start: WEBHOOK_SECRET=whsec_… PORT=9000 python3 receive_events.py
"""

import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
seen = set()  # keep these for some days in your database
latest = {}  # caller id -> the version of its that you have


def is_genuine(headers, body):
    """Whether one of the signatures is right, and no more than five minutes old."""
    id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > 300:
        return False
    signed = f"{id}.{timestamp}.".encode() + body
    expected = base64.b64encode(hmac.digest(SECRET, signed, hashlib.sha256)).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(one.encode(), f"v1,{expected}".encode()) for one in given)


def take(event):
    caller = event["data"]["caller"]
    # An older state of a caller never replaces a newer one.
    if latest.get(caller["id"], 0) > caller["version"]:
        return
    latest[caller["id"]] = caller["version"]
    print(event["data"]["version"], event["type"], caller["status"], flush=True)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("content-length", 0)), 65536))
        if not is_genuine(self.headers, body):
            self.send_response(401)
            self.end_headers()
            return
        id = self.headers["webhook-id"]
        if id not in seen:
            take(json.loads(body))
            seen.add(id)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Receiver)
print(f"listening on {server.server_port}", flush=True)
server.serve_forever()
