"""What the rehearsal does in AWS besides Terraform, and what it finds there: python aws.py COMMAND '{"json": "arguments"}'

Talks to AWS_ENDPOINT_URL only, and refuses to run without it: nothing here may ever reach a real account.
Answers with one JSON document on stdout.
"""

import hashlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
import jmespath
from botocore.config import Config

RETRIES = Config(retries={"max_attempts": 2}, connect_timeout=5, read_timeout=30)


def client(service):
    return boto3.client(service, config=RETRIES)


def pages(service, operation, path, **arguments):
    """All items under a JMESPath, over all pages where the operation has any."""
    api = client(service)
    if api.can_paginate(operation):
        answers = api.get_paginator(operation).paginate(**arguments)
    else:
        answers = [getattr(api, operation)(**arguments)]
    return [item for answer in answers for item in (jmespath.search(path, answer) or [])]


def create_repository(repository):
    client("ecr").create_repository(repositoryName=repository)
    return {}


def create_hosted_zone(name, id):
    client("route53").create_hosted_zone(Name=name, CallerReference=f"id {id}")
    return {}


def put_image(repository, manifest, tag):
    """Registers a manifest under its true digest; moto would make one up, and would take a wrong one."""
    digest = "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()
    client("ecr").put_image(repositoryName=repository, imageManifest=manifest, imageTag=tag, imageDigest=digest)
    return {"digest": digest}


def image(repository, tag=None, digest=None):
    """What the registry has under a tag or a digest."""
    ecr = client("ecr")
    of = {"imageTag": tag} if tag else {"imageDigest": digest}
    found = ecr.batch_get_image(repositoryName=repository, imageIds=[of])["images"]
    if not found:
        return {"digest": None, "manifest": None, "tags": []}
    digest = found[0]["imageId"]["imageDigest"]
    details = ecr.describe_images(repositoryName=repository, imageIds=[{"imageDigest": digest}])["imageDetails"]
    tags = sorted({name for detail in details for name in detail.get("imageTags", [])})
    return {"digest": digest, "manifest": found[0]["imageManifest"], "tags": tags}


def parameter(name):
    ssm = client("ssm")
    try:
        return {"value": ssm.get_parameter(Name=name)["Parameter"]["Value"]}
    except ssm.exceptions.ParameterNotFound:
        return {"value": None}


def set_log_retention(logGroup, days):
    client("logs").put_retention_policy(logGroupName=logGroup, retentionInDays=days)
    return {}


def running_images(cluster, service):
    """The images of the task definition that a service runs."""
    ecs = client("ecs")
    runs = ecs.describe_services(cluster=cluster, services=[service])["services"][0]["taskDefinition"]
    containers = ecs.describe_task_definition(taskDefinition=runs)["taskDefinition"]["containerDefinitions"]
    return {"images": [container["image"] for container in containers]}


def task_definition(cluster, family, container, logGroup):
    """A cluster, and a task definition with one container that logs."""
    ecs = client("ecs")
    client("logs").create_log_group(logGroupName=logGroup)
    options = {"awslogs-group": logGroup, "awslogs-region": ecs.meta.region_name, "awslogs-stream-prefix": container}
    definition = ecs.register_task_definition(
        family=family,
        networkMode="awsvpc",
        containerDefinitions=[
            {"name": container, "image": "none", "memory": 128, "logConfiguration": {"logDriver": "awslogs", "options": options}}
        ],
    )
    made = ecs.create_cluster(clusterName=cluster)
    return {"taskDefinition": definition["taskDefinition"]["taskDefinitionArn"], "cluster": made["cluster"]["clusterArn"]}


def task_states(cluster):
    ecs = client("ecs")
    arns = [arn for status in ("RUNNING", "STOPPED") for arn in ecs.list_tasks(cluster=cluster, desiredStatus=status)["taskArns"]]
    tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
    return [{"status": task["lastStatus"], "reason": task["stoppedReason"]} for task in tasks]


