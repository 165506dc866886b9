"""What a call costs from Python; see c/cost.c. Arguments: library, policies, profile, date."""

import json
import statistics
import sys
import time

import entitle


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


if __name__ == "__main__":
    main()
