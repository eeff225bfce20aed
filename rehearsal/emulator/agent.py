"""What ECS's agent does: runs what task definitions say. moto keeps the definitions and runs nothing.

A program does the running: REHEARSAL_AGENT, a JSON list of its words, which get one JSON document on stdin and answer by their
exit code and what they print. `{"run": "stop"}` ends the containers of all services. `{"run": "task", …}` runs a container to its end: its exit code and its log are those of the
program. `{"run": "service", …}` puts a container in the place of the one before and ends with 0 when it is healthy; when it is
not, the one before runs again. Without a program no instance has room for a task, and services are healthy by themselves.
"""

import copy
import json
import os
import subprocess
import sys
import threading
import time

from moto.ecs.models import Task
from moto.logs.models import logs_backends

PROGRAM = json.loads(os.environ.get("REHEARSAL_AGENT", "null"))
"""None: there is no agent."""


running = {}
"""What runs a container of a task, by the task's id."""


def ask(what, backend, cluster_name, task_definition_arn, name):
    """Has the program run the one container of a task definition. @returns exit code and lines printed"""
    definition = backend.describe_task_definition(task_definition_arn)
    (container,) = definition.container_definitions
    document = {"run": what, "cluster": cluster_name.split("/")[-1], "name": name, "container": container}
    with subprocess.Popen(PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        running[name] = process
        try:
            said, complained = process.communicate(json.dumps(document))
        finally:
            del running[name]
    return process.returncode, (said + complained).splitlines()


def stop(task_id):
    """As ECS does, which sends SIGTERM first."""
    if task_id in running:
        running[task_id].terminate()


def stop_all():
    """Whatever runs ends: the tasks, and the containers of services."""
    for process in list(running.values()):
        process.terminate()
    if PROGRAM is not None:
        subprocess.run(PROGRAM, input=json.dumps({"run": "stop"}), stdout=subprocess.DEVNULL, text=True, check=False)


def start_task(backend, cluster_name, task_definition_arn, network, started_by, group):
    """A task that runs in the background until its container ends. @returns None where nothing runs tasks"""
    if PROGRAM is None:
        return None
    cluster = backend._get_cluster(cluster_name)
    # The interface that moto would make belongs to nobody afterwards.
    definition = copy.copy(backend.describe_task_definition(task_definition_arn))
    definition.network_mode = "none"
    task = Task(cluster, definition, None, None, backend=backend, group=group or f"family:{definition.family}", started_by=started_by or "")
    task.network_configuration = network
    task.status = "RUNNING"
    backend.tasks.setdefault(cluster.name, {})[task.task_arn] = task

    def run():
        code, lines = ask("task", backend, cluster_name, task_definition_arn, task.id)
        (container,) = definition.container_definitions
        write_log(backend, container, task.id, lines)
        if task.status == "STOPPED":
            return
        task.containers[0].exitCode = code
        task.stopped_reason = "Essential container in task exited"
        task.desired_status = task.status = "STOPPED"

    threading.Thread(target=run, daemon=True).start()
    return task


def write_log(backend, container, task_id, lines):
    """As the awslogs driver does, to the stream `<prefix>/<container>/<task>`."""
    options = container.get("logConfiguration", {}).get("options", {})
    group, prefix = options.get("awslogs-group"), options.get("awslogs-stream-prefix")
    logs = logs_backends[backend.account_id][backend.region_name]
    if not lines or group not in logs.groups:
        return
    stream = f"{prefix}/{container['name']}/{task_id}"
    logs.create_log_stream(group, stream)
    now = int(time.time() * 1000)
    logs.put_log_events(group, stream, [{"timestamp": now, "message": line} for line in lines])


def deploys(backend, cluster, service):
    """Whether the service's task definition runs now: what ran before runs again where it does not get healthy."""
    if PROGRAM is None:
        return True
    code, lines = ask("service", backend, cluster, service.task_definition, service.name)
    for line in lines:
        print(f"agent: {service.name}: {line}", flush=True, file=sys.stderr)
    return code == 0