def restore_drill(database, restored):
    """Restores a snapshot of a database into a new instance, as docs/restore.md does, and removes both again. Says what each is."""
    rds = client("rds")

    def described(identifier):
        return rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]

    original = described(database)
    snapshot = f"{restored}-drill"
    rds.create_db_snapshot(DBInstanceIdentifier=database, DBSnapshotIdentifier=snapshot)
    try:
        rds.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier=snapshot)
        rds.restore_db_instance_from_db_snapshot(
            DBSnapshotIdentifier=snapshot,
            DBInstanceIdentifier=restored,
            DBInstanceClass=original["DBInstanceClass"],
            DBSubnetGroupName=original["DBSubnetGroup"]["DBSubnetGroupName"],
            DBParameterGroupName=original["DBParameterGroups"][0]["DBParameterGroupName"],
            VpcSecurityGroupIds=[group["VpcSecurityGroupId"] for group in original["VpcSecurityGroups"]],
            EnableIAMDatabaseAuthentication=True,
            ManageMasterUserPassword=True,
            MasterUserSecretKmsKeyId=original["MasterUserSecret"]["KmsKeyId"],
            PubliclyAccessible=False,
        )
        try:
            rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier=restored)
            copy = described(restored)
        finally:
            rds.delete_db_instance(DBInstanceIdentifier=restored, SkipFinalSnapshot=True, DeleteAutomatedBackups=True)
            rds.get_waiter("db_instance_deleted").wait(DBInstanceIdentifier=restored)
    finally:
        rds.delete_db_snapshot(DBSnapshotIdentifier=snapshot)
    return {"original": facts(original), "restored": facts(copy)}


def facts(instance):
    return {
        "id": instance["DbiResourceId"],
        "masterSecret": instance["MasterUserSecret"]["SecretArn"],
        "same": {
            "engine": f"{instance['Engine']} {instance['EngineVersion']}",
            "name": instance["DBName"],
            "storage": f"{instance['AllocatedStorage']} GiB {instance['StorageType']}",
            "storage key": instance["KmsKeyId"] if instance["StorageEncrypted"] else "none",
            "subnet group": instance["DBSubnetGroup"]["DBSubnetGroupName"],
            "security groups": " ".join(group["VpcSecurityGroupId"] for group in instance["VpcSecurityGroups"]),
            "parameter group": " ".join(group["DBParameterGroupName"] for group in instance["DBParameterGroups"]),
            "IAM sign-in": instance["IAMDatabaseAuthenticationEnabled"],
            "password key": instance["MasterUserSecret"]["KmsKeyId"],
            "public access": instance["PubliclyAccessible"],
        },
    }


def secret_values():
    """The values of every secret: of those that RDS manages the password, of others the whole text."""
    secretsmanager = client("secretsmanager")
    found = []
    for name in pages("secretsmanager", "list_secrets", "SecretList[].Name"):
        text = secretsmanager.get_secret_value(SecretId=name)["SecretString"]
        found.append({"name": name, "values": [json.loads(text)["password"] if name.startswith("rds!") else text]})
    return found


def save_object_versions(folder):
    """Every version of every object in S3, as files <bucket>/<key>@<version> in a folder."""
    s3 = client("s3")

    def save(of):
        bucket, key, version_id = of
        file = os.path.join(folder, bucket, f"{key}@{version_id}")
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "wb") as to:
            to.write(s3.get_object(Bucket=bucket, Key=key, VersionId=version_id)["Body"].read())

    versions = [
        (bucket, version["Key"], version["VersionId"])
        for bucket in pages("s3", "list_buckets", "Buckets[].Name")
        for version in pages("s3", "list_object_versions", "Versions", Bucket=bucket)
    ]
    # Hundreds: one after the other they take as long as a plan.
    with ThreadPoolExecutor(max_workers=4) as several:
        list(several.map(save, versions))
    return {"saved": len(versions)}


