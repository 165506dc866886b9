"""The scan beside DuckDB: the same conditions as SQL, on the same Parquet, with as many threads, and the same answers.

    cargo build --release --features population --example runner
    target/release/examples/runner synth policies/shanghai --people 20000 -o city.parquet --as-of 2020-09-01
    python3 -m venv v && v/bin/pip install duckdb pyarrow
    v/bin/python benches/city/duckdb_scan.py target/release/examples/runner policies/shanghai city.parquet 2020-09-01

as RUNNER POLICIES CITY.parquet DAY [THREADS]. RUNNER is the runner with the feature `population`; CITY.parquet is what its `synth` wrote. DuckDB gets the statements of `runner export
--dialect duckdb`, one for the policies of each unit, and the tables these read, filled from the Parquet: a household and its members are
rows of their own, lists and sets are tables. Filling them is timed by itself. Every verdict of every row is then compared with what `scan`
wrote; that both mean three-valued logic is why `scan` runs without `--exact`.
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import duckdb
import pyarrow.parquet as parquet

RUNNER, POLICIES, CITY, DAY = sys.argv[1:5]
THREADS = int(sys.argv[5]) if len(sys.argv) > 5 else 2
FOLDER = tempfile.TemporaryDirectory()
OUT = pathlib.Path(FOLDER.name)


def quoted(name):
    return f'"{name}"'


def timed(what, run):
    begun = time.perf_counter()
    result = run()
    took = time.perf_counter() - begun
    print(f"{took:9.2f} s  {what}", flush=True)
    return took, result


def runner(*arguments):
    subprocess.run([RUNNER, *arguments, "--as-of", DAY], check=True, capture_output=True)


def tables(schema):
    """Of each table its columns: name to (type, factor); the factor is what stands for one unit."""
    found = {}
    for name, body in re.findall(r'^CREATE TABLE "(\w+)" \((.*?)^\);', schema, re.M | re.S):
        columns = re.findall(r'^    "(\w+)" (BIGINT|BOOLEAN|DATE|"enum_\w+")(.*)$', body, re.M)
        factors = {c: int(m.group(1)) if (m := re.search(r"times (\d+)$", rest)) else 1 for c, _, rest in columns}
        found[name] = {c: (kind, factors[c]) for c, kind, _ in columns}
    return found


def without_indexes(schema):
    """The tables alone: DuckDB joins by hashing, and an index of a key for each row costs more than it brings."""
    schema = re.sub(r"^CREATE INDEX.*\n", "", schema, flags=re.M)
    schema = re.sub(r",\n +PRIMARY KEY \(.*\n", "\n", schema)
    return schema.replace(" PRIMARY KEY", "")


def value(source, kind, factor):
    """What stands in a column, from what stands in the Parquet."""
    if kind == "BIGINT":
        return f"CAST({source} * {factor} AS BIGINT)"
    return f"CAST({source} AS {kind})"


class Filler:
    """Fills the tables of records from a relation with a row a record: its number in `id`, its facts in `r`."""

    def __init__(self, base, known):
        self.base, self.known = base, known

    def records(self, relation, table, fields, links):
        """A table of records; lists and sets become rows of tables beside it."""
        columns = dict(links)
        names = {f.name for f in fields}
        for field in fields:
            source, into = f"r.{quoted(field.name)}", self.known[table]
            if field.name in columns or field.name.endswith("__not") or field.name == "id":
                continue
            if field.name.endswith("__complete"):
                columns[field.name.replace("__complete", "_complete")] = source
            elif f"{field.name}__not" in names:
                self.members_of_sets(relation, table, field.name)
            elif f"{field.name}__complete" in names:
                self.entries(relation, table, field)
            else:
                columns[field.name] = value(source, *into[field.name])
        picked = ", ".join(f"{expression} AS {quoted(name)}" for name, expression in columns.items())
        self.base.execute(f"INSERT INTO {quoted(table)} BY NAME SELECT id, {picked} FROM {relation}")

    def members_of_sets(self, relation, table, name):
        rows = f"{table}_{name}"
        for column, held in [(name, "TRUE"), (f"{name}__not", "FALSE")]:
            self.base.execute(
                f"INSERT INTO {quoted(rows)} SELECT id, CAST(unnest(r.{quoted(column)}) AS "
                f"{self.known[rows]['value'][0]}), {held} FROM {relation}"
            )

    def entries(self, relation, table, field):
        rows = f"{table}_{field.name}"
        if rows not in self.known or "entry" in self.known[rows]:
            return  # members, whose table of pairs the caller fills
        entries = field.type.value_type
        picked = ", ".join(
            f"{value(f'e.{quoted(f.name)}', *self.known[rows][f.name])} AS {quoted(f.name)}" for f in entries
        )
        self.base.execute(
            f"INSERT INTO {quoted(rows)} BY NAME SELECT row_number() OVER () AS id, owner, {picked} FROM "
            f"(SELECT id AS owner, unnest(r.{quoted(field.name)}) AS e FROM {relation})"
        )


def fill(base, known):
    schema = parquet.ParquetFile(CITY).schema_arrow
    # A household's number is its row; its members' are those of the places its list could have.
    base.execute(
        "CREATE TEMP TABLE households AS SELECT file_row_number AS id, r FROM "
        f"(SELECT file_row_number, r FROM read_parquet('{CITY}', file_row_number = true) r)"
    )
    base.execute(
        "CREATE TEMP TABLE people AS SELECT id * 64 + place AS id, id AS home, r FROM "
        "(SELECT id, unnest(range(len(r.members))) AS place, unnest(r.members) AS r FROM households)"
    )
    base.execute('INSERT INTO "household_members" SELECT home, id FROM people')
    filler = Filler(base, known)
    links = {"applicant": "id * 64 + r.applicant"}
    filler.records("households", "household", [f for f in schema if f.name != "members"], links)
    filler.records("people", "person", list(schema.field("members").type.value_type), {"home": "home"})


def main():
    took = {}
    took["scan"], _ = timed(
        f"scan with {THREADS} threads: verdicts and amounts, reasons, lists",
        lambda: runner("scan", POLICIES, "--population", CITY, "--output", str(OUT / "found.parquet"), "--threads", str(THREADS)),
    )
    results = {"person": OUT / "found.parquet", "household": OUT / "found.household.parquet"}
    written = {u: [f.name for f in parquet.ParquetFile(p).schema_arrow if str(f.type) == "bool"] for u, p in results.items()}
    runner("export", POLICIES, "--dialect", "duckdb", "--schema", "-o", str(OUT / "schema.sql"))
    schema = (OUT / "schema.sql").read_text()
    known = tables(schema)

    base = duckdb.connect(config={"threads": THREADS, "temp_directory": str(OUT / "spilled")})
    base.execute(without_indexes(schema))
    took["filling"], _ = timed("DuckDB: the tables, from the same Parquet", lambda: fill(base, known))
    for unit, policies in written.items():
        chosen = [a for p in policies for a in ("--policy", p)]
        runner("export", POLICIES, "--dialect", "duckdb", *chosen, "-o", str(OUT / f"{unit}.sql"))
        statement = (OUT / f"{unit}.sql").read_text()
        into = OUT / f"duckdb.{unit}.parquet"
        took[unit], _ = timed(
            f"DuckDB: {len(policies)} policies for each {unit}",
            lambda: base.execute(f"COPY ({statement.rstrip().rstrip(';')}) TO '{into}' (FORMAT parquet)"),
        )
        compare(base, unit, into, results[unit], policies)
    duck = took["person"] + took["household"]
    print(f"the statements take {duck / took['scan']:.1f} times as long as the whole scan, with their tables {(duck + took['filling']) / took['scan']:.1f}")


def compare(base, unit, found, wanted, policies):
    people = {"person": "people", "household": "households"}[unit]
    present = {f.name for f in parquet.ParquetFile(found).schema_arrow}
    missing = [p for p in policies if p not in present]
    assert not missing, f"DuckDB says nothing of {missing}"
    differ = ", ".join(f"count(*) FILTER (d.{quoted(p)} IS DISTINCT FROM w.{quoted(p)})" for p in policies)
    rows, *counts = base.execute(
        f"SELECT count(*), {differ} FROM '{found}' d JOIN {people} n USING (id) JOIN '{wanted}' w ON w.id = n.r.id"
    ).fetchone()
    whole = parquet.ParquetFile(wanted).metadata.num_rows
    assert rows == whole, f"{rows} of {whole} rows of {unit} found each other"
    bad = {p: n for p, n in zip(policies, counts) if n}
    assert not bad, f"verdicts differ: {bad}"
    print(f"{rows * len(policies):>11,} verdicts are the same")


main()
