"""As much of the AWS CLI as docs/restore.md speaks, for its rehearsal: python aws_cli.py SERVICE OPERATION [--option value…]

Operations and options are those of botocore's models, under the names that the AWS CLI derives from them; `wait`, `--query` and
`--output text` are as there. Talks to AWS_ENDPOINT_URL only.
"""

import json
import sys

import jmespath
from aws import client, only_the_emulator
from botocore import xform_name


def main():
    only_the_emulator()
    service, operation, *words = sys.argv[1:]
    api = client(service)
    if operation == "wait":
        waiter, words = api.get_waiter(words[0].replace("-", "_")), words[1:]
        waiter.wait(**arguments(api, waiter.config.operation, options_of(words)))
        return
    names = {xform_name(name, "-"): name for name in api.meta.service_model.operation_names}
    if operation not in names:
        sys.exit(f"aws {service}: there is no operation {operation}")
    options = options_of(words)
    query, output = options.pop("query", [None])[0], options.pop("output", ["json"])[0]
    answer = getattr(api, xform_name(names[operation]))(**arguments(api, names[operation], options))
    answer.pop("ResponseMetadata")
    # As there, a query sees times as texts.
    answer = json.loads(json.dumps(answer, default=lambda time: time.isoformat()))
    if query:
        answer = jmespath.search(query, answer)
    print(as_text(answer) if output == "text" else json.dumps(answer, indent=2))


def options_of(words):
    """`--a b c --d` as {"a": ["b", "c"], "d": []}."""
    options = {}
    for word in words:
        if word.startswith("--"):
            options[word[2:]] = values = []
        else:
            values.append(word)
    return options


def arguments(api, operation, options):
    members = api.meta.service_model.operation_model(operation).input_shape.members
    # Also `IAMDatabase…` is `iam-database…`: botocore knows such words.
    names = {xform_name(name, "-"): name for name in members}
    given = {}
    for option, words in options.items():
        switch = option.removeprefix("no-")
        name = names.get(option) or names.get(switch)
        if name is None:
            sys.exit(f"aws: {operation} has no option --{option}")
        given[name] = option == switch if members[name].type_name == "boolean" else value(members[name], words)
    return given


def value(shape, words):
    if shape.type_name in ("structure", "list", "map") and words and words[0][:1] in ("[", "{"):
        return json.loads(words[0])
    if shape.type_name == "list":
        return [value(shape.member, [word]) for word in words]
    (word,) = words
    if shape.type_name == "structure":
        parts = dict(part.split("=", 1) for part in word.split(","))
        return {name: value(shape.members[name], [text]) for name, text in parts.items()}
    return int(word) if shape.type_name in ("integer", "long") else word


def as_text(answer):
    if isinstance(answer, list):
        return ("\n" if answer and isinstance(answer[0], list) else "\t").join(as_text(item) for item in answer)
    return "None" if answer is None else str(answer)


if __name__ == "__main__":
    main()
