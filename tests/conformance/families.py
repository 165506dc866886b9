#!/usr/bin/env python3
"""The families of the kit: what varies is listed, what comes out is worked out by `oracle.py`.

Run it without arguments to write the files, with `--check` to see whether they are what it would write. Cases that are
not listed here were worked out by hand; a case never takes its expectation from an implementation.
"""

import itertools
import operator
import random
import sys
from fractions import Fraction as F

from oracle import (
    C, FACTS, GRADES, PLACES, YES_NO, amount, block, both, case, day, either, later, negated, policy, policy_zh, refuse, rounded,
    save, unless, verdict, vocabulary, within, write,
)

OPS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "is": operator.eq, "is not": operator.ne}
OP_NAMES = {"<": "less", "<=": "at-most", ">": "more", ">=": "at-least", "is": "is", "is not": "is-not"}
OPS_ZH = {"<": "低于", "<=": "不超过", ">": "超过", ">=": "不低于", "is": "是", "is not": "不是"}
STATES = {"yes": True, "no": False, "missing": None}
A = C("a", lambda w: w["a"], ["a"], "甲")
B = C("b", lambda w: w["b"], ["b"], "乙")
THIRD = C("c", lambda w: w["c"], ["c"], "丙")


def known(**facts):
    return {k: v for k, v in facts.items() if v is not None}


def connectives():
    """Every truth table of two conditions. The facts are separate, so three-valued logic is exact."""
    tables = {
        "and": both(A, B), "or": either(A, B), "unless": unless(A, B),
        "all-of": block("all of", "同时符合", all, [A, B]),
        "any-of": block("any of", "符合下列之一", any, [A, B]),
        "none-of": block("none of", "没有下列情形", lambda t: not any(t), [A, B]),
    }
    for (word, condition), (x, a), (y, b) in itertools.product(tables.items(), STATES.items(), STATES.items()):
        case(f"{word}-{x}-{y}", condition, known(a=a, b=b), missing=True)
    for x, a in STATES.items():
        case(f"not-{x}", negated(A), known(a=a), missing=True)
        case(f"not-twice-{x}", C("not not a", A.means, ["a"]), known(a=a), missing=True)
    # Two conditions of a policy hold together; where one alone fails, it alone is the reason.
    for (x, a), (y, b) in itertools.product(STATES.items(), STATES.items()):
        because = {(True, True): ["a", "b"], (False, True): ["a"], (True, False): ["b"], (False, None): ["a"],
                   (None, False): ["b"]}.get((a, b))
        case(f"conditions-{x}-{y}", [A, B], known(a=a, b=b), missing=True, because=because)
    for word in ("and", "or", "unless"):
        case(f"chinese-{word}-yes-missing", tables[word], known(a=True), missing=True, surface="zh")
        case(f"chinese-{word}-no-missing", tables[word], known(a=False), missing=True, surface="zh")
    for word in ("all-of", "any-of", "none-of"):
        case(f"chinese-{word}-no-missing", tables[word], known(a=False), missing=True, surface="zh")


def orders():
    """Each comparison below, on and above the line; on an ordered enum; in both surfaces."""
    for op, (where, value) in itertools.product(OPS, {"below": F("1239.99"), "on": F(1240), "above": F("1240.01")}.items()):
        en, zh = f"income {op} 1240 yuan per month", f"月收入 {OPS_ZH[op]} 1240元/月"
        c = C(en, lambda w, op=op: OPS[op](w["income"], 1240), ["income"], zh)
        case(f"money-{OP_NAMES[op]}-{where}", c, known(income=value), because=[en] if " is" not in en else None)
        if op in "<=>=":
            case(f"chinese-money-{OP_NAMES[op]}-{where}", c, known(income=value), surface="zh")
    samples = (F(0), F("1239.99"), F(1240), F("1240.01"), F(9999))
    for op in OPS:
        c = C(f"income {op} 1240 yuan per month", lambda w, op=op: OPS[op](w["income"], 1240), ["income"])
        case(f"money-{OP_NAMES[op]}-missing", c, {}, {"income": samples}, missing=True)
        for grade in (*GRADES, None):
            c = C(f"grade {op} mid", lambda w, op=op: OPS[op](GRADES.index(w["grade"]), 1), ["grade"])
            case(f"enum-{OP_NAMES[op]}-{grade or 'missing'}", c, known(grade=grade), missing=True)
    for kind in ("red", "blue", None):
        c = C("kind is one of (red, green)", lambda w: w["kind"] in ("red", "green"), ["kind"])
        case(f"enum-one-of-{kind or 'missing'}", c, known(kind=kind), missing=True)
        c = C("kind is not one of (red, green)", lambda w: w["kind"] not in ("red", "green"), ["kind"])
        case(f"enum-not-one-of-{kind or 'missing'}", c, known(kind=kind), missing=True)
    c = C("kind is one of (red, green, blue)", lambda w: True, ["kind"])
    case("enum-one-of-all-missing", c, {})
    for word, op in {"before": "早于", "not-after": "不晚于", "after": "晚于", "not-before": "不早于"}.items():
        sign = {"before": "<", "not-after": "<=", "after": ">", "not-before": ">="}[word]
        for where, date in {"the-day-before": "2020-05-31", "the-day": "2020-06-01", "the-day-after": "2020-06-02"}.items():
            c = C(f"since {sign} 2020-06-01", lambda w, s=sign: OPS[s](w["since"], day("2020-06-01")), ["since"],
                  f"起日 {op} 2020年6月1日")
            case(f"date-{word}-{where}", c, {"since": day(date)}, surface="zh" if word.startswith("not") else "en")


