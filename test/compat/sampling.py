"""Makes, changes, reads and deletes a sampling rule with boto3, and prints as JSON what it was answered."""
import datetime
import json

import boto3

client = boto3.client("xray")
everything = {name: "*" for name in ("ResourceARN", "ServiceName", "ServiceType", "Host", "HTTPMethod", "URLPath")}
rule = {"RuleName": "boto", "Priority": 50, "FixedRate": 0.25, "ReservoirSize": 3, "Version": 1, **everything}


def code_of(call, **members):
    try:
        call(**members)
    except client.exceptions.InvalidRequestException as refused:
        return refused.response["Error"]["Code"]
    return ""


made = client.create_sampling_rule(SamplingRule=rule, Tags=[{"Key": "team", "Value": "shop"}])["SamplingRuleRecord"]
twice = code_of(client.create_sampling_rule, SamplingRule=rule)
update = {"RuleARN": made["SamplingRule"]["RuleARN"], "FixedRate": 0.5}
changed = client.update_sampling_rule(SamplingRuleUpdate=update)["SamplingRuleRecord"]
pages = client.get_paginator("get_sampling_rules").paginate()
names = [record["SamplingRule"]["RuleName"] for page in pages for record in page["SamplingRuleRecords"]]
report = {"RuleName": "boto", "ClientID": "b" * 24, "RequestCount": 9, "SampledCount": 2, "BorrowCount": 1}
report["Timestamp"] = datetime.datetime.now(datetime.timezone.utc)
targets = client.get_sampling_targets(SamplingStatisticsDocuments=[report, {**report, "RuleName": "gone"}])
pages = client.get_paginator("get_sampling_statistic_summaries").paginate()
summaries = [one for page in pages for one in page["SamplingStatisticSummaries"] if one["RuleName"] == "boto"]
deleted = client.delete_sampling_rule(RuleName="boto")["SamplingRuleRecord"]
missing = code_of(client.delete_sampling_rule, RuleName="boto")

print(
    json.dumps(
        {
            "twice": twice,
            "missing": missing,
            "names": names,
            "rates": [made["SamplingRule"]["FixedRate"], changed["SamplingRule"]["FixedRate"]],
            "modified": changed["ModifiedAt"] > made["CreatedAt"],
            "deleted": deleted["SamplingRule"]["RuleName"],
            "quotas": [target["ReservoirQuota"] for target in targets["SamplingTargetDocuments"]],
            "unprocessed": [one["RuleName"] for one in targets["UnprocessedStatistics"]],
            "told": targets["LastRuleModification"] <= report["Timestamp"] + datetime.timedelta(seconds=60),
            "counts": [[one["RequestCount"], one["SampledCount"], one["BorrowCount"]] for one in summaries],
        }
    )
)
