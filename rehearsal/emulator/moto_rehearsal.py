"""The AWS emulator of the rehearsal: a moto 5.2.1 server on 127.0.0.1 that keeps what Terraform writes.

Plain moto lacks some actions the AWS provider calls and forgets some fields it is given, so an apply hangs in retries
and a second plan shows changes. Each section below belongs to one AWS service; each patch says which gap it closes.

    python moto_rehearsal.py PORT [--parent PID]

PORT 0 takes a free one. Prints one JSON line when it listens: {"listening": "http://127.0.0.1:PORT"}. Requests are
logged to stderr. Exits with 1 and a sentence on stderr when the port is taken; with --parent, ends when that process does.
"""

import argparse
import functools
import inspect
import json
import os
import re
import secrets
import signal
import socket
import sys
import threading
import time
from collections import OrderedDict
from xml.etree import ElementTree

# moto reads these while it is imported.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
os.environ.setdefault("MOTO_ACM_VALIDATION_WAIT", "0")

import agent
from calls import Calls
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.autoscaling.models import FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.budgets.responses import BudgetsResponse
from moto.ec2.models.instances import Instance
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.models.vpcs import VPCBackend
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.ecr.models import ecr_backends
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.core.responses import ActionResult
from moto.iam.access_control import IAMPolicy
from moto.moto_api import state_manager
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.rds.models import DBInstance, DBParameterGroup, MasterUserSecret, RDSBackend
from moto.rds.responses import RDSResponse
from moto.route53.models import Route53Backend
from moto.s3.models import FakeBucket, FakeDeleteMarker
from moto.s3.responses import S3Response
from werkzeug.serving import make_server


def wraps_action(owner, *names):
    """Puts the decorated function in place of each named method; it gets the replaced method as its first argument."""

    def install(patch):
        for name in names:
            replaced = getattr(owner, name)

            # moto dispatches only to plain functions, so not functools.partial; the default binds this turn's method.
            @functools.wraps(replaced)
            def method(*args, _replaced=replaced, **kwargs):
                return patch(_replaced, *args, **kwargs)

            setattr(owner, name, method)
        return patch

    return install


def adds_action(owner):
    """Adds the decorated function to the class under its own name, or puts it in the place of moto's."""

    def install(action):
        setattr(owner, action.__name__, action)
        return action

    return install


# Application Auto Scaling

scalable_target_tags = {}
"""Tags by ARN of the scalable target."""


@wraps_action(ApplicationAutoScalingResponse, "register_scalable_target")
def keep_scalable_target_tags(register, self):
    """moto drops the tags given at registration."""
    response = register(self)
    tags = self._get_param("Tags")
    if tags:
        scalable_target_tags[json.loads(response)["ScalableTargetARN"]] = tags
    return response


@adds_action(ApplicationAutoScalingResponse)
def list_tags_for_resource(self):
    """moto has no ListTagsForResource here; the provider calls it in every refresh."""
    return json.dumps({"Tags": scalable_target_tags.get(self._get_param("ResourceARN"), {})})


@adds_action(ApplicationAutoScalingResponse)
def tag_resource(self):
    """moto has no TagResource here."""
    scalable_target_tags.setdefault(self._get_param("ResourceARN"), {}).update(self._get_param("Tags"))
    return "{}"


# Auto Scaling


@wraps_action(AutoScalingResponse, "create_auto_scaling_group", "update_auto_scaling_group")
def keep_instance_warmup(write, self):
    """moto drops the default instance warm-up of a group, and what an update says of capacity rebalancing."""
    response = write(self)
    group = self.autoscaling_backend.autoscaling_groups[self._get_param("AutoScalingGroupName")]
    if self._get_int_param("DefaultInstanceWarmup") is not None:
        group.default_instance_warmup = self._get_int_param("DefaultInstanceWarmup")
    if self._get_bool_param("CapacityRebalance") is not None:
        group.capacity_rebalance = self._get_bool_param("CapacityRebalance")
    return response


