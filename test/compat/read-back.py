"""Reads with boto3 what the other clients of this folder have sent, and prints it as JSON."""
import datetime
import json

import boto3

client = boto3.client("xray")
now = datetime.datetime.now(datetime.timezone.utc)
range_ = {"StartTime": now - datetime.timedelta(minutes=10), "EndTime": now + datetime.timedelta(seconds=5)}

services = client.get_service_graph(**range_)["Services"]
pages = client.get_paginator("get_trace_summaries").paginate(**range_)
traces = [summary for page in pages for summary in page["TraceSummaries"]]
filtered = client.get_paginator("get_trace_summaries").paginate(FilterExpression='service("front") AND !service("nobody")', **range_)
through_front = [summary for page in filtered for summary in page["TraceSummaries"]]
try:
    client.batch_get_traces(TraceIds=[])
    error = ""
except client.exceptions.InvalidRequestException as refused:
    error = refused.response["Error"]["Code"]
try:
    client.get_trace_summaries(FilterExpression="service(", **range_)
    filter_error = ""
except client.exceptions.InvalidRequestException as refused:
    filter_error = refused.response["Error"]["Message"]

answer = {"services": [service["Name"] for service in services], "traces": len(traces), "error": error}
print(json.dumps({**answer, "throughFront": len(through_front), "filterError": filter_error}))
