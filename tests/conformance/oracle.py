"""The semantics of policies, written apart from the library: a case is worked out here by trying every completion.

Nothing of the library is called. A condition is a Python function over a world in which everything is known; what a
profile leaves out is filled with every value its domain has; a verdict is what all completions agree on. Dates,
rounding and exact numbers are done with Python's own `datetime` and `fractions`.

`python3 tests/conformance/families.py` writes the cases; `--check` says whether the files are what would be written.
"""

import datetime
import itertools
import json
import pathlib
from fractions import Fraction

HERE = pathlib.Path(__file__).resolve().parent
YES_NO = (True, False)
GRADES = ("low", "mid", "high")
PLACES = {"city": None, "east": "city", "inner": "east", "outer": "east", "west": "city", "far": None}

# The facts that cases may use: how each is declared, and every value a missing one is tried with. The domains of money
# and dates are samples: a family that leaves such a fact out gives samples on each side of every figure it compares.
FACTS = {
    "a": ('a "甲": yes/no', YES_NO),
    "b": ('b "乙": yes/no', YES_NO),
    "c": ('c "丙": yes/no', YES_NO),
    "poor": ('poor "困难": yes/no judged', YES_NO),
    "grade": ('grade "等级": grade', GRADES),
    "kind": ('kind "种类": kind', ("red", "green", "blue")),
    "place": ('place "住地": place', tuple(PLACES)),
    "work": ('work "工作地": place', tuple(PLACES)),
    "n": ('n "次数": times from 0 times to 9 times', tuple(range(10))),
    "m": ('m "另次数": times from 0 times to 9 times', tuple(range(10))),
    "income": ('income "月收入": yuan per month', None),
    "yearly": ('yearly "年收入": yuan per year', None),
    "assets": ('assets "资产": yuan', None),
    "floor": ('floor "面积": square metres', None),
    "share": ('share "份额": percent', None),
    "born": ('born "生日": date', None),
    "since": ('since "起日": date', None),
    "tags": ('tags "标签": set of kind', None),
    "benefits": ('benefits "在享待遇": set of policy', None),
    "recognitions": ('recognitions "已获认定": set of policy', None),
    "aids": ('aids "救助": list of { paid "发放日": date; given "金额": yuan; ok "有效": yes/no } up to 3', None),
    "home": ('home "住家": household', None),
}
ENUMS = {
    "grade": 'enum grade "等级" ascending { low "低", mid "中", high "高" }',
    "kind": 'enum kind "种类" { red "红", green "绿", blue "蓝" }',
    "place": 'enum place "住地" { city "城市" { east "城东" { inner "内", outer "外" }, west "城西" }; far "外地" }',
}
HOUSEHOLD = (
    'record household "家庭" {\n    applicant "申请人": person\n    members "成员": list of person up to 3\n'
    '    savings "存款": yuan\n}\n'
)


def within(place, region):
    """Whether a place is a region or inside it."""
    while place is not None:
        if place == region:
            return True
        place = PLACES[place]
    return False


def day(text):
    return datetime.date.fromisoformat(text)


def later(date, count, unit):
    """`count` units after a date; a day that the month lacks is the month's last."""
    if unit in ("day", "week"):
        return date + datetime.timedelta(days=count * (7 if unit == "week" else 1))
    months = date.year * 12 + date.month - 1 + count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    for last in range(date.day, 0, -1):
        try:
            return datetime.date(year, month + 1, last)
        except ValueError:
            continue


def rounded(number, mode, step):
    """A multiple of `step`; half a step goes away from zero."""
    number, step = Fraction(number), Fraction(step)
    steps = number / step
    floor = steps.numerator // steps.denominator
    rest = steps - floor
    if mode == "down":
        up = 0
    elif mode == "up":
        up = 1 if rest else 0
    else:
        up = 1 if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and steps > 0) else 0
    return (floor + up) * step


def amount(number):
    """A number as results write it: a decimal, without zeros at its end."""
    number = Fraction(number)
    scale = 1
    while scale % number.denominator:
        scale *= 10
    digits = number.numerator * scale // number.denominator
    sign, digits = ("-" if digits < 0 else ""), abs(digits)
    places = len(str(scale)) - 1
    whole, rest = divmod(digits, scale)
    return f"{sign}{whole}" + (f".{rest:0{places}}" if places else "")


class C:
    """A condition: its text in English and Chinese, what it means in a complete world, and the facts it reads."""

    def __init__(self, en, means, facts, zh=None):
        self.en, self.means, self.facts, self.zh = en, means, tuple(facts), zh


def join(word_en, word_zh, fold, parts):
    """Conditions joined by a word, each in brackets where it has parts of its own."""
    def bracket(text, brackets="()"):
        return f"({text})" if " " in text or "不" in text else text
    zh = None
    if all(p.zh for p in parts):
        zh = f" {word_zh} ".join(f"（{p.zh}）" for p in parts)
    return C(
        f" {word_en} ".join(bracket(p.en) for p in parts),
        lambda w: fold(p.means(w) for p in parts),
        dict.fromkeys(f for p in parts for f in p.facts),
        zh,
    )


def both(*parts):
    return join("and", "并且", all, parts)


def either(*parts):
    return join("or", "或者", any, parts)


def unless(part, exception):
    """What is required, save where the exception holds."""
    return join("unless", "除非", any, (part, exception))


