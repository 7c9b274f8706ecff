"""Manages groups, tags, policies, settings and retrievals with boto3, and prints as JSON what it was answered."""
import datetime
import json

import boto3

client = boto3.client("xray")


def refusal(call, **members):
    """The exception's class of boto3 and the code that it was made of."""
    try:
        call(**members)
    except client.exceptions.ClientError as refused:
        return [type(refused).__name__, refused.response["Error"]["Code"]]
    return []


team = [{"Key": "team", "Value": "shop"}]
group = client.create_group(GroupName="boto", FilterExpression="fault", InsightsConfiguration={"InsightsEnabled": True}, Tags=team)["Group"]
arn = group["GroupARN"]
changed = client.update_group(GroupARN=arn, FilterExpression="error")["Group"]
names = [one["GroupName"] for page in client.get_paginator("get_groups").paginate() for one in page["Groups"]]
client.tag_resource(ResourceARN=arn, Tags=[{"Key": "stage", "Value": "test"}])
client.untag_resource(ResourceARN=arn, TagKeys=["team"])
tags = client.list_tags_for_resource(ResourceARN=arn)["Tags"]
client.delete_group(GroupName="boto")
client.put_encryption_config(Type="KMS", KeyId="alias/boto")
encryption = client.get_encryption_config()["EncryptionConfig"]
client.put_encryption_config(Type="NONE")
document = json.dumps({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "xray:*", "Resource": "*"}})
policy = client.put_resource_policy(PolicyName="boto", PolicyDocument=document)["ResourcePolicy"]
policies = [one["PolicyName"] for page in client.get_paginator("list_resource_policies").paginate() for one in page["ResourcePolicies"]]
client.delete_resource_policy(PolicyName="boto", PolicyRevisionId=policy["PolicyRevisionId"])
now = datetime.datetime.now(datetime.timezone.utc)
span = {"StartTime": now - datetime.timedelta(minutes=10), "EndTime": now}
retrieval = client.start_trace_retrieval(TraceIds=[], **span)["RetrievalToken"]
status = client.list_retrieved_traces(RetrievalToken=retrieval)["RetrievalStatus"]
series = client.get_paginator("get_time_series_service_statistics").paginate(Period=60, **span)

print(
    json.dumps(
        {
            "insights": group["InsightsConfiguration"],
            "filters": [group["FilterExpression"], changed["FilterExpression"]],
            "names": names,
            "tags": tags,
            "encryption": [encryption["KeyId"], encryption["Status"]],
            "policies": policies,
            "updated": abs((policy["LastUpdatedTime"] - now).total_seconds()) < 600,
            "indexing": client.get_indexing_rules()["IndexingRules"][0]["Name"],
            "destination": client.get_trace_segment_destination()["Destination"],
            "retrieval": status,
            "points": all("EdgeSummaryStatistics" in one for page in series for one in page["TimeSeriesServiceStatistics"]),
            "refusals": [
                refusal(client.get_group, GroupName="boto"),
                refusal(client.list_tags_for_resource, ResourceARN=arn),
                refusal(client.put_resource_policy, PolicyName="boto", PolicyDocument="{"),
                refusal(client.list_retrieved_traces, RetrievalToken="gone"),
            ],
        }
    )
)