def places():
    """`within` asks for the place itself or what lies inside it; an outer place is not inside an inner one."""
    for place, region in itertools.product((*PLACES, None), ("city", "inner")):
        c = C(f"place within {region}", lambda w, r=region: within(w["place"], r), ["place"])
        case(f"place-within-{region}-{place or 'missing'}", c, known(place=place), missing=True)
    for place in ("city", "inner", "far", None):
        c = C("place not within east", lambda w: not within(w["place"], "east"), ["place"])
        case(f"place-not-within-{place or 'missing'}", c, known(place=place), missing=True)
    for place, work in itertools.product(("inner", "east", None), ("east", "west", None)):
        c = C("place within work", lambda w: within(w["place"], w["work"]), ["place", "work"])
        case(f"place-within-a-fact-{place or 'missing'}-{work or 'missing'}", c, known(place=place, work=work))


def ages():
    """Lengths of time are calendar ones: the later date against the earlier moved by the length."""
    age = 'define person.age "年龄" = today - born\n'
    for op, text in {">=": "满", "<": "未满"}.items():
        for where, shift in {"the-day-before": -1, "the-day": 0, "the-day-after": 1}.items():
            c = C(f"age {op} 65 years old", lambda w, op=op: OPS[op](day("2020-06-01"), later(w["born"], 65, "year")), ["born"],
                  f"年龄 {text} 65周岁")
            born = later(day("1955-06-01"), -shift, "day")
            case(f"age-{OP_NAMES[op]}-{where}", c, {"born": born}, more=age)
            case(f"chinese-age-{OP_NAMES[op]}-{where}", c, {"born": born}, more=age, surface="zh")
    for as_of in ("2019-02-28", "2020-02-28", "2020-02-29", "2021-02-27", "2021-02-28", "2021-03-01"):
        years = int(as_of[:4]) - 1960
        c = C(f"today - born >= {years} years old",
              lambda w, y=years, d=as_of: day(d) >= later(w["born"], y, "year"), ["born"])
        case(f"age-leap-day-on-{as_of}", c, {"born": day("1960-02-29")}, as_of=as_of)
    lengths = {"month": (6, "2020-08-31"), "year": (2, "2020-02-29"), "day": (30, "2020-08-31"), "week": (2, "2020-12-25")}
    for unit, (count, start) in lengths.items():
        due = later(day(start), count, unit)
        for op, (where, shift) in itertools.product(("<", "<=", ">", ">="), {"before": -1, "on": 0, "after": 1}.items()):
            c = C(f"today - since {op} {count} {unit}s",
                  lambda w, op=op, u=unit, n=count, s=shift, d=due: OPS[op](later(d, s, "day"), later(w["since"], n, u)), ["since"])
            case(f"elapsed-{unit}s-{OP_NAMES[op]}-{where}", c, {"since": day(start)}, as_of=later(due, shift, "day").isoformat())
    for as_of in ("2020-06-01", "2021-12-31"):
        c = C("since + 18 months <= today", lambda w, d=as_of: later(w["since"], 18, "month") <= day(d), ["since"])
        case(f"date-plus-months-on-{as_of}", c, {"since": day("2020-06-30")}, as_of=as_of)
    c = C("today - since >= 0 days", lambda w: day("2020-06-01") >= w["since"], ["since"])
    case("elapsed-none-missing", c, {}, {"since": (day("2020-05-31"), day("2020-06-01"), day("2020-06-02"))}, missing=True)
    case("elapsed-none-with-a-constraint", c, {}, {"since": (day("2020-05-31"), day("2020-06-01"), day("2020-06-02"))},
         more='always person "nothing begins after today": since <= today\n', constraint=lambda w: w["since"] <= day("2020-06-01"))


def benefit(name, text, value, facts, person, **more):
    """A policy that always applies, for its amount alone."""
    texts = vocabulary(["a", *facts], more.pop("declare", "")) + policy(["a"], [f"benefit cash: {text}"])
    write(name, texts, {"person": {"a": True, **person}}, {"verdict": "eligible", "amounts": [value and amount(value)]}, **more)