@wraps_action(FakeAutoScalingGroup, "update")
def keep_what_instances_are_made_of(update, self, **given):
    """moto forgets a group's mix of instances with every update that does not repeat it."""
    mix = self.mixed_instances_policy
    update(self, **given)
    if not (given["launch_config_name"] or given["launch_template"] or given["mixed_instances_policy"]):
        self.mixed_instances_policy = mix


@wraps_action(AutoScalingResponse, "delete_auto_scaling_group")
def end_protected_instances(delete, self):
    """moto leaves instances running that are protected from scale-in; a deleted group keeps none."""
    group = self.autoscaling_backend.autoscaling_groups.get(self._get_param("AutoScalingGroupName"))
    for state in group.instance_states if group else []:
        state.protected_from_scale_in = False
    return delete(self)


@wraps_action(AutoScalingResponse, "set_instance_protection")
def scale_in_unprotected_instances(set_protection, self):
    """moto scales when the capacity is set only, not when an instance that stood above it loses its protection."""
    response = set_protection(self)
    name = self._get_param("AutoScalingGroupName")
    self.autoscaling_backend.set_desired_capacity(
        name, self.autoscaling_backend.autoscaling_groups[name].desired_capacity
    )
    return response


# Budgets

budget_tags = {}
"""Tags by name of the budget."""


@wraps_action(BudgetsResponse, "create_budget")
def keep_budget_tags(create, self):
    """moto drops the tags."""
    budget_tags[self._get_param("Budget")["BudgetName"]] = self._get_param("ResourceTags") or []
    return create(self)


@adds_action(BudgetsResponse)
def list_tags_for_resource(self):  # noqa: F811 -- an action of the same name, of another service
    """moto has no ListTagsForResource here."""
    name = self._get_param("ResourceARN").split("/")[-1]
    return json.dumps({"ResourceTags": budget_tags.get(name, [])})


@adds_action(BudgetsResponse)
def describe_subscribers_for_notification(self):
    """moto keeps the subscribers of a notification and has no action to read them."""
    asked = self._get_param("Notification")
    identity = ("NotificationType", "ComparisonOperator", "Threshold")
    budget = self.backend.budgets[self._get_param("AccountId")].get(self._get_param("BudgetName"))
    for notification in budget.notifications if budget else []:
        if all(asked.get(key) == notification.details.get(key) for key in identity):
            return json.dumps({"Subscribers": notification.subscribers})
    return json.dumps({"Subscribers": []})


# EC2


@wraps_action(LaunchTemplates, "create_launch_template")
def separate_launch_template_tags(create, self):
    """moto writes the template's own tags into the template's data, where the provider sees an unknown tag_specification."""
    response = create(self)
    template = self.ec2_backend.get_launch_template(response.result["LaunchTemplate"]["LaunchTemplateId"])
    for version in template.versions:
        specifications = version.data.pop("TagSpecifications", [])
        of_instances = [s for s in specifications if s.get("ResourceType") != "launch-template"]
        if of_instances:
            version.data["TagSpecifications"] = of_instances
    return response


@wraps_action(Instance, "terminate")
def delete_primary_interface(terminate, self):
    """moto keeps the network interface that was made with the instance, whatever its launch template says."""
    primary = self.nics.get(0)
    if primary:
        primary.delete_on_termination = True
    return terminate(self)


@wraps_action(SecurityGroupRule, "__init__")
def keep_prefix_list_description(create, self, *arguments, **named):
    """moto keeps of a rule's prefix list no more than the id."""
    create(self, *arguments, **named)
    prefix_list = inspect.signature(create).bind(self, *arguments, **named).arguments.get("prefix_list_id")
    self.prefix_list_description = (prefix_list or {}).get("Description")


def description_of_rule(rule):
    """moto finds the description of a rule over an IP range only, not over a security group or a prefix list."""
    return rule.ip_range.get("Description") or rule.source_group.get("Description") or rule.prefix_list_description


SecurityGroupRule.description = property(description_of_rule)


@wraps_action(VPCBackend, "delete_vpc")
def delete_default_acl_of_vpc(delete, self, vpc_id):
    """moto leaves the default network ACL of a deleted VPC behind."""
    vpc = delete(self, vpc_id)
    for acl_id in [acl.id for acl in self.network_acls.values() if acl.vpc_id == vpc_id]:
        self.network_acls.pop(acl_id)
    return vpc


