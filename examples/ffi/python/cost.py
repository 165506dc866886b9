"""What a call costs from Python; see c/cost.c. Arguments: library, policies, profile, date, tea.policy. Batches need pyarrow."""

import ctypes as c
import json
import statistics
import sys
import time

import batch
import entitle
import pyarrow as pa
import pyarrow.compute


def measure(label, calls, call):
    times = []
    for _ in range(21):
        start = time.perf_counter_ns()
        for _ in range(calls):
            call()
        times.append((time.perf_counter_ns() - start) / calls)
    print(f"{label:<34} Python {statistics.median(times):>9.0f} ns")


def main():
    lib = entitle.Library(sys.argv[1])
    with open(sys.argv[3], encoding="utf-8") as file:
        facts = json.load(file)
    engine = lib.open_directory(sys.argv[2])
    rules = engine.rules(sys.argv[4])
    profile = rules.profile(facts)
    scratch = entitle.Handle(lib, "scratch", lib.c.entitle_scratch_new())
    expected = rules.match(profile, scratch)

    def match():
        if rules.match(profile, scratch) != expected:
            raise SystemExit("another answer")

    measure("209 policies: verdicts", 200, match)
    measure("209 policies: profile from JSON", 200, lambda: rules.profile(facts).close())
    person = rules.snapshot.kind("person")
    born = c.c_uint64(rules.snapshot.field(person, "birth_date"))
    with lib.make(lambda library, pointer: entitle.Handle(library, "profile", pointer), "entitle_profile_new", rules.snapshot.p) as typed:
        root, days = c.c_uint32(), lib.days("1990-05-06")
        lib.call("entitle_profile_root", typed.p, c.c_uint64(person), c.byref(root))
        measure("one fact by its id", 20_000, lambda: lib.call("entitle_profile_set_date", typed.p, root, born, days))
    with open(sys.argv[5], encoding="utf-8") as file:
        rules = lib.open_texts([("tea.policy", file.read())]).rules("2026-06-30")
    person = rules.snapshot.kind("person")
    for rows, calls in ((1, 200), (10_000, 20)):
        births = pa.array([-20_000 + i * 7_919 % 30_000 for i in range(rows)], pa.int32())
        sixty = pa.compute.less_equal(births, -1_280)
        persons = pa.RecordBatch.from_arrays([births.cast(pa.date32())], ["birth_date"])

        def match_batch():
            if not batch.match(lib, rules, person, persons).field("tea").equals(sixty):
                raise SystemExit("another answer")

        measure(f"1 policy: batch of {rows:,} person{'s' if rows > 1 else ''}", calls, match_batch)


if __name__ == "__main__":
    main()
