"""
Who calls what: moto enforces no IAM, so the emulator writes down every call, and rehearsal/permissions asks the policies. And
what fails: a call that is named at /rehearsal/failing is answered with an error in place of being done.
"""

import functools
import io
import json
import os
import re
import threading
from urllib.parse import parse_qs

import botocore.session

CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d+/([^/]+)/([^/]+)/aws4_request")
"""Of a signed request: the access key id, the region and the service that the signature is for."""

RESOURCES = {
    "acm": {"CertificateArn": "{}"},
    "application-autoscaling": {"ResourceARN": "{}"},
    "autoscaling": {"AutoScalingGroupName": "autoScalingGroup:*:autoScalingGroupName/{}"},
    "budgets": {"BudgetName": "budget/{}", "ResourceARN": "{}"},
    "ecr": {"repositoryName": "repository/{}", "repositoryNames": "repository/{}", "resourceArn": "{}"},
    "ecs": {"capacityProviders": "capacity-provider/{}", "clusters": "cluster/{}", "clusterName": "cluster/{}", "resourceArn": "{}"},
    "elasticloadbalancing": {"ListenerArn": "{}", "LoadBalancerArn": "{}", "RuleArn": "{}", "TargetGroupArn": "{}"},
    "iam": {"InstanceProfileName": "instance-profile/{}", "RoleName": "role/{}"},
    "kms": {"AliasName": "{}", "KeyId": "key/{}", "TargetKeyId": "key/{}"},
    "logs": {"logGroupName": "log-group:{}", "resourceArn": "{}"},
    "monitoring": {"AlarmName": "alarm:{}", "AlarmNames": "alarm:{}", "DashboardName": "dashboard/{}", "DashboardNames": "dashboard/{}", "ResourceARN": "{}"},
    "rds": {
        "DBInstanceIdentifier": "db:{}",
        "DBParameterGroupName": "pg:{}",
        "DBSnapshotIdentifier": "snapshot:{}",
        "DBSubnetGroupName": "subgrp:{}",
        "FinalDBSnapshotIdentifier": "snapshot:{}",
        "ResourceName": "{}",
        "SubscriptionName": "es:{}",
    },
    "sns": {"Name": "{}", "ResourceArn": "{}", "TopicArn": "{}"},
    "ssm": {"Name": "parameter{}"},
    "wafv2": {"ResourceArn": "{}", "WebACLArn": "{}"},
}
"""By the service of the signature: the parameters that name what IAM narrows a call to, and how its ARN goes on after the account."""

REGIONLESS = ("budget/", "dashboard/", "instance-profile/", "role/")
"""Resources whose ARNs name no region."""

SIGNED_AS = {"monitoring": "cloudwatch"}
"""Services whose signature has another name than their ARNs."""

OF_AWS = "parameter/aws/"
"""What belongs to no account."""


class Calls:
    """
    A WSGI application around moto's: keeps each distinct call once, and answers them at /rehearsal/calls. Of services that speak
    JSON, each action that was PUT to /rehearsal/failing as a JSON list is refused, until another list is put there.
    """

    def __init__(self, application):
        self.application = application
        self.seen = set()
        self.failing = frozenset()
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == "/rehearsal/calls":
            with self.lock:
                answer = json.dumps([dict(zip(("key", "service", "action", "resource"), call)) for call in sorted(self.seen)])
            start_response("200 OK", [("Content-Type", "application/json")])
            return [answer.encode()]
        if environ["PATH_INFO"] == "/rehearsal/failing":
            self.failing = frozenset(json.loads(body_of(environ)))
            start_response("204 No Content", [])
            return []
        signed = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        if signed:
            key, region, service = signed.groups()
            given = parameters_of(service, environ)
            action = action_of(service, environ, given)
            with self.lock:
                self.seen.update((key, service, action, resource) for resource in resources_of(service, region, environ, given))
            if action in self.failing:
                start_response("400 Bad Request", [("Content-Type", "application/x-amz-json-1.1")])
                return [json.dumps({"__type": "AccessDeniedException", "message": f"{action} is made to fail"}).encode()]
        return self.application(environ, start_response)


