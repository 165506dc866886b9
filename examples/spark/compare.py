"""Holds a result of `scan.py` against that of `runner scan --exact` on the same population, row for row.

    python examples/spark/compare.py target/spark-found target/found.parquet target/city.parquet [--quick target/quick.parquet]

`--quick` is a scan without `--exact`: where that settles a verdict, the reasons must be the same codes; where only the exact search
does, `runner scan` has those conditions that hold, and the batch beside them those that settle it together.
"""

import argparse
import json
import pathlib
import sys

import pyarrow.compute as pc
import pyarrow.parquet as pq

BESIDE = ("id", "household", "source_row", "amounts", "reasons", "near")


def compare(wrong, unit, ours, scan, quick, homes):
    """Verdicts, households and reasons of one kind of record. Returns how many verdicts and reasons were equal."""
    left = ours.filter(ours["left_out"])
    ours = ours.filter(pc.invert(ours["left_out"])).sort_by("id")
    scan = scan.sort_by("id")
    policies = [name for name in scan.column_names if name not in BESIDE]
    if policies != [name for name in ours.column_names if name not in (*BESIDE, "why", "left_out")]:
        wrong.append(f"{unit}: other policies")
    for name, ids in (("Spark", ours["id"]), ("scan", scan["id"])):
        if ids.null_count or len(ids) != len(ids.unique()):
            wrong.append(f"{unit}: {name} has ids twice or not at all")
    if not ours["id"].equals(scan["id"]) or not ours["household"].equals(scan["household"]):
        wrong.append(f"{unit}: other rows: {len(ours)} and {len(scan)}")
        return 0, 0, 0
    verdicts = 0
    for policy in policies:
        if not ours[policy].combine_chunks().equals(scan[policy].combine_chunks()):
            wrong.append(f"{unit}: {policy} differs")
        verdicts += len(ours)
    # What was left out, and that nothing else went missing.
    rejects = homes["out"]
    if sorted(left["household"].to_pylist()) != sorted(rejects) or left["why"].null_count:
        wrong.append(f"{unit}: {len(left)} households left out, scan {len(rejects)}")
    # Of what a row is eligible for both give the conditions that hold; scan says nothing of the rest.
    same = more = 0
    settled = quick.sort_by("id")
    if not settled["id"].equals(scan["id"]):
        wrong.append(f"{unit}: the quick scan has other rows")
        return verdicts, 0, 0
    index = homes["index"]
    columns = {policy: (scan[policy].to_pylist(), settled[policy].to_pylist()) for policy in policies}
    for row, (mine, theirs) in enumerate(zip(ours["reasons"].to_pylist(), scan["reasons"].to_pylist())):
        mine, theirs = by_policy(mine), by_policy(theirs)
        for policy in policies:
            exact, kleene = (column[row] for column in columns[policy])
            if exact is not True:
                continue
            a, b = mine.get(index[policy], []), theirs.get(index[policy], [])
            if kleene is True and a != b or not set(b) <= set(a):
                wrong.append(f"{unit}: reasons of {policy} in row {row}: {a}, scan {b}")
            same, more = same + (a == b), more + (a != b)
    return verdicts, same, more


def by_policy(codes):
    found = {}
    for code in codes:
        found.setdefault(code >> 16, []).append(code)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("found", type=pathlib.Path)
    parser.add_argument("scan", type=pathlib.Path)
    parser.add_argument("population", type=pathlib.Path)
    parser.add_argument("--quick", type=pathlib.Path, required=True)
    options = parser.parse_args()
    wrong, said = [], []
    names = pq.read_table(options.population, columns=["id"])["id"].to_pylist()
    lines = options.scan.with_suffix(".rejects.ndjson").read_text(encoding="utf-8").splitlines()
    words = pq.read_table(options.scan.with_suffix(".reasons.parquet"), columns=["code", "policy"])
    homes = {
        "out": [names[json.loads(line)["household"]] for line in lines],
        "index": {policy: code >> 16 for code, policy in zip(words["code"].to_pylist(), words["policy"].to_pylist())},
    }
    for unit, ending in (("person", ".parquet"), ("household", ".household.parquet")):
        scan, quick = (path.with_suffix(ending) for path in (options.scan, options.quick))
        ours = options.found / unit
        if scan.exists() != ours.exists():
            wrong.append(f"{unit}: only one of the two has rows")
        if not scan.exists():
            continue
        ours, scan, quick = pq.read_table(ours), pq.read_table(scan), pq.read_table(quick)
        # Spark writes the folder's name as text.
        at = ours.column_names.index("left_out")
        ours = ours.set_column(at, "left_out", pc.equal(pc.cast(ours["left_out"], "string"), "true"))
        verdicts, same, more = compare(wrong, unit, ours, scan, quick, homes)
        said.append(f"{unit}: {len(scan)} rows, {verdicts} verdicts, reasons of {same} eligible ones equal,"
                    f" of {more} settled by search a superset, {len(homes['out'])} households left out")
    print(*wrong[:10], *said, sep="\n")
    print(f"compared with scan: {len(wrong)} wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