@wraps_action(NatGatewayBackend, "delete_nat_gateway")
def delete_interface_of_nat_gateway(delete, self, nat_gateway_id):
    """moto leaves the network interface of a deleted NAT gateway behind."""
    gateway = delete(self, nat_gateway_id)
    self.enis.pop(gateway._eni.id, None)
    return gateway


# ECS

KEPT_SERVICE_FIELDS = {
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "capacityProviderStrategy": "capacity_provider_strategy",
    "deploymentConfiguration": "deployment_configuration",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "enableExecuteCommand": "enable_execute_command",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
    "placementConstraints": "placement_constraints",
    "placementStrategy": "placement_strategy",
}
"""Request field to the attribute that moto renders it from, if it is set."""


@wraps_action(EC2ContainerServiceResponse, "create_service", "update_service")
def keep_service_fields(write, self):
    """moto ignores these fields of a service, and says launch type EC2 beside a capacity provider strategy."""
    response = write(self)
    service, given = response.result["service"], self._get_params()
    for field, attribute in KEPT_SERVICE_FIELDS.items():
        if field in given:
            setattr(service, attribute, given[field])
    if given.get("capacityProviderStrategy"):
        service.launch_type = None
    return response


def is_broken(backend, task_definition):
    """Whether the registry has an image of the task definition under the tag `broken`: its tasks never get healthy."""
    for container in backend.describe_task_definition(task_definition).container_definitions:
        repository, _, digest = container["image"].partition("@")
        registry = ecr_backends[backend.account_id][backend.region_name]
        found = registry.repositories.get(repository.partition("/")[2])
        for image in found.images if found else []:
            if image.get_image_digest() == digest and "broken" in image.image_tags:
                return True
    return False


@wraps_action(EC2ContainerServiceResponse, "update_service")
def roll_back_what_is_broken(update, self):
    """moto's deployments never fail. Where its circuit breaker may, ECS goes back to the revision before, and calls that steady."""
    given = self._get_params()
    name = given["service"].split("/")[-1]
    before = self.ecs_backend._get_service(given.get("cluster", "default"), name).task_definition
    response = update(self)
    service = response.result["service"]
    breaker = getattr(service, "deployment_configuration", {}).get("deploymentCircuitBreaker", {})
    may_go_back = breaker.get("enable") and breaker.get("rollback")
    moves = given.get("taskDefinition") and service.task_definition != before
    if moves and may_go_back and (
        is_broken(self.ecs_backend, service.task_definition) or not agent.deploys(self.ecs_backend, given["cluster"], service)
    ):
        service.task_definition = before
    for deployment in service.deployments:
        deployment["taskDefinition"] = service.task_definition
    return response


@wraps_action(EC2ContainerServiceResponse, "create_service")
def deploy_first_tasks(create, self):
    """moto runs nothing. The first deployment of a service has nothing to go back to: it stays as it is."""
    response = create(self)
    agent.deploys(self.ecs_backend, self._get_param("cluster", "default"), response.result["service"])
    return response


@adds_action(EC2ContainerServiceResponse)
def run_task(self):
    """moto wants a registered instance, lets tasks end well whatever they are, and takes any name for their cause."""
    if not re.fullmatch(r"[\w/-]{0,128}", self._get_param("startedBy") or ""):
        raise InvalidParameterException("startedBy has letters, digits, hyphens, slashes and underscores only")
    task = agent.start_task(
        self.ecs_backend,
        self._get_param("cluster", "default"),
        self._get_param("taskDefinition"),
        self._get_param("networkConfiguration"),
        self._get_param("startedBy"),
        self._get_param("group"),
    )
    if task is None:
        return ActionResult({"tasks": [], "failures": [{"reason": "RESOURCE:MEMORY", "detail": "the emulator runs no containers"}]})
    return ActionResult({"tasks": [task], "failures": []})


