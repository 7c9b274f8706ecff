"""Makes and changes a group with boto3, then reads the audit trail with CloudTrail's client, and prints as JSON what it was told."""
import datetime
import json

import boto3
from botocore.exceptions import ClientError

xray, cloudtrail = boto3.client("xray"), boto3.client("cloudtrail")
xray.create_group(GroupName="audited", FilterExpression="fault")
xray.update_group(GroupName="audited", FilterExpression="error")
xray.delete_group(GroupName="audited")


def events(**query):
    pages = cloudtrail.get_paginator("lookup_events").paginate(PaginationConfig={"PageSize": 2}, **query)
    return [event for page in pages for event in page["Events"]]


def code_of(**query):
    try:
        cloudtrail.lookup_events(**query)
    except ClientError as refused:
        return refused.response["Error"]["Code"]
    return ""


named = [{"AttributeKey": "ResourceName", "AttributeValue": "audited"}]
now = datetime.datetime.now(datetime.timezone.utc)
hour = datetime.timedelta(hours=1)
found = events(LookupAttributes=named, StartTime=now - hour, EndTime=now + hour)
changed = next(event for event in found if event["EventName"] == "UpdateGroup")
record = json.loads(changed["CloudTrailEvent"])
print(
    json.dumps(
        {
            "names": [event["EventName"] for event in found],
            "user": [changed["Username"], changed["AccessKeyId"], changed["ReadOnly"], changed["EventSource"]],
            "recent": abs(now - changed["EventTime"]) < hour,
            "agent": "Boto3" in record["userAgent"],
            "address": record["sourceIPAddress"],
            "change": [record["additionalEventData"][when]["expression"] for when in ("before", "after")],
            "by id": [event["EventName"] for event in events(LookupAttributes=[{"AttributeKey": "EventId", "AttributeValue": changed["EventId"]}])],
            "long ago": events(EndTime=now - hour),
            "codes": [
                code_of(StartTime=now, EndTime=now - hour),
                code_of(LookupAttributes=named + named),
                code_of(MaxResults=50, NextToken="made up"),
            ],
        }
    )
)
