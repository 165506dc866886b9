"""The conformance kit on a Spark cluster: the cases are dealt out as rows, and the executors say which do not come out as expected.

    spark-submit --master local-cluster[3,1,1024] --py-files examples/ffi/python/entitle.py,examples/ffi/python/conformance.py \\
        examples/spark/kit.py target/release/libentitle.so tests/conformance
"""

import functools
import os
import pathlib
import sys

import pyarrow as pa
from pyspark import SparkFiles
from pyspark.sql import SparkSession

CASES = 600  # fewer means that the kit was not found


def run(library, batches):
    """Matches the cases of each batch; gives back the name of each, the executor, and what is wrong with it."""
    import conformance
    import entitle

    lib = entitle.Library(SparkFiles.get(library))
    for batch in batches:
        rows = []
        for row in batch.to_pylist():
            try:
                wrong = conformance.case(lib, conformance.json.loads(row["case"]))
            except entitle.Error as error:
                wrong = [f"{row['name']}: {error}"]
            # An executor has a work folder of its own, and its Python workers begin there.
            rows.append({"name": row["name"], "executor": os.getcwd(), "wrong": wrong})
        yield pa.RecordBatch.from_pylist(rows, pa.schema(
            {"name": pa.string(), "executor": pa.string(), "wrong": pa.list_(pa.string())}))


def main():
    library, folder = os.path.realpath(sys.argv[1]), sys.argv[2]
    spark = SparkSession.builder.appName("entitle conformance").getOrCreate()
    spark.sparkContext.addFile(library)
    cases = [(file.stem, file.read_text(encoding="utf-8")) for file in sorted(pathlib.Path(folder).glob("*.json"))]
    frame = spark.createDataFrame(cases, "name string, case string").repartition(12, "name")
    found = frame.mapInArrow(functools.partial(run, os.path.basename(library)), "name string, executor string, wrong array<string>")
    rows = found.collect()
    wrong = [line for row in rows for line in row["wrong"]]
    failed = sum(bool(row["wrong"]) for row in rows)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    executors = len({row["executor"] for row in rows})
    print(f"conformance through Spark: {len(rows) - failed} of {len(cases)} cases passed, on {executors} executors")
    spark.stop()
    if wrong or sorted(row["name"] for row in rows) != sorted(name for name, _ in cases) or len(cases) < CASES:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
