#!/bin/sh
# A hook that keeps the exact bytes it was given, one file per event in folder $1. Shares no code with what it is to check.
# The name is the time of the call and the pid; -C (noclobber) makes a second event of that name an error, not an overwrite.
# The move comes last, so a file under its final name is whole, and one that stayed `.part` tells of a killed witness.
set -eC
name=$(date +%s%N)-$$
cat > "$1/$name.part"
mv "$1/$name.part" "$1/$name.json"
