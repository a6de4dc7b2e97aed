#!/bin/sh
# What was decided about one outage so far, and what was set aside.
# Usage: KAFKA=host:port sh connect_kcat_answers.sh OUTAGE
set -eu
for topic in outage.notices outage.restorations outage.quarantine; do
    kcat -C -b "$KAFKA" -t "$topic" -o beginning -e -q -f '%k %h %s\n' | grep "^$1 " || true
done
