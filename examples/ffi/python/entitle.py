"""A thin wrapper around the C ABI with nothing but ctypes. Copy it; it is meant to be read.

    import entitle
    lib = entitle.Library("target/release/libentitle.so")
    with lib.open_directory("policies/shanghai") as engine:
        rules = engine.rules("2020-09-01")
        print(rules.match(rules.profile({"person": {"birth_date": "1950-01-01"}})))

Engine, Snapshot and Rules may be shared between threads; each thread has its own Profile and its own error. ctypes releases the
interpreter's lock during a call, so threads do match at the same time.
"""

import ctypes as c
import json
import threading

OK, STALE, POLICIES, PROFILE = 0, 7, 9, 10
VERDICTS = ("not_in_force", "eligible", "ineligible", "undetermined", "undetermined")


class Error(Exception):
    """A call that failed: `status` is a number of `entitle.h`, `details` every finding."""

    def __init__(self, status, name, message, details):
        super().__init__(f"{name}: {message}")
        self.status, self.details = status, details


class Str(c.Structure):
    _fields_ = [("data", c.c_void_p), ("length", c.c_size_t)]

    def text(self):
        return c.string_at(self.data, self.length).decode() if self.length else ""


class Source(c.Structure):
    _fields_ = [("name", Str), ("text", Str)]


class PolicyInfo(c.Structure):
    _fields_ = [("policy", c.c_uint64), ("unit", c.c_uint64)] + [
        (name, Str) for name in ("id", "zh", "en", "title_zh", "title_en", "category", "department")
    ] + [("written", c.c_uint32), ("status", c.c_uint32)]


class Trust(c.Structure):
    _fields_ = [("keys", c.POINTER(Str)), ("key_count", c.c_size_t), ("least_revision", c.c_uint64), ("day", c.c_int32)] + [
        (name, c.c_uint32) for name in ("day_known", "anybody", "reserved")
    ]


def utf8(text):
    data = text.encode()
    return data, len(data)


def lend(pair):
    return Str(c.cast(c.c_char_p(pair[0]), c.c_void_p), pair[1])


class Library:
    def __init__(self, path):
        self.c = c.CDLL(path)
        self.c.entitle_version.restype = c.c_char_p
        self.c.entitle_status_name.restype = c.c_char_p
        for name in ("entitle_error_new", "entitle_text_new", "entitle_scratch_new"):
            getattr(self.c, name).restype = c.c_void_p
        for name in ("entitle_error_message", "entitle_error_details", "entitle_text_data"):
            getattr(self.c, name).restype = c.c_void_p
            getattr(self.c, name).argtypes = [c.c_void_p, c.POINTER(c.c_size_t)]
        for name in ("error", "text", "scratch", "engine", "snapshot", "rules", "profile"):
            free = getattr(self.c, f"entitle_{name}_free")
            free.argtypes, free.restype = [c.c_void_p], None
        self.c.entitle_match.argtypes = [c.c_void_p] * 4 + [c.c_size_t, c.c_void_p]
        if self.c.entitle_abi_version() != 1:
            raise ImportError("the library has another ABI than this wrapper")
        self.local = threading.local()

    def version(self):
        return self.c.entitle_version().decode()

    def lent(self, function, handle):
        length = c.c_size_t()
        data = function(handle, c.byref(length))
        return c.string_at(data, length.value).decode() if data else ""

    def error(self):
        """The error of this thread."""
        if not hasattr(self.local, "error"):
            self.local.error = Handle(self, "error", self.c.entitle_error_new())
        return self.local.error.pointer

    def call(self, name, *arguments):
        error = self.error()
        status = getattr(self.c, name)(*arguments, c.c_void_p(error))
        if status != OK:
            details = self.lent(self.c.entitle_error_details, error)
            raise Error(status, self.c.entitle_status_name(status).decode(),
                        self.lent(self.c.entitle_error_message, error), json.loads(details) if details else [])

    def make(self, kind, name, *arguments):
        out = c.c_void_p()
        self.call(name, *arguments, c.byref(out))
        return kind(self, out.value)

    def open_directory(self, path):
        data, length = utf8(path)
        return self.make(Engine, "entitle_engine_open_directory", c.c_char_p(data), c.c_size_t(length))

    def open_texts(self, texts):
        sources, keep = self.sources(texts)
        engine = self.make(Engine, "entitle_engine_open_texts", sources, c.c_size_t(len(texts)))
        del keep
        return engine

    def open_pack(self, pack, keys=(), day=None, least_revision=0):
        """A pack, as bytes. Without public keys (PEM) it is taken from anybody: only where its way here is trusted."""
        keep = [utf8(key) for key in keys]
        trust = Trust((Str * len(keep))(*map(lend, keep)), len(keep), least_revision, self.days(day).value if day else 0,
                      day is not None, not keep, 0)
        engine = self.make(Engine, "entitle_engine_open_pack", c.c_char_p(pack), c.c_size_t(len(pack)), c.byref(trust))
        del keep
        return engine

    @staticmethod
    def sources(texts):
        keep = [(utf8(name), utf8(text)) for name, text in texts]
        return (Source * len(keep))(*(Source(lend(name), lend(text)) for name, text in keep)), keep

    def days(self, date):
        out = c.c_int32()
        data, length = utf8(date)
        self.call("entitle_date_parse", c.c_char_p(data), c.c_size_t(length), c.byref(out))
        return out

    def json(self, name, *arguments):
        text = Handle(self, "text", self.c.entitle_text_new())
        self.call(name, *arguments, c.c_void_p(text.pointer))
        return json.loads(self.lent(self.c.entitle_text_data, text.pointer))


