"""What runs on the executors: the policy set, opened once a process and kept, and the matching of Arrow record batches with it.

Shipped with the job (`--py-files`), beside the ctypes wrapper it uses: examples/ffi/python/entitle.py and batch.py.
"""

import dataclasses
import functools
import resource
import time

import batch as door
import entitle
import pyarrow as pa
import pyarrow.compute as pc
from pyspark import Accumulator, SparkFiles
from pyspark.accumulators import AccumulatorParam

PERSON, HOUSEHOLD, MEMBERS = "person", "household", "members"
LEAVE_OUT, REASONS = 1, 4


@dataclasses.dataclass(frozen=True)
class Settings:
    """What every task is told."""

    library: str  # the names of the files that were shipped
    pack: str
    keys: tuple  # public keys, one of which must have signed the pack; none takes it as it is
    today: str  # the day it is, for packs that are valid for a span of days
    as_of: str  # the day on which the policies are asked


@dataclasses.dataclass
class Measures:
    """What it cost, for the reader of the log. A task that was tried twice counts twice."""

    units: Accumulator
    matching: Accumulator  # seconds of processor time in the library
    python: Accumulator  # the same of the whole Python worker
    memory: Accumulator  # the largest resident size, in KB


class Largest(AccumulatorParam):
    def zero(self, value):
        return 0

    def addInPlace(self, a, b):
        return max(a, b)


@functools.cache
def opened(settings):
    """The library and the rules of the day. A Python worker serves many tasks; only its first one waits for this."""
    lib = entitle.Library(SparkFiles.get(settings.library))
    with open(SparkFiles.get(settings.pack), "rb") as file:
        engine = lib.open_pack(file.read(), settings.keys, settings.today)
    return lib, engine.rules(settings.as_of)


def policies(settings, unit):
    """The policies in force for a kind of record: the columns that a batch without rows comes back with."""
    lib, rules = opened(settings)
    nobody = pa.RecordBatch.from_pylist([], pa.schema({"id": pa.string()}))
    found = door.match(lib, rules, rules.snapshot.kind(unit), nobody)
    return [field.name for field in found.type if field.name != "id"]


def result(names):
    """The columns of a result, as Spark writes types and as Arrow does."""
    columns = {"id": "string", "household": "string", **dict.fromkeys(names, "boolean"), "reasons": "array<bigint>", "why": "string",
               "left_out": "boolean"}
    arrow = {"string": pa.string(), "boolean": pa.bool_(), "array<bigint>": pa.list_(pa.int64())}
    return ", ".join(f"`{name}` {kind}" for name, kind in columns.items()), pa.schema({k: arrow[v] for k, v in columns.items()})


def run(settings, unit, schema, measures, batches):
    """The function of `mapInArrow`: batches of households in, verdicts on their people or on themselves out."""
    lib, rules = opened(settings)
    kind = rules.snapshot.kind(unit)
    last = time.process_time()
    for rows in batches:
        started = time.process_time()
        rows = pa.RecordBatch.from_arrays([mended(column) for column in rows.columns], schema=rows.schema)
        # A column that does not fit as a whole is no fault of any household: it ends the job.
        door.match(lib, rules, kind, rows.slice(0, 0), LEAVE_OUT)
        found = [answer(unit, schema, part, verdicts, why) for part, verdicts, why in matched(lib, rules, kind, rows)]
        now = time.process_time()
        measures.matching.add(now - started)
        measures.python.add(now - last)
        last = now
        measures.units.add(sum(part.num_rows for part in found))
        measures.memory.add(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        yield from found


def mended(array):
    """The same array; where it or one inside it has no entries, with the one offset that the C Data Interface then asks for. Spark writes
    none, and what stands in its place is chance."""
    kind = array.type
    if not len(array):
        return pa.array([], kind)
    if pa.types.is_struct(kind):
        parts = [mended(array.field(at)) for at in range(kind.num_fields)]
        return pa.Array.from_buffers(kind, len(array), array.buffers()[:1], children=parts)
    if pa.types.is_list(kind):
        return pa.Array.from_buffers(kind, len(array), array.buffers()[:2], children=[mended(array.values)])
    return array


def matched(lib, rules, kind, rows):
    """The verdicts on a batch. The library refuses all of it where one household contradicts what always holds or has a value
    outside what is declared, so it is cut in halves until that household stands alone, and is left out. Refusing comes before
    matching, so what is cut away costs little."""
    if not rows.num_rows:
        return
    try:
        yield rows, door.match(lib, rules, kind, rows, LEAVE_OUT | REASONS), None
    except entitle.Error as error:
        if error.status != entitle.PROFILE:
            raise
        if rows.num_rows == 1:
            yield rows, None, str(error)
            return
        half = rows.num_rows // 2
        yield from matched(lib, rules, kind, rows.slice(0, half))
        yield from matched(lib, rules, kind, rows.slice(half))


def answer(unit, schema, rows, verdicts, why):
    """The rows of the result; of a household that is left out one row, with the reason."""
    homes = rows["id"].cast(pa.string())
    if verdicts is None:
        nothing = {"household": homes, "reasons": pa.array([[]], pa.list_(pa.int64())), "why": pa.array([why])}
        columns = [nothing.get(f.name, pa.array([True]) if f.name == "left_out" else pa.nulls(1, f.type)) for f in schema]
        return pa.RecordBatch.from_arrays(columns, schema=schema)
    if unit == PERSON:
        # The library answers member after member, in the order of the rows.
        homes = homes.take(pc.list_parent_indices(rows[MEMBERS]))
    count = len(verdicts)
    if count != len(homes):
        raise RuntimeError(f"{len(homes)} units went in and {count} came out")
    more = {"household": homes, "why": pa.nulls(count, pa.string()), "left_out": pa.array([False] * count)}
    return pa.RecordBatch.from_arrays([
        more[f.name] if f.name in more else verdicts.field(f.name).cast(f.type) for f in schema
    ], schema=schema)