def amounts():
    """Rounding, caps, shares, conversions: exact ratios, rounded only where it is said."""
    words = {"nearest": "rounded to", "up": "rounded up to", "down": "rounded down to"}
    for (mode, word), value in itertools.product(words.items(), ("10", "10.49", "10.5", "10.51", "11.5", "0.01")):
        benefit(f"rounded-{mode}-{value.replace('.', '-')}", f"assets {word} 1 yuan", rounded(value, mode, 1), ["assets"],
                {"assets": value})
        if value != "10":
            benefit(f"rounded-{mode}-minus-{value.replace('.', '-')}", f"assets - 100 yuan {word} 1 yuan", rounded("-" + value, mode, 1),
                    ["assets"], {"assets": F(100) - F(value)})
    for value in ("99.99", "100", "149.99", "150", "250"):
        benefit(f"rounded-to-hundreds-{value.replace('.', '-')}", "assets rounded to 100 yuan", rounded(value, "nearest", 100),
                ["assets"], {"assets": value})
    for value in ("0", "499.99", "500", "500.01", "800"):
        name = value.replace(".", "-")
        benefit(f"capped-{name}", "assets but at most 500 yuan", min(F(value), F(500)), ["assets"], {"assets": value})
        benefit(f"floored-{name}", "assets but at least 500 yuan", max(F(value), F(500)), ["assets"], {"assets": value})
    benefit("capped-takes-all-to-its-left", "assets + 100 yuan * 3 but at most 350 yuan", F(350), ["assets"], {"assets": 200})
    benefit("capped-then-floored", "assets but at most 500 yuan but at least 400 yuan", F(400), ["assets"], {"assets": 1})
    benefit("difference-floored", "1240 yuan per month - income but at least 0 yuan per month", F(0), ["income"], {"income": 1500})
    benefit("difference-open", "1240 yuan per month - income but at least 0 yuan per month", None, ["income"], {})
    for value in ("100", "100.01", "0.05"):
        benefit(f"year-to-month-{value.replace('.', '-')}", "yearly as yuan per month rounded to 0.01 yuan per month",
                rounded(F(value) / 12, "nearest", F(1, 100)), ["yearly"], {"yearly": value})
    benefit("month-to-year-0-05", "income as yuan per year", F("0.6"), ["income"], {"income": "0.05"})
    for value in ("30", "33.33", "0", "100"):
        benefit(f"share-of-money-{value.replace('.', '-')}", "assets * share rounded down to 0.01 yuan",
                rounded(F("999.99") * F(value) / 100, "down", F(1, 100)), ["assets", "share"], {"assets": "999.99", "share": value})
    benefit("third-of-money-three-times", "assets / 3 * 3 rounded down to 0.01 yuan", F("100"), ["assets"], {"assets": 100})
    benefit("division-before-rounding", "assets / 3 rounded to 0.01 yuan", F("33.33"), ["assets"], {"assets": 100})
    benefit("amount-by-count", "100 yuan * n", F(700), ["n"], {"n": 7})
    rate = 'parameter rate "额度": yuan { from 2020-01-01 to 2020-12-31: 10; from 2021-01-01 to 2021-12-31: 20 }\n'
    for as_of, value in {"2020-12-31": 10, "2021-01-01": 20, "2022-01-01": None}.items():
        benefit(f"amount-of-{as_of}", "rate * 2", None if value is None else F(2 * value), [], {}, declare=rate, as_of=as_of)
    texts = vocabulary(["a", "assets"]) + policy(["a"], ["benefit cash: 5 yuan", "benefit service", "benefit cash: assets"])
    write("amounts-in-their-order", texts, {"person": {"a": True, "assets": 7}}, {"verdict": "eligible", "amounts": ["5", "7"]})
    for n, value in {0: 10, 2: 10, 3: 30, 4: 30, 5: 50, 9: 50}.items():
        benefit(f"bands-closest-{n}", "case n { >= 3 times: 30 yuan; >= 5 times: 50 yuan; otherwise: 10 yuan }", F(value), ["n"], {"n": n})
    for grade, value in {"low": 1, "mid": 2, "high": 2}.items():
        benefit(f"table-{grade}", "case grade { low: 1 yuan; mid, high: 2 yuan }", F(value), ["grade"], {"grade": grade})
    benefit("table-missing", "case grade { low: 1 yuan; mid, high: 2 yuan }", None, ["grade"], {})
    benefit("table-same-in-every-row", "case grade { low: 2 yuan; mid, high: 2 yuan }", F(2), ["grade"], {})


def ratios():
    """Comparisons of quotients and products are exact."""
    for value in ("3719.99", "3720", "3720.01"):
        c = C("yearly as yuan per month <= 310 yuan per month", lambda w: F(w["yearly"]) / 12 <= 310, ["yearly"])
        case(f"ratio-year-per-month-{value.replace('.', '-')}", c, {"yearly": F(value)})
        c = C("assets / 3 <= 1240 yuan", lambda w: F(w["assets"]) / 3 <= 1240, ["assets"])
        case(f"ratio-third-{value.replace('.', '-')}", c, {"assets": F(value)})
        c = C("assets * 33.33% <= 1239.876 yuan", lambda w: F(w["assets"]) * F("0.3333") <= F("1239.876"), ["assets"])
        case(f"ratio-share-{value.replace('.', '-')}", c, {"assets": F(value)})
    for value in ("29.99", "30", "30.01"):
        c = C("share >= 30%", lambda w: w["share"] >= 30, ["share"])
        case(f"share-at-least-{value.replace('.', '-')}", c, {"share": F(value)})
        c = C("floor < 30 square metres", lambda w: w["floor"] < 30, ["floor"], "面积 低于 30平方米")
        case(f"area-less-{value.replace('.', '-')}", c, {"floor": F(value)}, surface="zh")


