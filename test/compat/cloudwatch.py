"""Puts, lists and reads metrics with boto3, and prints as JSON what it was answered. Reads until all is there, or the time is over."""
import datetime
import json
import time

import boto3

patience_seconds = 60
client = boto3.client("cloudwatch")
now = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
metric = {"Namespace": "Boto", "MetricName": "Latency", "Dimensions": [{"Name": "Host", "Value": "a"}]}
range_ = {"StartTime": now - datetime.timedelta(minutes=10), "EndTime": now, "Period": 60}


def put(**datum):
    datum = {"MetricName": "Latency", "Dimensions": metric["Dimensions"], "Unit": "Milliseconds", **datum}
    client.put_metric_data(Namespace="Boto", MetricData=[datum])


def refusal(call, **members):
    """The exception's class of boto3, its code, and its message."""
    try:
        call(**members)
    except client.exceptions.ClientError as refused:
        return [type(refused).__name__, refused.response["Error"]["Code"], refused.response["Error"]["Message"]]
    return []


def datapoints(**statistics):
    found = client.get_metric_statistics(**metric, **range_, **statistics)["Datapoints"]
    shown = [{**point, "Timestamp": (now - point["Timestamp"]).total_seconds()} for point in found]
    return sorted(shown, key=lambda point: -point["Timestamp"])


minutes = [now - datetime.timedelta(minutes=ago) for ago in (3, 2)]
put(Timestamp=minutes[0], Values=[1, 2, 3, 4], Counts=[1, 1, 1, 1])
put(Timestamp=minutes[1], Value=10)
put(Timestamp=minutes[1], Value=20)
names = [f"many-{n}" for n in range(700)]
client.put_metric_data(Namespace="BotoMany", MetricData=[{"MetricName": name, "Value": 1} for name in names])
until = time.time() + patience_seconds
basic = {"Statistics": ["SampleCount", "Sum", "Average", "Minimum", "Maximum"]}
listed = []
while time.time() < until and (sum(point["SampleCount"] for point in datapoints(**basic)) < 6 or len(listed) < len(names)):
    pages = client.get_paginator("list_metrics").paginate(Namespace="BotoMany")
    listed = [one["MetricName"] for page in pages for one in page["Metrics"]]
    time.sleep(0.25)

print(
    json.dumps(
        {
            "datapoints": datapoints(**basic),
            "percentiles": datapoints(ExtendedStatistics=["p50", "tm75"]),
            "listed": sorted(listed) == sorted(names),
            "filtered": client.list_metrics(Namespace="Boto", Dimensions=[{"Name": "Host"}], RecentlyActive="PT3H")["Metrics"] == [metric],
            "refusals": [
                refusal(put, Value=float("nan")),
                refusal(client.get_metric_statistics, **metric, **range_),
                refusal(client.list_metrics, NextToken="made up"),
                refusal(client.describe_alarms),
            ],
        }
    )
)
