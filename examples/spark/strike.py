"""Kills an executor of a running job (`kill -9`) while it is matching, and says what it was doing. For `.ci/spark`.

    python examples/spark/strike.py http://localhost:4040

It waits until the job's REST API names a stage of which some tasks are done and an executor with a task running, and a Python worker
below that executor has the library loaded.
"""

import json
import os
import pathlib
import re
import signal
import sys
import time
import urllib.request


def processes():
    """Every process: its parent and its command line."""
    found = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parent = int(folder.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            found[int(folder.name)] = parent, folder.joinpath("cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            pass  # it has ended
    return found


def resident(pid):
    """In MB."""
    return int(re.search(r"VmRSS:\s*(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) // 1024


def matching(executor, all_):
    """The Python workers below an executor that have the library loaded, with their resident size."""
    found, below = {}, {executor}
    while below:
        below = {pid for pid, (parent, _) in all_.items() if parent in below}
        for pid in below:
            try:
                if "libentitle" in pathlib.Path(f"/proc/{pid}/maps").read_text():
                    found[pid] = resident(pid)
            except OSError:
                pass
    return found


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


def main():
    base = sys.argv[1] + "/api/v1/applications"
    until = time.monotonic() + 600
    while time.monotonic() < until:
        time.sleep(0.1)
        try:
            app = get(base)[0]["id"]
            executors = get(f"{base}/{app}/executors")
            stages = [s for s in get(f"{base}/{app}/stages?status=active") if s["numCompleteTasks"] > 1]
        except (OSError, ValueError, IndexError):
            continue  # the job has not begun
        for executor in executors if stages else ():
            if executor["id"] == "driver" or not executor["activeTasks"]:
                continue
            all_ = processes()
            mine = [pid for pid, (_, line) in all_.items() if "org.apache.spark.executor.CoarseGrainedExecutorBackend" in line
                    and app in line and executor["id"] == line[line.index("--executor-id") + 1]]
            for pid in mine:
                workers = matching(pid, all_)
                if not workers:
                    continue
                size = resident(pid)
                os.kill(pid, signal.SIGKILL)
                done, tasks = stages[0]["numCompleteTasks"], stages[0]["numTasks"]
                print(f"killed executor {executor['id']} of {len(executors) - 1} (pid {pid}, {size} MB resident): {executor['activeTasks']}"
                      f" task running, {done} of {tasks} done, its Python workers in MB by pid: {workers}", flush=True)
                return 0
    print("no executor was found at work")
    return 1


if __name__ == "__main__":
    sys.exit(main())