ENTRIES = {"given": (F(0), F(500), F(1000), F(2000), F(3000)), "ok": YES_NO}


def lists():
    """Lists that are complete, that may have more, that are unknown; entries that are known in part."""
    met, unmet, open_one = {"given": F(2000)}, {"given": F(500)}, {}
    states = {
        "empty": ([], True), "one-met": ([met], True), "one-not": ([unmet], True), "met-and-not": ([met, unmet], True),
        "one-open": ([open_one], True), "met-and-open": ([met, open_one], True), "not-and-open": ([unmet, open_one], True),
        "at-least-none": ([], False), "at-least-met": ([met], False), "at-least-not": ([unmet], False),
        "full": ([unmet, unmet, unmet], False), "missing": None,
    }
    large = lambda e: e["given"] > 1000
    forms = {
        "any": ("any aids { given > 1000 yuan }", lambda l: any(map(large, l))),
        "all": ("all aids { given > 1000 yuan }", lambda l: all(map(large, l))),
        "no": ("no aids[given > 1000 yuan]", lambda l: not any(map(large, l))),
        "count": ("aids.count >= 2 times", lambda l: len(l) >= 2),
        "filter-count": ("aids[given > 1000 yuan].count < 2 times", lambda l: sum(map(large, l)) < 2),
        "sum": ("aids.given.sum <= 2000 yuan", lambda l: sum(e["given"] for e in l) <= 2000),
    }
    for (form, (text, means)), (state, value) in itertools.product(forms.items(), states.items()):
        aids(f"list-{form}-{state}", text, means, value, ["given"])
    valid, void = {"given": F(500), "ok": True}, {"given": F(500), "ok": False}
    for state, value in {
        "passing": ([{"given": F(2000), "ok": True}], True), "failing": ([valid], True), "left-out": ([void], True),
        "open-filter-passing": ([{"given": F(2000)}], True), "open-filter-failing": ([{"given": F(500)}], True),
        "open-body": ([{"ok": True}], True), "open-body-left-out": ([{"ok": False}], True),
    }.items():
        aids(f"list-all-filtered-{state}", "all aids[ok] { given > 1000 yuan }",
             lambda l: all(large(e) for e in l if e["ok"]), value, ["given", "ok"])
        aids(f"list-any-filtered-{state}", "any aids[ok] { given > 1000 yuan }",
             lambda l: any(large(e) for e in l if e["ok"]), value, ["given", "ok"])
    for fold, means in {"largest": max, "smallest": min}.items():
        for state, value in {"one": [met], "two": [met, unmet], "two-open": [unmet, open_one], "two-met-open": [met, open_one]}.items():
            aids(f"list-{fold}-{state}", f"aids.given.{fold} > 1000 yuan", lambda l, m=means: m(e["given"] for e in l) > 1000,
                 (value, True), ["given"])


def aids(name, text, means, value, reads):
    """A case over the list of aids: each completion of its entries and, where it may have more, of its length."""
    entries, complete = value if value is not None else ([], False)
    samples = [dict(zip(reads, v)) for v in itertools.product(*(ENTRIES[r] for r in reads))]
    fills = [[dict(e, **dict(zip(gaps, v))) for v in itertools.product(*(ENTRIES[g] for g in gaps))]
             for e in entries for gaps in [[r for r in reads if r not in e]]]
    truths = set()
    for more in range(0, 1 if complete else 4 - len(entries)):
        for world in itertools.product(*fills, *([samples] * more)):
            truths.add(means(list(world)))
    found = "undetermined" if len(truths) == 2 else "eligible" if truths == {True} else "ineligible"
    person = {} if value is None else {"aids": entries if complete else {"known": entries, "complete": False}}
    write(name, vocabulary(["aids"]) + policy([text]), {"person": person}, {"verdict": found})


