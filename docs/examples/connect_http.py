"""A fault over HTTP with Python's own library: each event until it is taken, and what a slip brings.

Usage: python connect_http.py URL TOKEN OUTAGE.
"""

import json
import sys
import time
from datetime import UTC, datetime
from urllib.error import HTTPError
from urllib.request import Request, urlopen

SOURCE = "/dispatch/http"


class Refused(Exception):
    """The event is wrong: sending it again will not help. Holds the answer."""


def send(url: str, token: str, event: dict, tries: int = 8) -> str:
    """Taken, or already-taken. After any doubt it sends the same again under the same id."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents+json"}
    body = json.dumps(event, ensure_ascii=False).encode()
    for attempt in range(tries):
        pause = min(2**attempt, 30)
        try:
            with urlopen(Request(f"{url}/v1/events", body, headers), timeout=30) as answer:
                return json.load(answer)["outcome"]
        except HTTPError as error:
            if error.code not in {408, 429} and error.code < 500:
                raise Refused(json.load(error)) from None
            pause = int(error.headers.get("Retry-After", pause))
        except OSError:
            pass  # no connection, or it broke: nobody knows whether the event came through
        time.sleep(pause)
    raise TimeoutError("not taken so far: keep the event and send it again later")


def main(url: str, token: str, outage: str) -> None:
    """Two facts of a fault; one of them twice, one with a slip."""
    now = datetime.now(UTC).isoformat()

    def event(number: int, event_type: str, **data: object) -> dict:
        name = {"specversion": "1.0", "id": f"{outage}/{number}", "source": SOURCE, "type": event_type, "time": now}
        return name | {"data": {"mRID": outage} | data}

    extent = {"lines": ["10千伏城中线"], "areas": ["解放路一带"]}
    started = event(1, "outage.started.v1", outageClass="fault", startedAt=now, extent=extent)
    print(send(url, token, started))
    print(send(url, token, started))
    try:
        send(url, token, event(2, "supply.restored.v1", restoredAt=now, evidance="meter"))
    except Refused as refused:
        print("refused", refused)
    print(send(url, token, event(2, "supply.restored.v1", restoredAt=now, evidence="meter")))


main(*sys.argv[1:])
