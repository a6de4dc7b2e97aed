#!/bin/sh
# A fault, told over HTTP in CloudEvents' three forms.
# Usage: URL=… TOKEN=… sh connect_curl.sh OUTAGE
set -eu
outage=$1
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)

# Waits and tries again after 408, 429 and 5xx, as Retry-After says, and after a lost connection: the same body, the same ids.
post() {
    type=$1
    shift
    curl -sS --fail-with-body --max-time 30 --retry 5 --retry-connrefused "$URL/v1/events" \
        -H "Authorization: Bearer $TOKEN" -H "Content-Type: $type" "$@" --data-binary @-
    echo
}

# Structured: the whole event is the body.
post application/cloudevents+json <<END
{"specversion": "1.0", "id": "$outage/1", "source": "/dispatch/curl", "type": "outage.started.v1", "time": "$now",
 "data": {"mRID": "$outage", "outageClass": "fault", "startedAt": "$now",
          "extent": {"lines": ["10千伏城东线"], "areas": ["中山路一带"], "customersAffected": 1240}}}
END

# Binary: what the event is stands in headers, the body is its data.
post application/json -H "ce-specversion: 1.0" -H "ce-id: $outage/2" -H "ce-source: /dispatch/curl" \
    -H "ce-type: crew.status.v1" -H "ce-time: $now" <<END
{"mRID": "$outage", "crewStatus": "arrived", "at": "$now"}
END

# A batch: up to 500 events. Read the answer: each event has its own result.
post application/cloudevents-batch+json <<END
[{"specversion": "1.0", "id": "$outage/3", "source": "/dispatch/curl", "type": "ert.changed.v1", "time": "$now",
  "data": {"mRID": "$outage", "changedAt": "$now", "nextUpdateAt": "$now"}},
 {"specversion": "1.0", "id": "$outage/4", "source": "/dispatch/curl", "type": "cause.cleared.v1", "time": "$now",
  "data": {"mRID": "$outage", "clearedAt": "$now", "cause": "导线断落,已更换"}},
 {"specversion": "1.0", "id": "$outage/5", "source": "/dispatch/curl", "type": "supply.restored.v1", "time": "$now",
  "data": {"mRID": "$outage", "restoredAt": "$now", "scope": "all"}}]
END