def sets():
    """Sets that are complete, that hold at least something, that do not hold something, that are unknown."""
    states = {
        "empty": ([], [], True), "holding": (["red"], [], True), "others": (["blue"], [], True),
        "at-least": (["red"], [], False), "at-least-others": (["blue"], [], False), "never": ([], ["red"], False),
        "never-either": ([], ["red", "green"], False), "missing": None,
    }
    forms = {
        "includes": ("{} includes red", lambda s: "red" in s), "excludes": ("{} does not include red", lambda s: "red" not in s),
        "includes-one-of": ("{} includes one of (red, green)", lambda s: bool(s & {"red", "green"})),
    }
    for (form, (text, means)), (state, value) in itertools.product(forms.items(), states.items()):
        held("tags", ("red", "green", "blue"), f"set-{form}-{state}", text.format("tags"), means, value)
    words = {"receives": "benefits", "does not receive": "benefits", "recognised as": "recognitions", "not recognised as": "recognitions"}
    rename = {"red": "other", "blue": "third", "green": "fourth"}
    for (word, fact), state in itertools.product(words.items(), ("empty", "holding", "others", "at-least", "never", "missing")):
        value = states[state] and tuple([rename[v] for v in part] if isinstance(part, list) else part for part in states[state])
        wanted = "not" not in word
        held(fact, ("other", "third", "fourth"), f"{word.replace(' ', '-')}-{state}", f"{word} other",
             lambda s, wanted=wanted: ("other" in s) == wanted, value, "".join(f"policy {p} for person\n" for p in rename.values()))
    for state in ("empty", "holding", "others", "at-least-others", "never", "missing"):
        value = states[state] and tuple([rename[v] for v in part] if isinstance(part, list) else part for part in states[state])
        held("benefits", ("other", "third", "fourth"), f"not-while-receiving-{state}", "a", lambda s: "other" not in s, value,
             "".join(f"policy {p} for person\n" for p in rename.values()), ["not while receiving: other"], {"a": True})
    for clause in ("not together with", "higher of this and", "same item once with", "deducts"):
        held("benefits", ("other",), f"{clause.replace(' ', '-')}-changes-no-verdict", "a", lambda s: True, (["other"], [], True),
             "policy other for person\n", [f"{clause}: other"], {"a": True})


def held(fact, values, name, text, means, value, more="", clauses=(), person=None):
    """A case over a set: each set that has what it is known to have and not what it is known not to."""
    known_in, known_out, complete = value if value is not None else ([], [], False)
    free = [v for v in values if v not in known_in and v not in known_out]
    truths = set()
    for count in range(0, 1 if complete else len(free) + 1):
        truths |= {means(set(known_in) | set(extra)) for extra in itertools.combinations(free, count)}
    found = "undetermined" if len(truths) == 2 else "eligible" if truths == {True} else "ineligible"
    person = dict(person or {})
    if value is not None:
        person[fact] = list(known_in) if complete else {"known": list(known_in), "not": list(known_out), "complete": False}
    write(name, vocabulary(["a", fact], more) + policy([text], clauses), {"person": person}, {"verdict": found})


def days():
    """Figures and policies of a day: both ends belong; a gap is no value, and says so."""
    line = ('parameter line "标准": yuan per month { from 2020-01-01 to 2020-06-30: 1000; from 2020-07-01 to 2020-07-31: none; '
            'from 2020-08-01: 1200; from 2021-01-01 until further notice: 1300 }\n')
    values = {"2019-12-31": None, "2020-01-01": 1000, "2020-06-30": 1000, "2020-07-01": None, "2020-07-31": None,
              "2020-08-01": 1200, "2020-12-31": 1200, "2021-01-01": 1300, "2099-12-31": 1300}
    text = vocabulary(["income"], line) + policy(["income < line"])
    for as_of, value in values.items():
        expect = {"verdict": "undetermined", "parameters_without_value": ["line"]}
        if value is not None:
            expect = {"verdict": "eligible" if 1100 < value else "ineligible", "parameters_without_value": []}
        write(f"parameter-on-{as_of}", text, {"person": {"income": 1100}}, expect, as_of)
    guarded = vocabulary(["a", "income"], line) + policy(["a and income < line"])
    write("parameter-gap-where-it-cannot-matter", guarded, {"person": {"a": False}}, {"verdict": "ineligible"}, "2020-07-15")
    force = vocabulary(["a"]) + policy(["a"], force="from 2020-03-01 to 2020-03-31")
    for as_of, inside in {"2020-02-29": 0, "2020-03-01": 1, "2020-03-31": 1, "2020-04-01": 0}.items():
        write(f"in-force-on-{as_of}", force, {"person": {"a": True}}, {"verdict": "eligible" if inside else "not_in_force"}, as_of)
    twice = vocabulary(["a"]) + policy(["a"], force="from 2019-01-01 to 2019-12-31, from 2020-06-01 until further notice")
    for as_of, inside in {"2019-12-31": 1, "2020-01-01": 0, "2020-06-01": 1}.items():
        write(f"in-force-twice-on-{as_of}", twice, {"person": {"a": True}}, {"verdict": "eligible" if inside else "not_in_force"}, as_of)


