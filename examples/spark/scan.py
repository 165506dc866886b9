"""Every person and household of a population against every policy, on a Spark cluster: what `runner scan` does on one machine.

    spark-submit --master local-cluster[3,1,1024] \\
        --py-files examples/ffi/python/entitle.py,examples/ffi/python/batch.py,examples/spark/matcher.py examples/spark/scan.py \\
        --library target/release/libentitle.so --pack target/shanghai.pack --population target/city.parquet --output target/found \\
        --as-of 2020-09-01
"""

import argparse
import datetime
import functools
import os
import pathlib
import time

import batch as door
import entitle
import matcher
import pyarrow as pa
from pyspark.sql import SparkSession


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    today = str(datetime.date.today())
    parser.add_argument("--library", required=True, help="libentitle.so, built for the machines of the cluster")
    parser.add_argument("--pack", required=True, help="the policies, as `runner pack` writes them")
    parser.add_argument("--key", action="append", default=[], help="a file with a public key; one of them must have signed the pack")
    parser.add_argument("--population", required=True, help="Parquet, a row a household with its members")
    parser.add_argument("--output", required=True, help="a folder that is not there yet; each kind of record has a folder in it")
    parser.add_argument("--as-of", default=today, help="the day on which the policies are asked")
    parser.add_argument("--partitions", type=int, help="deal the households out anew; for populations of few files and row groups")
    parser.add_argument("--batch", type=int, default=1024, help="how many households are matched in one call")
    return parser.parse_args(), today


def ignored(settings, population):
    """Says which column the vocabulary does not have, if any, as nothing is read of it."""
    lib, rules = matcher.opened(settings)
    schema = population.limit(0).toArrow().schema
    try:
        door.match(lib, rules, rules.snapshot.kind(matcher.HOUSEHOLD), pa.RecordBatch.from_pylist([], schema))
    except entitle.Error as error:
        print(f"note: columns are left out, the first one: {error}", flush=True)


def main():
    options, today = arguments()
    spark = SparkSession.builder.appName("entitle scan").getOrCreate()
    try:
        scan(spark, options, today)
    finally:
        spark.stop()


def scan(spark, options, today):
    context = spark.sparkContext
    # Spark ships what a link leads to, under that name; an installed library is a link to the file with its version.
    library, pack = map(os.path.realpath, (options.library, options.pack))
    context.addFile(library)
    context.addFile(pack)
    keys = tuple(pathlib.Path(key).read_text(encoding="ascii") for key in options.key)
    settings = matcher.Settings(os.path.basename(library), os.path.basename(pack), keys, today, options.as_of)
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", options.batch)
    # Both folders of a result are written side by side; otherwise every task would sort its rows first.
    spark.conf.set("spark.sql.maxConcurrentOutputFileWriters", 2)
    population = spark.read.parquet(options.population)
    ignored(settings, population)
    households = population.count()
    if options.partitions:
        # By a key, so that a task that is tried again gets the same households again.
        population = population.repartition(options.partitions, "id")
    for unit in (matcher.PERSON, matcher.HOUSEHOLD):
        names = matcher.policies(settings, unit)
        if not names:
            continue
        measures = matcher.Measures(context.accumulator(0), context.accumulator(0.0), context.accumulator(0.0),
                                    context.accumulator(0, matcher.Largest()))
        columns, schema = matcher.result(names)
        started = time.monotonic()
        found = population.mapInArrow(functools.partial(matcher.run, settings, unit, schema, measures), columns)
        folder = f"{options.output}/{unit}"
        found.write.partitionBy("left_out").parquet(folder)
        wall = time.monotonic() - started
        counts = {str(row["left_out"]).lower(): row["count"] for row in spark.read.parquet(folder).groupBy("left_out").count().collect()}
        kept, out = counts.get("false", 0), counts.get("true", 0)
        print(f"{unit}: {households} households in, {out} left out, {kept} rows of {len(names)} policies, {wall:.1f} s", flush=True)
        print(f"  processor time of the Python workers for {measures.units.value} rows: {measures.python.value:.1f} s, of it matching"
              f" {measures.matching.value:.1f} s; largest worker {measures.memory.value // 1024} MB", flush=True)
        if unit == matcher.HOUSEHOLD and kept + out != households:
            raise SystemExit(f"{households} households went in and {kept + out} came out")


if __name__ == "__main__":
    main()
