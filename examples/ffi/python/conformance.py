"""Runs the conformance kit through the C ABI with ctypes; then matches from many threads, and swaps the policies.

    python3 examples/ffi/python/conformance.py target/release/libentitle.so tests/conformance
"""

import json
import pathlib
import sys
import threading

import entitle


def case(lib, test):
    texts = [(f"{i}.policy", text) for i, text in enumerate(test["policies"])]
    expect, wrong = test["expect"], []
    with lib.open_texts(texts) as engine:
        rules = engine.rules(test["as_of"])
        profile = rules.profile(test["profile"])
        policy = rules.snapshot.policy(expect["policy"])
        verdict = entitle.VERDICTS[rules.match(profile)[rules.snapshot.index(policy)]]
        found = rules.explain(profile, policy)
        is_ = {
            "verdict": found["verdict"],
            "missing": [m["fact"] for m in found["missing"]],
            "because": [r["condition"]["en"] for r in found["because"]],
            "amounts": [a["value"] for a in found["amounts"]],
            "parameters_without_value": found["parameters_without_value"],
        }
        if verdict != expect["verdict"]:
            wrong.append(f"{test['name']}: {verdict}")
        wrong += [f"{test['name']}: {k} is {is_[k]}" for k in is_ if k in expect and is_[k] != expect[k]]
    return wrong


def threads(lib, test):
    """Sixteen threads share the rules; in the end the policies are swapped, and the old profile is stale."""
    texts = [("a.policy", test["policies"][0])]
    wrong = []
    with lib.open_texts(texts) as engine:
        rules = engine.rules(test["as_of"])
        expected = rules.match(rules.profile(test["profile"]))

        def work():
            profile = rules.profile(test["profile"])
            wrong.extend(["torn"] * sum(rules.match(profile) != expected for _ in range(200)))

        workers = [threading.Thread(target=work) for _ in range(16)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        profile = rules.profile(test["profile"])
        engine.reload_texts(texts)
        try:
            engine.rules(test["as_of"]).match(profile)
            wrong.append("a stale profile was matched")
        except entitle.Error as error:
            if error.status != entitle.STALE:
                wrong.append(str(error))
        try:
            engine.reload_texts([("a.policy", "polcy tea")])
            wrong.append("a broken policy was read")
        except entitle.Error as error:
            if error.status != entitle.POLICIES or not error.details:
                wrong.append(str(error))
    return wrong


def main():
    lib = entitle.Library(sys.argv[1])
    files = sorted(pathlib.Path(sys.argv[2]).glob("*.json"))
    tests = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    wrong = [line for test in tests for line in case(lib, test)] + threads(lib, tests[0])
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"Python, library {lib.version()}: {len(tests)} cases, {len(wrong)} wrong")
    return bool(wrong) or len(tests) < 30


if __name__ == "__main__":
    sys.exit(main())
