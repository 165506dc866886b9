"""Measures column engines on the reference set, and checks that each counts the same matches.

    python3 columns.py FOLDER [ROWS]

FOLDER is what `peers columns FOLDER` wrote. DuckDB runs the statement of `runner export --format sql --dialect duckdb` with
enums as ENUM; Polars runs the same conditions as expressions, enums as Enum, in one `select` so that it shares what is equal.
"""
import sys
import time

import duckdb
import polars as pl

FOLDER = sys.argv[1]
sys.path.insert(0, FOLDER)
from expected import COUNTS, ROWS  # noqa: E402
from fields import FIELDS  # noqa: E402
from polars_policies import policies  # noqa: E402

WANTED = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
TIMES = max(1, WANTED // ROWS)
N = TIMES * ROWS
DAYS = 719_162


class Names:
    """`c.age` in the generated conditions; their dates count from 0001-01-01."""

    def __getattr__(self, name):
        column = pl.col(name)
        return column + DAYS if FIELDS[name] == "date" and SHIFTED else column


def check(found, who):
    wanted = {name: count * TIMES for name, count in COUNTS.items()}
    assert found == wanted, f"{who} counts other matches"


def best(run, rounds=3):
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    return min(times) * 1e9 / N


def line(who, threads, ns, how):
    print(f"| {who} | {threads} | {ns:.0f} | {how} |", flush=True)


SHIFTED = False
kinds = {
    "int": pl.Int32,
    "bool": pl.Boolean,
    "date": pl.Int32,
}
schema = {"id": pl.Int64} | {n: kinds[k] if isinstance(k, str) else pl.Enum(k) for n, k in FIELDS.items()}
frame = pl.read_csv(f"{FOLDER}/rows.csv", schema=schema)
# Dates from the same day as in the conditions, so that nothing is added while it is measured.
frame = frame.with_columns(pl.col(n) + DAYS for n, k in FIELDS.items() if k == "date")
frame = pl.concat([frame] * TIMES, rechunk=True)
print(f"{N} profiles, {len(COUNTS)} policies\n")
print("| | threads | ns a profile | how |\n| --- | --- | --- | --- |")
expressions = policies(Names())
counted = [e.sum() for e in expressions]
check(dict(zip(COUNTS, frame.select(counted).row(0))), "Polars")
line(f"Polars {pl.__version__}", pl.thread_pool_size(), best(lambda: frame.select(counted)), "counts")
line(f"Polars {pl.__version__}", pl.thread_pool_size(), best(lambda: frame.select(expressions)), "a column a policy")

base = duckdb.connect()
base.execute(open(f"{FOLDER}/schema.sql").read())
names = ", ".join(f'"{n}"' for n in FIELDS)
base.execute(f"COPY person (id, {names}) FROM '{FOLDER}/rows.csv' (HEADER)")
base.execute(f"CREATE TABLE once AS SELECT * FROM person; DELETE FROM person")
base.execute(f"INSERT INTO person SELECT once.* REPLACE (once.id + {ROWS} * copy AS id) FROM once, range({TIMES}) AS copies(copy)")
statement = open(f"{FOLDER}/statement.sql").read().strip().rstrip(";")
sums = ", ".join(f'COUNT_IF("{p}")' for p in COUNTS)
for threads in (1, 2):
    base.execute(f"SET threads = {threads}")
    check(dict(zip(COUNTS, base.execute(f"SELECT {sums} FROM ({statement})").fetchone())), "DuckDB")
    line(f"DuckDB {duckdb.__version__}", threads, best(lambda: base.execute(f"SELECT {sums} FROM ({statement})").fetchone()), "counts")
    line(f"DuckDB {duckdb.__version__}", threads, best(lambda: base.execute(f"CREATE OR REPLACE TEMP TABLE r AS {statement}"), 2), "to a table")
