"""An app with the unmodified X-Ray SDK for Python, which samples by central rules; prints each second what it has sampled."""
import sys
import time

from aws_xray_sdk.core import xray_recorder

xray_recorder.configure(service=sys.argv[1], context_missing="LOG_ERROR")

while True:
    until = time.time() + 1
    requests = sampled = 0
    while time.time() < until:
        segment = xray_recorder.begin_segment(sys.argv[1])
        requests += 1
        sampled += 1 if segment.sampled else 0
        xray_recorder.end_segment()
        time.sleep(0.02)
    print(requests, sampled, flush=True)
