# /// script
# requires-python = ">=3.8"
# dependencies = []
# ///
"""A hook as it is often written: parse, post, done."""
import json
import sys
import urllib.request

event = json.load(sys.stdin)
request = urllib.request.Request(
    sys.argv[1], data=json.dumps(event).encode(), headers={"Content-Type": "application/json"}, method="POST"
)
with urllib.request.urlopen(request, timeout=5) as response:
    response.read()