def clear_for_destroy(repositories, taskFamilies):
    """Removes what Terraform keeps on purpose: images, and the task definition revisions that a rollback needs."""
    ecr, ecs = client("ecr"), client("ecs")
    for repository in repositories:
        images = pages("ecr", "list_images", "imageIds", repositoryName=repository)
        if images:
            ecr.batch_delete_image(repositoryName=repository, imageIds=images)
    for family in taskFamilies:
        for revision in pages("ecs", "list_task_definitions", "taskDefinitionArns", familyPrefix=family, status="ACTIVE"):
            ecs.deregister_task_definition(taskDefinition=revision)
    return {}


# (kind, service, operation, JMESPath to what tells one from another, arguments). What AWS keeps for a while after a delete,
# or makes by itself for every account, is left out here or is in the inventory taken before anything was created.
KINDS = [
    ("VPC", "ec2", "describe_vpcs", "Vpcs[].VpcId", {}),
    ("subnet", "ec2", "describe_subnets", "Subnets[].SubnetId", {}),
    ("internet gateway", "ec2", "describe_internet_gateways", "InternetGateways[].InternetGatewayId", {}),
    ("NAT gateway", "ec2", "describe_nat_gateways", "NatGateways[?State != 'deleted'].NatGatewayId", {}),
    ("elastic IP", "ec2", "describe_addresses", "Addresses[].AllocationId", {}),
    ("route table", "ec2", "describe_route_tables", "RouteTables[].RouteTableId", {}),
    ("network ACL", "ec2", "describe_network_acls", "NetworkAcls[].NetworkAclId", {}),
    ("security group", "ec2", "describe_security_groups", "SecurityGroups[].GroupId", {}),
    ("VPC endpoint", "ec2", "describe_vpc_endpoints", "VpcEndpoints[?State != 'deleted'].VpcEndpointId", {}),
    ("flow log", "ec2", "describe_flow_logs", "FlowLogs[].FlowLogId", {}),
    ("managed prefix list", "ec2", "describe_managed_prefix_lists", "PrefixLists[?OwnerId != 'AWS'].PrefixListId", {}),
    ("network interface", "ec2", "describe_network_interfaces", "NetworkInterfaces[].NetworkInterfaceId", {}),
    ("launch template", "ec2", "describe_launch_templates", "LaunchTemplates[].LaunchTemplateId", {}),
    ("instance", "ec2", "describe_instances", "Reservations[].Instances[?State.Name != 'terminated'][].InstanceId", {}),
    ("volume", "ec2", "describe_volumes", "Volumes[].VolumeId", {}),
    ("Auto Scaling group", "autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups[].AutoScalingGroupName", {}),
    ("load balancer", "elbv2", "describe_load_balancers", "LoadBalancers[].LoadBalancerArn", {}),
    ("target group", "elbv2", "describe_target_groups", "TargetGroups[].TargetGroupArn", {}),
    ("task definition", "ecs", "list_task_definitions", "taskDefinitionArns", {"status": "ACTIVE"}),
    ("capacity provider", "ecs", "describe_capacity_providers", "capacityProviders[?status == 'ACTIVE'].name", {}),
    ("scalable target", "application-autoscaling", "describe_scalable_targets", "ScalableTargets[].ResourceId", {"ServiceNamespace": "ecs"}),
    ("scheduled action", "application-autoscaling", "describe_scheduled_actions", "ScheduledActions[].ScheduledActionName", {"ServiceNamespace": "ecs"}),
    ("database", "rds", "describe_db_instances", "DBInstances[].DBInstanceIdentifier", {}),
    ("database snapshot", "rds", "describe_db_snapshots", "DBSnapshots[].DBSnapshotIdentifier", {}),
    ("database subnet group", "rds", "describe_db_subnet_groups", "DBSubnetGroups[].DBSubnetGroupName", {}),
    ("database parameter group", "rds", "describe_db_parameter_groups", "DBParameterGroups[].DBParameterGroupName", {}),
    ("database event subscription", "rds", "describe_event_subscriptions", "EventSubscriptionsList[].CustSubscriptionId", {}),
    ("secret", "secretsmanager", "list_secrets", "SecretList[].Name", {}),
    ("log group", "logs", "describe_log_groups", "logGroups[].logGroupName", {}),
    ("log resource policy", "logs", "describe_resource_policies", "resourcePolicies[].policyName", {}),
    ("bucket", "s3", "list_buckets", "Buckets[].Name", {}),
    ("role", "iam", "list_roles", "Roles[].RoleName", {}),
    ("managed policy", "iam", "list_policies", "Policies[].PolicyName", {"Scope": "Local"}),
    ("instance profile", "iam", "list_instance_profiles", "InstanceProfiles[].InstanceProfileName", {}),
    ("OIDC provider", "iam", "list_open_id_connect_providers", "OpenIDConnectProviderList[].Arn", {}),
    ("image repository", "ecr", "describe_repositories", "repositories[].repositoryName", {}),
    ("topic", "sns", "list_topics", "Topics[].TopicArn", {}),
    ("alarm", "cloudwatch", "describe_alarms", "MetricAlarms[].AlarmName", {}),
    ("dashboard", "cloudwatch", "list_dashboards", "DashboardEntries[].DashboardName", {}),
    ("hosted zone", "route53", "list_hosted_zones", "HostedZones[].Name", {}),
    ("certificate", "acm", "list_certificates", "CertificateSummaryList[].CertificateArn", {}),
    ("web ACL", "wafv2", "list_web_acls", "WebACLs[].Name", {"Scope": "REGIONAL"}),
    ("web ACL logging", "wafv2", "list_logging_configurations", "LoggingConfigurations[].ResourceArn", {"Scope": "REGIONAL"}),
    ("event rule", "events", "list_rules", "Rules[].Name", {}),
    ("KMS alias", "kms", "list_aliases", "Aliases[?!starts_with(AliasName, 'alias/aws/')].AliasName", {}),
]