def homes():
    """The household around: the applicant is one of the members, and `home` is the household that lists them."""
    top = vocabulary(["a", "n", "home"])

    def home(name, text, profile, found):
        write(name, top + policy([text]), profile, {"verdict": found})

    home("home-fact-from-the-person", "home.savings < 100 yuan", {"person": {}, "household": {"savings": 99}}, "eligible")
    home("home-given-inside-the-person", "home.savings < 100 yuan", {"person": {"home": {"savings": 99}}}, "eligible")
    home("home-missing", "home.savings < 100 yuan", {"person": {}}, "undetermined")
    home("members-at-least-one", "home.members.count >= 1 person", {"person": {}}, "eligible")
    home("members-at-most-as-declared", "home.members.count <= 3 people", {"person": {}}, "eligible")
    home("members-more-than-declared", "home.members.count > 3 people", {"person": {}}, "ineligible")
    home("members-two-missing", "home.members.count >= 2 people", {"person": {}}, "undetermined")
    others = {"household": {"members": ["applicant", {"a": True, "n": 4}]}}
    home("members-any-by-another", "any home.members { a }", {"person": {"a": False}, **others}, "eligible")
    home("members-all-but-the-applicant", "all home.members { a }", {"person": {"a": False}, **others}, "ineligible")
    home("members-all-open-applicant", "all home.members { a }", {"person": {}, **others}, "undetermined")
    home("members-any-open-applicant", "any home.members { a }", {"person": {}, **others}, "eligible")
    home("members-sum", "home.members.n.sum is 9 times", {"person": {"n": 5}, **others}, "eligible")
    home("members-sum-by-bounds", "home.members.n.sum <= 13 times", {"person": {}, **others}, "eligible")
    home("members-sum-open", "home.members.n.sum <= 12 times", {"person": {}, **others}, "undetermined")
    home("members-per-head", "home.savings / home.members.count <= 50 yuan",
         {"person": {}, "household": {"savings": 100, **others["household"]}}, "eligible")
    home("members-per-head-open", "home.savings / home.members.count <= 50 yuan", {"person": {}, "household": {"savings": 100}}, "undetermined")
    home("members-per-head-by-bounds", "home.savings / home.members.count <= 100 yuan", {"person": {}, "household": {"savings": 100}}, "eligible")
    home("members-applicant-written-anew", "home.members.count is 2 people", {"household": {"applicant": {"n": 1}, "members": ["applicant", {}]}}, "eligible")
    at_least = {"household": {"members": {"known": ["applicant", {"a": True}], "complete": False}}}
    home("members-at-least-two", "home.members.count >= 2 people", {"person": {}, **at_least}, "eligible")
    home("members-at-least-two-of-three", "home.members.count >= 3 people", {"person": {}, **at_least}, "undetermined")
    text = top + policy(["savings < 100 yuan", "any members { a }"], unit="household")
    write("household-is-the-unit", text, {"person": {"a": True}, "household": {"savings": 5}}, {"verdict": "eligible"})
    write("household-is-the-unit-open", text, {"household": {"savings": 5}}, {"verdict": "undetermined"})
    write("household-is-the-unit-not", text, {"household": {"savings": 100}}, {"verdict": "ineligible"})


def forms():
    """One figure, written in the ways a profile may write it; names in either language."""
    for i, value in enumerate((66000, "66000", "6.6万元", "66000 yuan", "66000元", "66000.00", 66000.0)):
        c = C("assets is 66000 yuan", lambda w: True, ["assets"])
        case(f"number-written-{i + 1}", c, {"assets": F(66000)}, profile={"assets": value})
    c = C("share is 30%", lambda w: True, ["share"])
    for i, value in enumerate((30, "30", "30%", "30.00")):
        case(f"share-written-{i + 1}", c, {"share": F(30)}, profile={"share": value})
    case("name-in-chinese", A, {"a": True}, profile={"甲": True})
    c = C("grade >= mid", lambda w: True, ["grade"])
    case("value-in-chinese", c, {"grade": "high"}, profile={"等级": "高"})
    case("null-in-a-condition", both(A, B), {"a": True}, profile={"a": True, "b": None}, missing=True)
    text = vocabulary(["a"]) + policy(["a"])
    write("top-in-chinese", text, {"人员": {"甲": True}}, {"verdict": "eligible"})
    write("top-null", text, {"person": None}, {"verdict": "undetermined", "missing": ["a"]})
    write("top-empty", text, {}, {"verdict": "undetermined"})
    write("assumptions-are-not-matched", text, {"assumptions": ["none"], "person": {"a": False}}, {"verdict": "ineligible"})
    renamed = text.replace('a "甲": yes/no', 'a "甲": yes/no was former_a')
    write("name-of-before", renamed, {"person": {"former_a": True}}, {"verdict": "eligible"})


