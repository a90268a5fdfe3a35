"""Counts everyone who has come in so far, by status, page by page, with the standard library."""

import collections
import json
import os
import urllib.request

URL = os.environ.get("STANDBY_URL", "http://127.0.0.1:8080")
KEY = os.environ["STANDBY_API_KEY"]

PAGE = """
query ($after: String) {
  viewer {
    ... on ApiClient {
      clinic {
        waitingArea {
          callers(first: 100, after: $after) {
            nodes { id status }
            pageInfo { hasNextPage endCursor }
          }
        }
      }
    }
  }
}
"""


def ask(query, **variables):
    """Sends one operation and returns its data."""
    request = urllib.request.Request(
        f"{URL}/graphql",
        json.dumps({"query": query, "variables": variables}).encode(),
        {"content-type": "application/json", "authorization": f"Bearer {KEY}"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        answer = json.load(response)
    if "errors" in answer:
        raise RuntimeError(answer["errors"])
    return answer["data"]


statuses = collections.Counter()
after = None
while True:
    viewer = ask(PAGE, after=after)["viewer"]
    if "clinic" not in viewer:
        raise SystemExit("STANDBY_API_KEY is no API key of this server")
    page = viewer["clinic"]["waitingArea"]["callers"]
    statuses.update(caller["status"] for caller in page["nodes"])
    if not page["pageInfo"]["hasNextPage"]:
        break
    after = page["pageInfo"]["endCursor"]
for status, count in sorted(statuses.items()):
    print(f"{status}: {count}")