class Handle:
    """A handle that is freed when Python forgets it, or at the end of a `with`."""

    def __init__(self, library, kind, pointer):
        self.library, self._name, self.pointer = library, kind, pointer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        pointer, self.pointer = self.pointer, None
        if pointer:
            getattr(self.library.c, f"entitle_{self._name}_free")(pointer)

    __del__ = close

    @property
    def p(self):
        return c.c_void_p(self.pointer)


class Engine(Handle):
    def __init__(self, library, pointer):
        super().__init__(library, "engine", pointer)

    def snapshot(self):
        return self.library.make(Snapshot, "entitle_engine_snapshot", self.p)

    def rules(self, date):
        """The rules of a day, under the policy set in use now."""
        return self.snapshot().rules(date)

    def reload_texts(self, texts):
        sources, keep = Library.sources(texts)
        self.library.call("entitle_engine_reload_texts", self.p, sources, c.c_size_t(len(texts)))
        del keep


class Snapshot(Handle):
    def __init__(self, library, pointer):
        super().__init__(library, "snapshot", pointer)

    def rules(self, date):
        rules = self.library.make(Rules, "entitle_rules_at", self.p, self.library.days(date))
        rules.snapshot, rules.count = self, len(self.policies())
        return rules

    def policies(self):
        """The identifiers of the policies, in the order of verdicts."""
        count, info, size = c.c_size_t(), PolicyInfo(), c.c_size_t(c.sizeof(PolicyInfo))
        self.library.call("entitle_snapshot_counts", self.p, c.byref(count), None, None)
        ids = []
        for index in range(count.value):
            self.library.call("entitle_snapshot_policy", self.p, c.c_size_t(index), c.byref(info), size)
            ids.append(info.id.text())
        return ids

    def policy(self, name):
        return self.id("entitle_snapshot_find_policy", name)

    def kind(self, name):
        return self.id("entitle_snapshot_find_kind", name)

    def field(self, kind, name):
        return self.id("entitle_snapshot_find_field", name, c.c_uint64(kind))

    def id(self, function, name, *of):
        out = c.c_uint64()
        data, length = utf8(name)
        self.library.call(function, self.p, *of, c.c_char_p(data), c.c_size_t(length), c.byref(out))
        return out.value

    def index(self, policy):
        out = c.c_size_t()
        self.library.call("entitle_policy_index", self.p, c.c_uint64(policy), c.byref(out))
        return out.value

    def profile(self, facts, report_unknown=False):
        data, length = utf8(json.dumps(facts))
        make = lambda library, pointer: Handle(library, "profile", pointer)
        return self.library.make(make, "entitle_profile_from_json", self.p, c.c_char_p(data), c.c_size_t(length),
                                 c.c_uint32(report_unknown), None)


class Rules(Handle):
    def __init__(self, library, pointer):
        super().__init__(library, "rules", pointer)

    def profile(self, facts, report_unknown=False):
        return self.snapshot.profile(facts, report_unknown)

    def match(self, profile, scratch=None):
        """The verdicts, as bytes in the order of the policies."""
        verdicts = (c.c_uint8 * self.count)()
        self.library.call("entitle_match", self.p, profile.p, scratch.p if scratch else None, verdicts,
                          c.c_size_t(self.count))
        return bytes(verdicts)

    def report(self, profile):
        return self.library.json("entitle_match_json", self.p, profile.p)

    def explain(self, profile, policy):
        return self.library.json("entitle_explain_json", self.p, profile.p, c.c_uint64(policy))

    def advice(self, profile, until, limit=3):
        return self.library.json("entitle_advice_json", self.p, profile.p, c.c_size_t(limit), self.library.days(until))

    def record(self, profile):
        return self.library.json("entitle_record_json", self.p, profile.p)