def exactness():
    """What three-valued logic leaves open although no completion differs: the answer is over all completions."""
    hand = {
        "excluded-third": either(A, negated(A)),
        "same-on-both-sides": either(both(A, B), both(negated(A), B)),
        "guarded-twice": both(either(A, B), either(negated(A), B)),
        "number-covered": C("n < 4 times or n >= 4 times", lambda w: True, ["n"]),
        "number-gap": C("n < 4 times or n > 4 times", lambda w: w["n"] != 4, ["n"]),
        "number-empty": C("n < 4 times and n >= 4 times", lambda w: False, ["n"]),
        "number-beyond-its-bounds": C("n <= 9 times", lambda w: True, ["n"]),
        "enum-covered": C("grade <= mid or grade is high", lambda w: True, ["grade"]),
        "enum-empty": C("grade < mid and grade > mid", lambda w: False, ["grade"]),
        "place-covered": C("place within city or place is far", lambda w: True, ["place"]),
        "sum-beyond": C("n + m > 18 times", lambda w: w["n"] + w["m"] > 18, ["n", "m"]),
        "sum-in-reach": C("n + m >= 18 times", lambda w: w["n"] + w["m"] >= 18, ["n", "m"]),
        "difference-with-itself": C("n - n is 0 times", lambda w: True, ["n"]),
        "twice-itself": C("n + n is 2 * n", lambda w: True, ["n"]),
        "odd-twice": C("n + n is 7 times", lambda w: False, ["n"]),
        "table-agrees": C("n < case grade { low: 10 times; mid, high: 11 times }", lambda w: True, ["n", "grade"]),
        "table-parts": C("n < case grade { low: 3 times; mid, high: 5 times } or n >= 5 times or grade is low",
                         lambda w: w["n"] < (3 if w["grade"] == "low" else 5) or w["n"] >= 5 or w["grade"] == "low", ["n", "grade"]),
    }
    for name, condition in hand.items():
        for state in ({}, {"b": True}, {"b": False}) if "b" in condition.facts else ({},):
            suffix = "".join("-b-yes" if v else "-b-no" for v in state.values())
            case(f"exact-{name}{suffix}", condition, state)
    for sign, other in itertools.product((True, False), (True, False, None)):
        word = "yes" if sign else "no"
        case(f"constraint-a-needs-b-a-{word}-b-{'missing' if other is None else 'yes' if other else 'no'}",
             B, known(a=sign, b=other), facts=["a"], more='always person "a needs b": not a or b\n',
             constraint=lambda w: not w["a"] or w["b"]) if not (sign and other is False) else None
    case("constraint-on-numbers", C("m >= 3 times", lambda w: w["m"] >= 3, ["m"]), {"n": 3}, facts=["n"],
         more='always person "m is not below n": m >= n\n', constraint=lambda w: w["m"] >= w["n"])
    case("constraint-on-numbers-open", C("m >= 4 times", lambda w: w["m"] >= 4, ["m"]), {"n": 3}, facts=["n"],
         more='always person "m is not below n": m >= n\n', constraint=lambda w: w["m"] >= w["n"])
    dice = random.Random(20260701)
    for i in range(1, 61):
        condition = formula(dice, 3)
        state = {}
        for fact in condition.facts:
            if dice.random() < 0.35:
                state[fact] = dice.choice(FACTS[fact][1])
        case(f"exact-formula-{i:02}", condition, state, surface="zh" if i % 2 else "en")


def formula(dice, depth):
    """A random condition over few facts, so that some stand in it more than once."""
    if depth == 0 or dice.random() < 0.15:
        op = dice.choice(("<", "<=", ">", ">="))
        k = dice.randrange(1, 9)
        return dice.choice((
            A, B, THIRD,
            C(f"n {op} {k} times", lambda w: OPS[op](w["n"], k), ["n"], f"次数 {OPS_ZH[op]} {k}次"),
            C(f"grade {op} mid", lambda w: OPS[op](GRADES.index(w["grade"]), 1), ["grade"], f"等级 {OPS_ZH[op]} 中"),
        ))
    parts = [formula(dice, depth - 1) for _ in range(2)]
    return dice.choice((
        lambda: both(*parts), lambda: either(*parts), lambda: unless(*parts), lambda: both(negated(parts[0]), parts[1]),
        lambda: either(negated(parts[0]), parts[1]), lambda: either(both(*parts), negated(parts[0])),
    ))()


def causes():
    """What an open verdict depends on: facts, what only a caseworker can say, figures."""
    text = vocabulary(["a", "poor", "income"], 'parameter line "标准": yuan per month { from 2020-01-01 to 2020-12-31: 1000 }\n')
    all_three = text + policy(["a", "poor", "income < line"])
    write("cause-fact-and-judgement", all_three, {"person": {"income": 1}}, {"verdict": "undetermined", "missing": ["a", "poor"], "parameters_without_value": []})
    write("cause-judgement-alone", all_three, {"person": {"a": True, "income": 1}}, {"verdict": "undetermined", "missing": ["poor"]})
    write("cause-figure-alone", all_three, {"person": {"a": True, "poor": True, "income": 1}}, {"verdict": "undetermined", "missing": [], "parameters_without_value": ["line"]}, "2021-01-01")
    write("cause-nothing-once-settled", all_three, {"person": {"a": False}}, {"verdict": "ineligible", "missing": [], "parameters_without_value": [], "because": ["a"]}, "2021-01-01")
    write("because-names-the-author's-label".replace("'", ""), vocabulary(["a", "b"]) + policy(['"old or ill": a or b', "a"]), {"person": {"a": True, "b": False}}, {"verdict": "eligible"})
    write("because-one-of-two-suffices", vocabulary(["a", "b"]) + policy(["a or b"]), {"person": {"b": True, "a": False}}, {"verdict": "eligible", "because": ["b"]})
    write("because-both-must-fail", vocabulary(["a", "b"]) + policy(["a or b"]), {"person": {"b": False, "a": False}}, {"verdict": "ineligible", "because": ["a", "b"]})
    write("because-one-alternative-serves-two-conditions", vocabulary(["a", "b"]) + policy(["a or b", "b"]), {"person": {"a": True, "b": True}}, {"verdict": "eligible", "because": ["b"]})
    write("because-two-bounds-of-one-fact", vocabulary(["n"]) + policy(["n >= 6 times", "n < 7 times"]), {"person": {"n": 6}}, {"verdict": "eligible", "because": ["n >= 6 times", "n < 7 times"]})
    write("because-the-exception", vocabulary(["a", "b"]) + policy(["a unless b"]), {"person": {"a": False, "b": True}}, {"verdict": "eligible", "because": ["b"]})
    other = vocabulary(["a", "b"]) + policy(["b"], name="q") + policy(["a"])
    for b in (True, False, None):
        write(f"policies-apart-{'missing' if b is None else 'yes' if b else 'no'}", other, {"person": known(a=True, b=b)}, {"verdict": "eligible", "because": ["a"]})


