#!/bin/sh
# A fault, told with kcat: reported, known, smaller than thought, back in two steps.
# Usage: KAFKA=host:port sh connect_kcat.sh OUTAGE
set -eu
outage=$1
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)

# send ID TYPE, data on standard input. kcat ends a message at each line break, so they are taken out.
# The partitioner is that of Kafka's own clients; without it kcat puts the same key on another partition.
send() {
    tr -d '\n' | kcat -P -b "$KAFKA" -t outage.dispatch -k "$outage" \
        -X enable.idempotence=true -X partitioner=murmur2_random \
        -H ce_specversion=1.0 -H "ce_id=$outage/$1" -H ce_source=/dispatch/kcat -H "ce_type=$2" -H "ce_time=$now" \
        -H content-type=application/json
}

send 1 fault.reported.v1 <<END
{"mRID": "$outage", "reportedAt": "$now", "reportingKind": "call", "territory": "urban", "reportId": "$outage/call"}
END
send 2 outage.started.v1 <<END
{"mRID": "$outage", "outageClass": "fault", "startedAt": "$now",
 "extent": {"lines": ["10千伏城西线"], "transformers": ["建国路1号公变", "建国路2号公变", "建国路3号公变"]}}
END
send 3 extent.changed.v1 <<END
{"mRID": "$outage", "changedAt": "$now", "extent": {"transformers": ["建国路1号公变", "建国路2号公变"]}}
END
send 4 supply.restored.v1 <<END
{"mRID": "$outage", "restoredAt": "$now", "scope": "part", "extent": {"transformers": ["建国路1号公变"]}}
END
send 5 supply.restored.v1 <<END
{"mRID": "$outage", "restoredAt": "$now", "scope": "part", "extent": {"transformers": ["建国路2号公变"]}}
END