def inventory():
    """Everything in the account and region, as `kind name`, sorted."""
    found = [f"{kind} {name}" for kind, service, operation, path, arguments in KINDS for name in pages(service, operation, path, **arguments)]
    ecs, kms = client("ecs"), client("kms")
    clusters = ecs.describe_clusters(clusters=pages("ecs", "list_clusters", "clusterArns"))["clusters"]
    found += [f"ECS cluster {cluster['clusterName']}" for cluster in clusters if cluster["status"] != "INACTIVE"]
    # moto calls AWS's own keys, such as that of EBS, the customer's; their aliases tell them apart.
    of_aws = pages("kms", "list_aliases", "Aliases[?starts_with(AliasName, 'alias/aws/')].TargetKeyId")
    for key in pages("kms", "list_keys", "Keys[].KeyId"):
        if key not in of_aws and kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] != "PendingDeletion":
            found.append(f"KMS key {key}")
    for zone in pages("route53", "list_hosted_zones", "HostedZones[].Id"):
        found += [f"DNS record {name}" for name in pages("route53", "list_resource_record_sets", "ResourceRecordSets[].Name", HostedZoneId=zone)]
    account = client("sts").get_caller_identity()["Account"]
    found += [f"budget {name}" for name in pages("budgets", "describe_budgets", "Budgets[].BudgetName", AccountId=account)]
    return sorted(found)


COMMANDS = {
    "create-hosted-zone": create_hosted_zone,
    "create-repository": create_repository,
    "put-image": put_image,
    "running-images": running_images,
    "set-log-retention": set_log_retention,
    "task-definition": task_definition,
    "task-states": task_states,
    "restore-drill": restore_drill,
    "secret-values": secret_values,
    "save-object-versions": save_object_versions,
    "clear-for-destroy": clear_for_destroy,
    "image": image,
    "inventory": inventory,
    "parameter": parameter,
}


def only_the_emulator():
    if not os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://127.0.0.1:"):
        sys.exit("aws.py: AWS_ENDPOINT_URL is not the emulator on 127.0.0.1; refusing to touch anything else")


if __name__ == "__main__":
    only_the_emulator()
    if len(sys.argv) != 3 or sys.argv[1] not in COMMANDS:
        sys.exit(f"usage: aws.py {'|'.join(COMMANDS)} JSON")
    print(json.dumps(COMMANDS[sys.argv[1]](**json.loads(sys.argv[2]))))