def refusals():
    """What must not be taken silently: the message names the place."""
    facts = ["a", "grade", "n", "income", "assets", "share", "born", "tags", "aids", "home"]
    text = vocabulary(facts) + policy(["a"])
    for name, profile, names in (
        ("fact-nobody-declared", {"person": {"aa": True}}, "person.aa"),
        ("record-nobody-declared", {"people": {}}, "people"),
        ("value-nobody-declared", {"person": {"grade": "middle"}}, "person.grade"),
        ("text-for-a-yes-or-no", {"person": {"a": "yes"}}, "person.a"),
        ("number-for-a-yes-or-no", {"person": {"a": 1}}, "person.a"),
        ("number-for-a-date", {"person": {"born": 20000101}}, "person.born"),
        ("date-that-does-not-exist", {"person": {"born": "2021-02-29"}}, "person.born"),
        ("money-finer-than-a-fen", {"person": {"assets": "0.005"}}, "person.assets"),
        ("count-with-a-fraction", {"person": {"n": "1.5"}}, "person.n"),
        ("count-beyond-its-bounds", {"person": {"n": 10}}, "person.n"),
        ("money-below-zero", {"person": {"assets": -1}}, "person.assets"),
        ("unit-of-another-kind", {"person": {"income": "5 square metres"}}, "person.income"),
        ("list-longer-than-declared", {"person": {"aids": [{}, {}, {}, {}]}}, "person.aids"),
        ("one-value-for-a-set", {"person": {"tags": "red"}}, "person.tags"),
        ("set-that-holds-and-does-not", {"person": {"tags": {"known": ["red"], "not": ["red"], "complete": False}}}, "person.tags"),
        ("members-without-the-applicant", {"person": {}, "household": {"members": []}}, "members"),
        ("members-twice-the-applicant", {"household": {"members": ["applicant", "applicant"]}}, "household.members[1]"),
        ("home-given-twice", {"person": {"home": {}}, "household": {}}, "home"),
        ("fact-given-in-both-languages", {"person": {"a": True, "甲": True}}, "person.甲"),
        ("list-at-the-top", [], "profile"),
        ("text-for-a-record", {"person": "somebody"}, "person"),
    ):
        refuse(name, "profile", text, profile, names)
    always = vocabulary(["a", "b"], 'always person "a needs b": not a or b\n') + policy(["a"])
    refuse("constraint-contradicted", "profile", always, {"person": {"a": True, "b": False}}, "a needs b")
    for name, condition, code in (
        ("name-nobody-declared", "nothing", "E101"), ("year-against-month", "income < 1 yuan per year", "E106"),
        ("money-against-area", "assets < 1 square metre", "E105"), ("order-of-an-enum-without-one", "grade < n", "E104"),
        ("divisor-that-can-be-zero", "assets / n < 1 yuan", "E115"), ("and-mixed-with-or", "a and a or a", "E0"),
    ):
        refuse(name, "policies", vocabulary(facts) + policy([condition]), {}, code)
    refuse("amount-with-a-fraction-of-a-fen", "policies", vocabulary(facts) + policy(["a"], ["benefit cash: assets / 3"]), {}, "E121")
    refuse("definitions-in-a-circle", "policies", vocabulary(facts, "define person.x = y\ndefine person.y = x\n") + policy(["x"]), {}, "E108")
    refuse("days-covered-twice", "policies", vocabulary(facts, "parameter line: yuan { from 2020-01-01 to 2020-12-31: 1; from 2020-12-31 to 2021-12-31: 2 }\n") + policy(["a"]), {}, "E109")
    refuse("days-without-a-value", "policies", vocabulary(facts, "parameter line: yuan { from 2020-01-01 to 2020-12-31: 1; from 2021-01-02 to 2021-12-31: 2 }\n") + policy(["a"]), {}, "E110")
    refuse("table-with-a-hole", "policies", vocabulary(facts) + policy(["n < case grade { low: 1 time; mid: 2 times }"]), {}, "E112")
    refuse("name-declared-twice", "policies", vocabulary(facts) + policy(["a"]) + policy(["a"]), {}, "E102")


for family in (refusals, connectives, orders, places, ages, amounts, ratios, lists, sets, days, homes, forms, exactness, causes):
    family()
sys.exit(0 if save("--check" in sys.argv[1:]) else 1)
