#!/usr/bin/env python3
"""The part of `cargo deny` that needs no network: every dependency has an allowed licence and comes from the registry."""

import json
import re
import subprocess
import sys
import tomllib

with open("deny.toml", "rb") as file:
    allowed = set(tomllib.load(file)["licenses"]["allow"])
data = json.loads(subprocess.run(["cargo", "metadata", "--format-version", "1", "--all-features"], check=True, capture_output=True).stdout)
bad, versions = [], {}
for package in data["packages"]:
    if package["source"] is None:
        continue
    name = f"{package['name']} {package['version']}"
    versions.setdefault(package["name"], set()).add(package["version"])
    if not package["source"].startswith("registry+"):
        bad.append(f"{name} comes from {package['source']}")
    # Each choice of an expression is a list of licences that all apply; one choice is enough.
    text = (package["license"] or "").replace("/", " OR ")
    choices = re.split(r"\s+OR\s+", re.sub(r"\(([^()]*)\)", r"\1", text))
    if not any(all(part.strip() in allowed for part in re.split(r"\s+AND\s+", choice)) for choice in choices):
        bad.append(f"{name} has the licence {package['license']!r}")
doubled = sorted(f"{name} ({', '.join(sorted(v))})" for name, v in versions.items() if len(v) > 1)
print(f"{len(versions)} dependencies; in two versions: {', '.join(doubled) or 'none'}")
sys.exit("\n".join(bad) or 0)
