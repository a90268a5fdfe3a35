"""Follows a waiting area over server-sent events, and prints how many callers stand where after
each change. Python's standard library is enough."""

import collections
import http.client
import json
import os
import time
import urllib.error
import urllib.request

URL = os.environ.get("STANDBY_URL", "http://127.0.0.1:8080")
KEY = os.environ["STANDBY_API_KEY"]

# The server says something every 10 s, if only a comment: after so long the line is dead. Seconds.
SILENCE = 30

FOLLOW = """
subscription ($clinic: ID!, $after: Int) {
  waitingAreaChanged(clinicId: $clinic, afterVersion: $after) {
    __typename
    ... on WaitingAreaSnapshot { version callers { id version status } }
    ... on CallerArrived { version caller { id version status } }
    ... on CallerChanged { version caller { id version status } }
    ... on CallerEnded { version caller { id version status } }
  }
}
"""


def answers(query, **variables):
    """Each answer to an operation, until the server has no more or the line is cut."""
    request = urllib.request.Request(
        f"{URL}/graphql/stream",
        json.dumps({"query": query, "variables": variables}).encode(),
        {
            "content-type": "application/json",
            "accept": "text/event-stream",
            "authorization": f"Bearer {KEY}",
        },
    )
    with urllib.request.urlopen(request, timeout=SILENCE) as stream:
        event = None
        for line in stream:
            name, _, value = line.decode().rstrip("\r\n").partition(":")
            if name == "event":
                event = value.strip()
            elif name == "data" and event == "next":
                answer = json.loads(value)
                if "errors" in answer:
                    raise SystemExit("; ".join(said(error) for error in answer["errors"]))
                yield answer["data"]
            elif name == "data" and event == "complete":
                return


def said(error):
    """What an error of GraphQL says: its code, if it has one, and the words."""
    code = error.get("extensions", {}).get("code")
    return f"{code} {error['message']}" if code else error["message"]


def apply(callers, event):
    """Makes the list of callers what it is after an event."""
    if event["__typename"] == "WaitingAreaSnapshot":
        callers.clear()
        callers.update({caller["id"]: caller for caller in event["callers"]})
        return
    caller = event["caller"]
    known = callers.get(caller["id"])
    if event["__typename"] == "CallerEnded":
        callers.pop(caller["id"], None)
    elif known is None or known["version"] <= caller["version"]:
        callers[caller["id"]] = caller


def main():
    version = None
    callers = {}
    clinic = None
    while True:
        try:
            if clinic is None:
                (who,) = answers("{ viewer { ... on ApiClient { clinic { id } } } }")
                if "clinic" not in who["viewer"]:
                    raise SystemExit("STANDBY_API_KEY is no API key of this server")
                clinic = who["viewer"]["clinic"]["id"]
            for data in answers(FOLLOW, clinic=clinic, after=version):
                event = data["waitingAreaChanged"]
                if event["__typename"] != "WaitingAreaSnapshot" and event["version"] <= version:
                    continue  # seen already
                apply(callers, event)
                version = event["version"]
                counts = collections.Counter(caller["status"] for caller in callers.values())
                print(
                    f"version {version}: {counts['WAITING']} Waiting, {counts['OFFLINE']} Offline",
                    flush=True,
                )
        except urllib.error.HTTPError as refused:
            # 429 and 503 pass; anything else stays as it is until somebody changes something.
            if refused.code not in (429, 503):
                raise SystemExit(f"{refused.code} {refused.reason}") from None
            time.sleep(float(refused.headers.get("retry-after", "1")))
        except (OSError, http.client.HTTPException):
            time.sleep(1)  # cut off, or the server is restarting


main()