@wraps_action(EC2ContainerServiceBackend, "stop_task")
def end_what_it_runs(stop, self, cluster_str, task_str, reason):
    task = stop(self, cluster_str, task_str, reason)
    agent.stop(task.id)
    return task


# A task is in the state that the agent has put it into, however often it is looked at.
state_manager.set_transition("ecs::task", {"progression": "manual", "times": sys.maxsize})


@wraps_action(Service, "__init__")
def run_what_is_desired(initialize, self, *args, **kwargs):
    """moto runs no task unless one number for all services is in its environment; the provider waits for a steady state."""
    initialize(self, *args, **kwargs)
    self.running_count, self.pending_count = self.desired_count, 0
    for deployment in self.deployments:
        deployment.update(runningCount=self.desired_count, pendingCount=0, rolloutState="COMPLETED")


@wraps_action(EC2ContainerServiceBackend, "describe_capacity_providers")
def describe_every_capacity_provider(describe, self, names):
    """moto answers an error when no names are given; AWS answers all of them."""
    return describe(self, list(self.capacity_providers) if names is None else names)


# RDS

KEPT_DATABASE_FIELDS = {
    "EnablePerformanceInsights": "performance_insights_enabled",
    "MonitoringInterval": "monitoring_interval",
    "MonitoringRoleArn": "monitoring_role_arn",
    "PerformanceInsightsKMSKeyId": "performance_insights_kms_key_id",
    "PerformanceInsightsRetentionPeriod": "performance_insights_retention_period",
}
"""Request field to the attribute that moto renders it from, if it is set."""


@wraps_action(RDSResponse, "create_db_instance", "modify_db_instance")
def keep_database_fields(write, self):
    """moto ignores the monitoring fields of an instance."""
    response = write(self)
    instance = response.result["DBInstance"]
    for field, attribute in KEPT_DATABASE_FIELDS.items():
        if field in self.params:
            setattr(instance, attribute, self.params[field])
    return response


@wraps_action(DBInstance, "__init__")
def give_each_database_its_own_id(create, self, *arguments, **named):
    """moto gives every instance the same resource id, and by that the provider looks them up."""
    create(self, *arguments, **named)
    self.dbi_resource_id = f"db-{secrets.token_hex(13).upper()}"


@wraps_action(MasterUserSecret, "_generate_secret_string")
def make_up_a_password(_generate, self):
    """moto's is the same everywhere, so it cannot be searched for. This one reads the same in JSON, in a URL and in a shell."""
    return json.dumps({"username": self.resource.master_username, "password": secrets.token_hex(16)})


@wraps_action(RDSBackend, "restore_db_instance_from_db_snapshot")
def protect_what_is_asked(restore, self, from_snapshot_id, overrides):
    """moto protects a restored instance from deletion when the first one was; AWS does when it is asked."""
    instance = restore(self, from_snapshot_id, overrides)
    instance.deletion_protection = bool(overrides.get("deletion_protection"))
    return instance


@wraps_action(DBParameterGroup, "update_parameters")
def mark_parameters_as_users(update, self, parameters):
    """moto keeps no source; the provider reads back the parameters with source `user` only."""
    return update(self, [{**parameter, "Source": "user"} for parameter in parameters])


# Route 53


@wraps_action(Route53Backend, "create_hosted_zone")
def make_zone_of_configured_id(create, self, *arguments, **named):
    """The configuration names a zone by its id, which AWS makes up: `id Z…` as the caller reference asks for that one."""
    zone = create(self, *arguments, **named)
    asked = zone.caller_reference.removeprefix("id ")
    if asked != zone.caller_reference:
        self.zones[asked] = self.zones.pop(zone.resource_id)
        zone.resource_id = asked
    return zone


# S3


def may_deliver_access_logs(target_bucket, target_prefix):
    """moto fails on a target whose policy has a statement for principal "*", as every TLS-only policy has."""
    statements = json.loads(target_bucket.policy or b"{}").get("Statement", [])
    return any(
        statement["Effect"] == "Allow"
        and statement["Principal"] != "*"
        and statement["Principal"].get("Service") == "logging.s3.amazonaws.com"
        for statement in statements
    )