def parameters_of(service, environ):
    """The values of each parameter at the top of a request: of those that say their action in a form or a header, the others have none."""
    if environ.get("HTTP_X_AMZ_TARGET"):
        items = json.loads(body_of(environ) or "{}").items()
    elif environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        items = parse_qs(body_of(environ)).items()
    else:
        return {}
    given = {}
    for name, value in items:
        given.setdefault(name.partition(".member.")[0], []).extend(value if isinstance(value, list) else [value])
    return given


def body_of(environ):
    """Reads it, and puts it back for moto."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body.decode(errors="replace")


def action_of(service, environ, given):
    """The API's name of what is asked; of a request that no model of botocore fits, its method and path, which no policy grants."""
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return target.split(".")[-1]
    if "Action" in given:
        return given["Action"][0]
    return rest_action(service, environ) or f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"


def resources_of(service, region, environ, given):
    """The ARNs of what a request names; an empty text when it names nothing that is known here."""
    path = environ["PATH_INFO"].strip("/")
    if service == "s3":
        return [f"arn:aws:s3:::{path}"]
    if service == "route53":
        hosted = re.fullmatch(r"[^/]+/((hostedzone|change)/[^/]+).*", path)
        return [f"arn:aws:route53:::{hosted[1]}"] if hosted else [""]
    named = RESOURCES.get(service, {})
    found = [arn(service, region, named[name].format(value)) for name in named for value in given.get(name, [])]
    return found or [""]


def arn(service, region, resource):
    """Of a resource that is named by its ARN or by what goes on after the account."""
    if "arn:aws:" in resource:
        return resource[resource.index("arn:aws:") :]
    region = "" if resource.startswith(REGIONLESS) else region
    account = "" if resource.startswith(OF_AWS) else os.environ["MOTO_ACCOUNT_ID"]
    return f"arn:aws:{SIGNED_AS.get(service, service)}:{region}:{account}:{resource}"


def rest_action(service, environ):
    """Of the operations whose method, path, and needed parameters and headers fit, the one that needs most."""
    given = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    fitting = [
        (len(query) + len(headers), name)
        for name, method, path, query, headers in rest_operations(service)
        if method == environ["REQUEST_METHOD"]
        and path.fullmatch(environ["PATH_INFO"])
        and all(given.get(key, [None])[0] == value if value else key in given for key, value in query.items())
        and all(f"HTTP_{header.upper().replace('-', '_')}" in environ for header in headers)
    ]
    # Of S3's two ways to list buckets at `/`, the first by name is the one that a provider without directory buckets has.
    return min(fitting, key=lambda found: (-found[0], found[1]))[1] if fitting else None


@functools.cache
def rest_operations(service):
    """Name, method, path, parameters and headers of what botocore knows of a service that has them; nothing of another one."""
    try:
        model = botocore.session.Session().get_service_model(service)
    except botocore.exceptions.UnknownServiceError:
        return []
    return [rest_operation(operation) for operation in map(model.operation_model, model.operation_names) if not operation.deprecated]


def rest_operation(operation):
    path, _, query = operation.http["requestUri"].partition("?")
    members = operation.input_shape.members if operation.input_shape else {}
    required = [members[name].serialization for name in (operation.input_shape.required_members if members else [])]
    located = {where: {s["name"]: "" for s in required if s.get("location") == where} for where in ("querystring", "header")}
    literal = {key: values[0] for key, values in parse_qs(query, keep_blank_values=True).items()}
    pattern = re.sub(r"\\{(\w+)(\\\+)?\\}", lambda m: ".+" if m[2] else "[^/]+", re.escape(path.rstrip("/")))
    return operation.name, operation.http["method"], re.compile(pattern + "/?"), literal | located["querystring"], located["header"]