def negated(part):
    return C(f"not ({part.en})", lambda w: not part.means(w), part.facts, part.zh and f"并非 （{part.zh}）")


def block(word_en, word_zh, fold, parts):
    en = word_en + " { " + "; ".join(p.en for p in parts) + " }"
    zh = word_zh + " { " + "；".join(p.zh for p in parts) + " }" if all(p.zh for p in parts) else None
    return C(en, lambda w: fold([p.means(w) for p in parts]), dict.fromkeys(f for p in parts for f in p.facts), zh)


def verdict(means, known, domains, constraint=None):
    """What all completions agree on, and the facts that can still turn it."""
    open_facts = [f for f in domains if f not in known]
    truths = {}
    for values in itertools.product(*(domains[f] for f in open_facts)):
        world = dict(known, **dict(zip(open_facts, values)))
        if constraint is None or constraint(world):
            truths[values] = bool(means(world))
    assert truths, "no completion is possible"
    seen = set(truths.values())
    if len(seen) == 1:
        return ("eligible" if seen == {True} else "ineligible"), []
    turning = []
    for at, fact in enumerate(open_facts):
        rest = {}
        for values, truth in truths.items():
            rest.setdefault(values[:at] + values[at + 1:], set()).add(truth)
        if any(len(r) == 2 for r in rest.values()):
            turning.append(fact)
    return "undetermined", turning


def vocabulary(facts, more=""):
    """The smallest vocabulary with these facts."""
    enums = dict.fromkeys(e for f in facts for e in (
        {"grade": "grade", "kind": "kind", "place": "place", "work": "place", "tags": "kind"}.get(f),) if e)
    lines = ['enum category "类别" { welfare "福利" }'] + [ENUMS[e] for e in enums]
    lines.append('record person "人员" {\n' + "".join(f"    {FACTS[f][0]}\n" for f in facts) + "}")
    return "\n".join(lines) + "\n" + (HOUSEHOLD if "home" in facts else "") + more


def policy(conditions, clauses=(), name="p", unit="person", force="from 2000-01-01 until further notice"):
    body = "".join(f"        {c}\n" for c in conditions)
    rest = "".join(f"    {c}\n" for c in clauses)
    return (
        f"policy {name} for {unit} {{\n    category: welfare\n    in force: {force}\n    source: \"s\"\n"
        f"    status: illustrative\n    eligible when {{\n{body}    }}\n{rest}}}\n"
    )


def policy_zh(conditions):
    body = "".join(f"        {c}\n" for c in conditions)
    return (
        "政策 政策甲 “p” 面向 人员 {\n    类别：福利\n    施行：自 2000年1月1日起 长期有效\n    依据：“s”\n"
        f"    核验：示意\n    符合下列条件 {{\n{body}    }}\n}}\n"
    )


CASES = {}


def write(name, texts, profile, expect, as_of="2020-06-01", of="p"):
    """One file of the kit."""
    assert name not in CASES, name
    texts = [texts] if isinstance(texts, str) else list(texts)
    CASES[name] = {
        "name": name, "policies": texts, "profile": profile, "as_of": as_of, "expect": {"policy": of, **expect},
    }


def case(name, conditions, known, domains=None, more="", constraint=None, surface="en", missing=False, because=None,
         clauses=(), as_of="2020-06-01", profile=None, facts=()):
    """A case whose verdict is worked out from the conditions' meaning."""
    conditions = [conditions] if isinstance(conditions, C) else conditions
    used = list(dict.fromkeys([f for c in conditions for f in c.facts] + list(facts)))
    every = {f: (domains or {}).get(f, FACTS[f][1]) for f in used if f not in known}
    assert all(every.values()), (name, every)
    found, turning = verdict(lambda w: all(c.means(w) for c in conditions), known, every, constraint)
    expect = {"verdict": found}
    if missing and found == "undetermined":
        expect["missing"] = turning
    if because is not None and found != "undetermined":
        expect["because"] = because
    text = vocabulary(used, more)
    text += policy_zh([c.zh for c in conditions]) if surface == "zh" else policy([c.en for c in conditions], clauses)
    person = {k: v for k, v in (known if profile is None else profile).items()}
    write(name, text, {"person": person}, expect, as_of)


def plain(value):
    """Python values as a profile writes them."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Fraction):
        return amount(value)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def refuse(name, what, texts, profile, names, as_of="2020-06-01"):
    """A profile or a policy set that is refused, with a message that has `names` in it."""
    assert what in ("profile", "policies")
    texts = [texts] if isinstance(texts, str) else list(texts)
    CASES[f"refused/{name}"] = {
        "name": name, "policies": texts, "profile": profile, "as_of": as_of, "refused": what, "names": names,
    }


def save(check):
    """Writes every case; or says what differs."""
    differing = 0
    kept = {c for c in CASES if "/" not in c}
    for name, one in CASES.items():
        text = json.dumps(plain(one), ensure_ascii=False, indent=1) + "\n"
        path = HERE / f"{name}.json"
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        differing += 1
        if check:
            print(f"{path.name} is not what families.py writes")
        else:
            path.write_text(text, encoding="utf-8")
    total = len(list(HERE.glob("*.json")))
    refused = len(list(HERE.glob("refused/*.json")))
    print(f"{total} cases, {len(kept)} of them worked out by the oracle, and {refused} refusals; {differing} {'differ' if check else 'written'}")
    return differing == 0 or not check
