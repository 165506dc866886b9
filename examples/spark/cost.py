"""What the stages of a job cost by Spark's own event log (`--conf spark.eventLog.enabled=true`): tasks, run time, processor time of the
JVM without that of the Python workers.

    python examples/spark/cost.py EVENTLOG_FOLDER
"""

import collections
import json
import pathlib
import sys

import pyarrow as pa


def main():
    stages, names = collections.defaultdict(lambda: [0, 0.0, 0.0]), {}
    for path in pathlib.Path(sys.argv[1]).glob("events_*"):
        with pa.input_stream(path, compression="zstd" if path.suffix == ".zstd" else None) as file:
            for event in map(json.loads, file.read().splitlines()):
                if event["Event"] == "SparkListenerStageSubmitted":
                    info = event["Stage Info"]
                    names[info["Stage ID"]] = info["Stage Name"]
                if event["Event"] == "SparkListenerTaskEnd" and event.get("Task Metrics"):
                    stage = stages[event["Stage ID"]]
                    stage[0] += 1
                    stage[1] += event["Task Metrics"]["Executor Run Time"] / 1e3
                    stage[2] += event["Task Metrics"]["Executor CPU Time"] / 1e9
    for number, (tasks, run, cpu) in sorted(stages.items()):
        name = names.get(number, "").split(" at ")[0]
        print(f"stage {number} {name}: {tasks} tasks, {run:.1f} s run time, {cpu:.1f} s processor time of the JVM")


if __name__ == "__main__":
    main()