FakeBucket._log_permissions_enabled_policy = staticmethod(may_deliver_access_logs)


@wraps_action(FakeBucket, "get_permission")
def leave_out_conditional_statements(decide, self, action, resource):
    """moto applies a Deny whatever its condition: a bucket that denies requests without TLS would deny all."""
    if self.policy is None:
        return decide(self, action, resource)
    policy = json.loads(self.policy)
    unconditional = [statement for statement in policy["Statement"] if "Condition" not in statement]
    return IAMPolicy(json.dumps({**policy, "Statement": unconditional})).is_action_permitted(action, resource)


@adds_action(FakeDeleteMarker)
def dispose(self):
    """moto closes what a bucket's versions hold when it deletes them all, and fails where one is a delete marker."""


@wraps_action(S3Response, "get_bucket_notification")
def tell_event_bridge(get, self):
    """moto keeps that a bucket tells EventBridge, and does not say so."""
    status, headers, body = get(self)
    kept = self.backend.get_bucket_notification_configuration(self.bucket_name)
    if kept is None or kept.event_bridge is None:
        return status, headers, body
    answer = ElementTree.fromstring(body)
    ElementTree.SubElement(answer, answer.tag.replace("NotificationConfiguration", "EventBridgeConfiguration"))
    return status, headers, ElementTree.tostring(answer, encoding="unicode")


# The server


KEPT_ANSWERS = 500
"""More than there are calls at any time."""


def once(app):
    """
    Answers a call that a client tries again as it was answered the first time. On a busy machine an answer gets lost on its way
    now and then, and what it said was done is done: doing it again is a second load balancer, or an error. AWS's clients give a
    call an id. One request at a time: moto's backends are plain dictionaries, not made for threads, and Python computes one
    answer at a time anyway.
    """
    turn, answers = threading.Lock(), OrderedDict()

    def answer(environ, start_response):
        call = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
        if call is None or environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            with turn:
                return app(environ, start_response)
        with turn:
            kept = answers.get(call)
            if kept is None:
                said = []
                given = app(environ, lambda *status_and_headers: said.extend(status_and_headers[:2]))
                kept = (*said, b"".join(given))
                if kept[0].startswith("2"):
                    answers[call] = kept
                if len(answers) > KEPT_ANSWERS:
                    answers.popitem(last=False)
            else:
                print(f"answered again: {environ.get('HTTP_AMZ_SDK_REQUEST')}", file=sys.stderr, flush=True)
        status, headers, body = kept
        start_response(status, headers)
        return [body]

    return answer


def end_with(parent):
    """Ends this process within a second of the end of the process `parent`, so that no emulator outlives its rehearsal."""
    is_child = os.getppid() == parent

    def alive():
        if is_child:
            return os.getppid() == parent
        try:
            os.kill(parent, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    def watch():
        while alive():
            time.sleep(1)
        end()

    threading.Thread(target=watch, daemon=True).start()


def end(*_):
    agent.stop_all()
    os._exit(0)


def listen(port):
    """A listening socket, taken here so that a taken port is our sentence, not a stack trace."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        sys.exit(f"moto_rehearsal: cannot listen on 127.0.0.1:{port}: {error}; give another port, or 0 for a free one")
    listener.listen(128)
    return listener


def main():
    parser = argparse.ArgumentParser(description="The AWS emulator of the rehearsal, on 127.0.0.1.")
    parser.add_argument("port", type=int, metavar="PORT", help="0 takes a free one")
    parser.add_argument("--parent", type=int, metavar="PID", help="end when this process does")
    arguments = parser.parse_args()

    if arguments.parent is not None:
        end_with(arguments.parent)
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, end)

    listener = listen(arguments.port)
    port = listener.getsockname()[1]
    os.environ["MOTO_PORT"] = str(port)
    app = Calls(once(DomainDispatcherApplication(create_backend_app)))
    server = make_server("127.0.0.1", port, app, threaded=True, fd=listener.fileno())
    print(json.dumps({"listening": f"http://127.0.0.1:{port}"}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
