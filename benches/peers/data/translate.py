"""Translates a set of generated conditions (JSON) into policy text, and keeps its profiles and answers beside it.

    python3 translate.py FOLDER

FOLDER has fields.json, policies.json, and profiles and expected answers as one JSON value a line, compressed. The result
is committed; this script says where it came from and makes it again.
"""
import datetime
import json
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).parent
MOST = 1_000_000_000


def day(days):
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=days)).isoformat()


def test(fields, leaf):
    field, op, const = fields[leaf["field"]], leaf["op"], leaf["const"]
    name, kind = field["name"], field["type"]
    if kind == "bool":
        return name if const == (op == "==") else f"not {name}"
    if kind == "enum":
        if op == "in":
            return f"{name} is one of ({', '.join(const)})"
        return f"{name} {'is' if op == '==' else 'is not'} {const}"
    value = day if kind == "date" else (lambda n: f"{n} times")
    if op == "in":
        return "(" + " or ".join(f"{name} is {value(c)}" for c in const) + ")"
    word = {"==": "is", "!=": "is not"}.get(op, op)
    return f"{name} {word} {value(const)}"


def condition(fields, node):
    for word in ("and", "or"):
        if word in node:
            parts = [condition(fields, part) for part in node[word]]
            return parts[0] if len(parts) == 1 else "(" + f" {word} ".join(parts) + ")"
    if "not" in node:
        return f"not ({condition(fields, node['not'])})"
    return test(fields, node)


def main():
    source = pathlib.Path(sys.argv[1])
    fields = json.loads((source / "fields.json").read_text())["fields"]
    policies = json.loads((source / "policies.json").read_text())["policies"]
    text = ["// Translated by translate.py; not written by hand.", 'enum category "类别" { general "一般" }']
    for field in fields:
        if field["type"] == "enum":
            text.append(f"enum {field['name']}_kind {{ {', '.join(field['symbols'])} }}")
    text.append('record person "人员" {')
    for field in fields:
        types = {
            "int": f"times from 0 times to {MOST} times",
            "bool": "yes/no",
            "date": "date",
            "enum": f"{field['name']}_kind",
        }
        text.append(f"    {field['name']}: {types[field['type']]}")
    text.append("}")
    by_name = {field["name"]: field for field in fields}
    for policy in policies:
        node = policy["cond"]
        lines = [condition(by_name, part) for part in node.get("and", [node])]
        text.append(f"policy {policy['id']} for person {{")
        text.append("    category: general")
        text.append("    in force: from 2000-01-01 until further notice")
        text.append('    source: "generated"')
        text.append("    status: illustrative")
        text.append("    eligible when {")
        text.extend(f"        {line}" for line in lines)
        text.append("    }")
        text.append("}")
    (HERE / "reference.policy").write_text("\n".join(text) + "\n")
    for name in ("profiles", "profiles_missing", "expected", "expected_missing"):
        shutil.copy(source / f"{name}.jsonl.gz", HERE / f"{name}.jsonl.gz")


main()
