"""Matches a whole table with pyarrow through the Arrow C Data Interface, and compares with matching its rows one by one.

    pip install pyarrow
    python3 examples/ffi/python/batch.py target/release/libentitle.so
"""

import ctypes as c
import datetime
import sys

import entitle
import pyarrow as pa

POLICY = """
enum category { welfare }
record person { born: date; income: yuan per month; home: household }
record household { applicant: person; members: list of person up to 6; savings: yuan }
policy tea for person {
    category: welfare
    in force: from 2020-01-01 until further notice
    source: "an example"
    status: illustrative
    eligible when {
        today - born >= 60 years old
        income < 1240.50 yuan per month or income >= 1240.50 yuan per month
        home.savings < 5000 yuan
    }
}
"""


class ArrowSchema(c.Structure):
    _fields_ = [("head", c.c_void_p * 7), ("release", c.CFUNCTYPE(None, c.c_void_p)), ("private_data", c.c_void_p)]


class ArrowArray(c.Structure):
    _fields_ = [("head", c.c_int64 * 5), ("pointers", c.c_void_p * 3), ("release", c.CFUNCTYPE(None, c.c_void_p)),
                ("private_data", c.c_void_p)]


def match(lib, rules, person, batch, flags=0):
    array, schema, out_array, out_schema = ArrowArray(), ArrowSchema(), ArrowArray(), ArrowSchema()
    rows = pa.StructArray.from_arrays(batch.columns, fields=list(batch.schema))
    rows._export_to_c(c.addressof(array), c.addressof(schema))
    try:
        lib.call("entitle_match_batch", rules.p, c.c_uint64(person), c.c_uint32(flags), c.byref(array), c.byref(schema), None,
                 c.byref(out_array), c.byref(out_schema))
    finally:
        assert not array.release, "the array was not taken"
        schema.release(c.addressof(schema))
    return pa.Array._import_from_c(c.addressof(out_array), c.addressof(out_schema))


def codes(lib, rules):
    """What the codes of reasons mean: the policy and the condition, in English."""
    array, schema = ArrowArray(), ArrowSchema()
    lib.call("entitle_reason_codes", rules.p, c.byref(array), c.byref(schema))
    rows = pa.Array._import_from_c(c.addressof(array), c.addressof(schema)).to_pylist()
    return {row["code"]: (row["policy"], row["en"]) for row in rows}


def main():
    lib = entitle.Library(sys.argv[1])
    engine = lib.open_texts([("tea.policy", POLICY)])
    rules = engine.rules("2026-07-01")
    person = rules.snapshot.kind("person")
    households = []
    for i in range(1000):
        members = [{"id": f"{i}-{j}", "born": datetime.date(1940 + (i * 7 + j * 11) % 60, 1 + i % 12, 1)} for j in range(1 + i % 4)]
        if i % 5 == 0:
            members[0]["born"] = None
        households.append({"members": members, "savings": None if i % 7 == 0 else i * 10})
    kind = pa.schema([
        ("members", pa.list_(pa.struct([("id", pa.string()), ("born", pa.date32())]))), ("savings", pa.int64())])
    batch = pa.RecordBatch.from_pylist(households, schema=kind)
    found = match(lib, rules, person, batch)
    wrong, seen = [], set()
    at = 0
    for household in households:
        for j, member in enumerate(household["members"]):
            facts = [{"born": m["born"] and str(m["born"])} for m in household["members"]]
            me = facts.pop(j)
            profile = rules.profile({"person": me, "household": {"members": ["applicant"] + facts, "savings": household["savings"]}})
            verdict = {1: True, 2: False, 3: None}[rules.match(profile)[0]]
            row = found[at].as_py()
            seen.add(verdict)
            if row != {"id": member["id"], "tea": verdict}:
                wrong.append(f"{row}, one by one {verdict}")
            at += 1
    if at != len(found) or seen != {True, False, None}:
        wrong.append(f"{at} members, {len(found)} rows, {seen}")
    # The conditions behind each verdict, beside the reasons that one household's explanation has.
    words = codes(lib, rules)
    told = match(lib, rules, person, batch, 4).to_pylist()
    if [{k: row[k] for k in ("id", "tea")} for row in told] != found.to_pylist():
        wrong.append("with reasons the verdicts are others")
    age, line, *sides, savings = (code for code in sorted(words) if words[code][0] == "tea")
    if len(sides) != 2:
        wrong.append(f"the conditions of tea: {words}")
    behind = {row["id"]: (row["tea"], row["reasons"]) for row in told}
    for i, household in enumerate(households):
        for j, member in enumerate(household["members"]):
            born, saved = member["born"], household["savings"]
            old = born and (born.year, born.month, born.day) <= (1966, 7, 1)
            poor = saved is not None and saved < 5000
            if born and not old:
                expected = (False, [age])
            elif saved is not None and not poor:
                expected = (False, [savings])
            elif old and poor:
                expected = (True, [age, line, savings])
            else:
                # The line on income is open too by itself; it holds whatever the income is.
                expected = (None, ([] if old else [age]) + [line] + ([] if poor else [savings]))
            verdict, reasons = behind[member["id"]]
            if (verdict, sorted(reasons)) != expected:
                wrong.append(f"{member['id']}: {verdict} for {[words[r] for r in reasons]}, expected {expected}")
    # An array without rows may have no offsets, as Arrow for Java writes them; what stands in their place is chance.
    chance = [None, pa.py_buffer(b"\xf0\xff\xff\x7f"), pa.py_buffer(b"")]
    nobody = pa.StructArray.from_arrays([pa.Array.from_buffers(pa.string(), 0, chance)], ["id"])
    empty = pa.RecordBatch.from_arrays([pa.ListArray.from_arrays(pa.array([0, 0], pa.int32()), nobody)], ["members"])
    if match(lib, rules, person, empty).to_pylist():
        wrong.append("a household of nobody has members")
    # Three-valued logic cannot see that an income is below a line or not.
    quick = match(lib, rules, person, batch, 2)
    if any(row["tea"] is True for row in quick.to_pylist()):
        wrong.append("three-valued logic was exact")
    for bad, text in ((pa.RecordBatch.from_pydict({"savings": ["many"]}), "savings"), (pa.RecordBatch.from_pydict({"saving": [1]}), "savings"),
                      (pa.RecordBatch.from_pydict({"savings": [1.5]}), "savings")):
        try:
            match(lib, rules, person, bad)
            wrong.append(f"{bad.schema} was read")
        except entitle.Error as error:
            if error.status != entitle.PROFILE or text not in str(error):
                wrong.append(str(error))
    print(*wrong[:10], sep="\n", end="\n" if wrong else "")
    print(f"pyarrow, library {lib.version()}: {at} members of {len(households)} households, {len(wrong)} wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
