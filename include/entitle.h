/*
 * entitle.h - matches citizen profiles against assistance policies, and says why each applies or not.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * In short:
 *
 *     entitle_error *error = entitle_error_new();
 *     entitle_engine *engine = NULL;
 *     if (entitle_engine_open_directory("policies", 8, &engine, error) != ENTITLE_OK) ...
 *     entitle_snapshot *snapshot = NULL;
 *     entitle_engine_snapshot(engine, &snapshot, error);
 *     entitle_rules *rules = NULL;
 *     entitle_rules_at(snapshot, days, &rules, error);
 *     entitle_profile *profile = NULL;
 *     entitle_profile_from_json(snapshot, json, length, ENTITLE_UNKNOWN_REPORT, NULL, &profile, error);
 *     uint8_t verdicts[POLICIES];
 *     entitle_match(rules, profile, NULL, verdicts, POLICIES, error);
 *
 * `include/README.md` is the page for whoever integrates the library into a platform: threads, memory, reload, sizes,
 * and what an upgrade may break. This file is the reference; where the two differ this one holds.
 *
 * ---------------------------------------------------------------------------------------------------------------------
 * Rules that hold everywhere
 *
 * Status.     A function that can fail returns `entitle_status`. Anything but ENTITLE_OK means that nothing was written to
 *             its out parameters and that nothing the caller can see has changed, except that a text (`entitle_text`)
 *             may have been emptied and that an array of verdicts may be written in part.
 * Errors.     The last parameter of such a function is an `entitle_error *`, or NULL if the caller only wants the status.
 *             On failure it holds what went wrong; on success it is left alone. Messages are English, one line
 *             or more, for logs; they name the place and, where there is one, the fix. They never repeat a fact's value.
 * Panics.     A fault inside the library does not unwind into the caller and does not end the process: the call returns
 *             ENTITLE_PANIC, and the library stays usable. No process-wide panic hook is set; the default one writes
 *             a line to standard error. (A stack that is exhausted or memory that cannot be had do end the
 *             process, as in any native library. Nesting and sizes are bounded so that input cannot cause them.)
 * Texts in.   A pointer and a length in bytes, UTF-8, no terminator needed. NULL is accepted where the length is 0. The library
 *             has copied what it needs when the call returns. At most 64 MiB each.
 * Texts out.  A pointer and a length, UTF-8, NOT terminated (but for `entitle_version` and `entitle_status_name`), lent to
 *             the caller: it is never freed by the caller, and lives as long as is said with the function.
 * Handles.    Opaque pointers. Each `..._free` takes what the function of the same name gave, exactly once; NULL is
 *             accepted and does nothing. A NULL handle elsewhere is refused with ENTITLE_NULL, a handle of another kind with
 *             ENTITLE_HANDLE. A handle that was freed cannot be told for certain: do not use it.
 * Order.      Handles may be freed in any order. What is made under a snapshot keeps that snapshot alive by itself.
 * Threads.    "Shared" handles may be used by any number of threads at once, without a lock: `entitle_engine`,
 *             `entitle_snapshot`, `entitle_rules`. "Exclusive" ones may move between threads and are used by one at a
 *             time: `entitle_error`, `entitle_text`, `entitle_scratch`, and `entitle_profile` and `entitle_watcher` while they are being changed;
 *             a profile that nobody changes may be matched by many threads. Freeing is an exclusive use of any handle.
 * Snapshots.  Ids, profiles and rules belong to the snapshot of the policy set that they were made under. Using them with
 *             another one returns ENTITLE_STALE, never a wrong answer.
 * Global.     There is nothing to initialise or shut down, no global state but a counter that numbers snapshots, no signal
 *             handler, no file kept open, no environment variable read. Policy text is read on threads with stacks of their
 *             own, which end before the call returns; there is no other thread. The other calls need at most 1 MiB of
 *             stack, which may be a coroutine's or a foreign function library's.
 * Numbers.    No binary floating point anywhere: numbers are whole digits with a scale, dates are days.
 * Growth.     New functions and new fields at the end of structs that are written with a size do not change
 *             ENTITLE_ABI; anything else does.
 * ---------------------------------------------------------------------------------------------------------------------
 */

#ifndef ENTITLE_H
#define ENTITLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the ABI that this header describes. */
#define ENTITLE_ABI 1

/* ---- Version ------------------------------------------------------------------------------------------------------ */

/*
 * The version of the ABI that the loaded library has. A host that loads the library at run time compares it with
 * ENTITLE_ABI and goes no further where they differ. Any thread; cannot fail.
 */
uint32_t entitle_abi_version(void);

/*
 * The version of the library, such as "0.1.0": a terminated text that lives as long as the library is loaded. Any
 * thread; cannot fail.
 */
const char *entitle_version(void);

/* ---- Status ------------------------------------------------------------------------------------------------------- */

typedef int32_t entitle_status;

enum {
    ENTITLE_OK = 0,
    ENTITLE_NULL = 1,      /* a pointer that is needed is NULL; the message names the parameter */
    ENTITLE_HANDLE = 2,    /* a handle of another kind, or none of this library's */
    ENTITLE_UTF8 = 3,      /* a text is not UTF-8; the message has the byte */
    ENTITLE_ARGUMENT = 4,  /* an argument is outside what the function takes */
    ENTITLE_SPACE = 5,     /* an array of the caller's is too short; the message has the length needed */
    ENTITLE_NOT_FOUND = 6, /* there is no such name, or no such index */
    ENTITLE_STALE = 7,     /* an id, a profile or rules of another snapshot */
    ENTITLE_IO = 8,        /* a file or folder cannot be read */
    ENTITLE_POLICIES = 9,  /* policy text is wrong; the details of the error have every finding */
    ENTITLE_PROFILE = 10,  /* facts do not fit the vocabulary or contradict it; the details have every problem */
    ENTITLE_LIMIT = 11,    /* a size or a limit was passed; the message has the limit */
    ENTITLE_PANIC = 12,    /* a fault inside the library; please report the message */
    ENTITLE_PACK = 13,     /* a pack was refused; the message says why and what to do */
    ENTITLE_KEY = 14       /* a key for packs is not one */
};

/* The name of a status, such as "ENTITLE_STALE": a terminated text that lives as long as the library. Any thread. */
const char *entitle_status_name(entitle_status status);

/* ---- Texts -------------------------------------------------------------------------------------------------------- */

/* A text: `length` bytes of UTF-8 at `data`, not terminated. */
typedef struct entitle_str {
    const char *data;
    size_t length;
} entitle_str;

/* What the last call that failed had to say. Exclusive: one for each thread that wants messages. */
typedef struct entitle_error entitle_error;

/* A new, empty error. Freed with `entitle_error_free`. Cannot fail. */
entitle_error *entitle_error_new(void);

/* Frees an error. */
void entitle_error_free(entitle_error *error);

/*
 * The message, and its length in bytes where `length` is not NULL. Lent until the error is used in another call or freed.
 * NULL and 0 where `error` is NULL or not an error.
 */
const char *entitle_error_message(const entitle_error *error, size_t *length);

/*
 * All findings as JSON, lent like the message; of length 0 where the message says it all.
 *
 * After ENTITLE_POLICIES: [{ "code", "level", "file", "line", "column", "message", "label", "help" }], line and column
 * counted from 1. After ENTITLE_PROFILE from `entitle_profile_from_json`: [{ "path", "message", "help" }].
 */
const char *entitle_error_details(const entitle_error *error, size_t *length);

/* A buffer that results are written to. It may be used again and again and then keeps its memory. Exclusive. */
typedef struct entitle_text entitle_text;

/* A new, empty text. Freed with `entitle_text_free`. Cannot fail. */
entitle_text *entitle_text_new(void);

/* Frees a text. */
void entitle_text_free(entitle_text *text);

/*
 * What was written last, and its length in bytes where `length` is not NULL. Lent until the text is used in another call
 * or freed. NULL and 0 where `text` is NULL or not a text.
 */
const char *entitle_text_data(const entitle_text *text, size_t *length);

/* ---- The policy set ----------------------------------------------------------------------------------------------- */

/* A policy set that can be swapped while it is used. Shared. */
typedef struct entitle_engine entitle_engine;

/*
 * One state of a policy set: what was in use at one moment, immutable, reference-counted. Shared.
 *
 * A handle is one reference; rules and profiles are others. The memory of a set that was replaced goes with the last.
 */
typedef struct entitle_snapshot entitle_snapshot;

/* A policy text in memory and the name that messages call it by, such as "elder.policy". */
typedef struct entitle_source {
    entitle_str name;
    entitle_str text;
} entitle_source;

/*
 * Opens policy files: a folder, searched for *.policy in all its folders, or one file. `path` is UTF-8.
 * Writes an engine, freed with `entitle_engine_free`.
 * Errors: ENTITLE_IO, ENTITLE_POLICIES, ENTITLE_UTF8, ENTITLE_ARGUMENT (an empty path), ENTITLE_LIMIT.
 */
entitle_status entitle_engine_open_directory(const char *path, size_t length, entitle_engine **out, entitle_error *error);

/*
 * Opens policy texts in memory, in the order of their names; at most 256 MiB together. The texts are copied.
 * Writes an engine, freed with `entitle_engine_free`.
 * Errors: ENTITLE_POLICIES, ENTITLE_UTF8, ENTITLE_LIMIT.
 */
entitle_status entitle_engine_open_texts(const entitle_source *sources, size_t count, entitle_engine **out,
                                         entitle_error *error);

/*
 * Puts another policy set in place of the one in use. Calls that are under way, and rules and profiles that were made
 * before, go on with the set they were made under. Where the new set cannot be opened the old one stays in use, and the
 * error says why. May be called by any thread at any time; of two reloads at once the one that ends last stays.
 * Errors: as for opening.
 */
entitle_status entitle_engine_reload_directory(const entitle_engine *engine, const char *path, size_t length,
                                               entitle_error *error);

/* The same from texts in memory. */
entitle_status entitle_engine_reload_texts(const entitle_engine *engine, const entitle_source *sources, size_t count,
                                           entitle_error *error);

/*
 * What is demanded of a pack. Whatever is not said is refused, not waved through: set the struct to zero, then say.
 *
 * Either `keys` are public keys (PEM, Ed25519 or SM2 with SM3; at most 64), one of which must have signed the pack, or
 * `anybody` is 1: only for packs whose way here is trusted, such as a file beside the program.
 */
typedef struct entitle_trust {
    const entitle_str *keys;
    size_t key_count;
    uint64_t least_revision; /* an older pack is refused; keep the revision served last where a restart finds it */
    int32_t day;             /* the day it is, for packs that are valid for a span of days; days since 1970-01-01 */
    uint32_t day_known;      /* 1 where `day` is said; without it a pack with a span is refused */
    uint32_t anybody;        /* 1 to take packs from anybody; 0 with keys */
    uint32_t reserved;       /* 0 */
} entitle_trust;

/*
 * Opens a pack, a compiled policy set in one file; at most 64 MiB. `pack` is its bytes.
 * Writes an engine, freed with `entitle_engine_free`.
 * Errors: ENTITLE_PACK (altered, unsigned, signed by another, older, outside its days), ENTITLE_KEY, ENTITLE_ARGUMENT (demands
 * that say neither keys nor anybody), ENTITLE_LIMIT.
 */
entitle_status entitle_engine_open_pack(const uint8_t *pack, size_t length, const entitle_trust *trust,
                                        entitle_engine **out, entitle_error *error);

/*
 * Puts the set of another pack in place, as the other reloads do. Beside what `trust` demands, its revision must not go
 * back behind that of the pack in use. The rules of `days` (may be NULL with a count of 0) are compiled before the set is
 * served, so that nobody waits for them.
 */
entitle_status entitle_engine_reload_pack(const entitle_engine *engine, const uint8_t *pack, size_t length,
                                          const entitle_trust *trust, const int32_t *days, size_t count,
                                          entitle_error *error);

/* Frees an engine. Snapshots, rules and profiles that came from it stay usable. */
void entitle_engine_free(entitle_engine *engine);

/*
 * The set in use now. Writes a handle, freed with `entitle_snapshot_free`. Cheap: a host may ask for each request, or
 * keep rules for a day and ask `entitle_engine_is_current` now and then.
 */
entitle_status entitle_engine_snapshot(const entitle_engine *engine, entitle_snapshot **out, entitle_error *error);

/* Whether a snapshot is the set in use now: writes 1 or 0. */
entitle_status entitle_engine_is_current(const entitle_engine *engine, const entitle_snapshot *snapshot, int32_t *out,
                                         entitle_error *error);

/* Another handle for the same snapshot, freed on its own: to hand one to another part of the host. */
entitle_status entitle_snapshot_share(const entitle_snapshot *snapshot, entitle_snapshot **out, entitle_error *error);

/* Frees a handle. */
void entitle_snapshot_free(entitle_snapshot *snapshot);

/*
 * The SHA-256 of the policy texts, as 64 hexadecimal digits. Equal texts have equal fingerprints, whatever their files are
 * called. Lent for as long as the snapshot handle lives.
 */
entitle_status entitle_snapshot_fingerprint(const entitle_snapshot *snapshot, entitle_str *out, entitle_error *error);

/* The revision of the pack that the set came from. Errors: ENTITLE_NOT_FOUND where it came from texts. */
entitle_status entitle_snapshot_revision(const entitle_snapshot *snapshot, uint64_t *out, entitle_error *error);

/* The JSON Schema (2020-12) of a profile in JSON, to validate against or to generate types from. */
entitle_status entitle_snapshot_schema_json(const entitle_snapshot *snapshot, entitle_text *out, entitle_error *error);

/* ---- What is in it ------------------------------------------------------------------------------------------------ */

/*
 * Ids. Each belongs to one snapshot and is of one sort; with another snapshot it is refused as ENTITLE_STALE, as another
 * sort as ENTITLE_ARGUMENT. 0 is no id. They mean nothing to another process: store the names.
 *
 * Resolve the ids of the facts you fill once for each snapshot; setting a fact by id then looks no text up.
 */
typedef uint64_t entitle_field;     /* a fact of a kind of record */
typedef uint64_t entitle_policy;    /* a policy */
typedef uint64_t entitle_kind;      /* a kind of record: person, household, an entry of a list */
typedef uint64_t entitle_value;     /* a value of an enum */

/* `status` of a policy: how far its text can be trusted. */
enum {
    ENTITLE_STATUS_VERIFIED = 1,    /* read at an official address */
    ENTITLE_STATUS_SECONDARY = 2,   /* read elsewhere */
    ENTITLE_STATUS_ILLUSTRATIVE = 3 /* an example, or not checked */
};

/* A policy. The texts are lent for as long as the snapshot handle lives; one that was not declared has length 0. */
typedef struct entitle_policy_info {
    entitle_policy policy;
    entitle_kind unit;        /* the kind of record it is for */
    entitle_str id;           /* never changes */
    entitle_str zh;           /* Chinese name */
    entitle_str en;           /* the identifier as words */
    entitle_str title_zh;     /* full title, in the other language where there is no translation */
    entitle_str title_en;
    entitle_str category;     /* identifier */
    entitle_str department;   /* identifier */
    uint32_t written;         /* 0 for a policy that is only mentioned by others and never in force */
    uint32_t status;          /* ENTITLE_STATUS_... */
} entitle_policy_info;

/* A kind of record. */
typedef struct entitle_kind_info {
    entitle_kind kind;
    entitle_str id;           /* for an entry of a list without a name of its own, that of the list */
    entitle_str zh;
    size_t facts;             /* how many facts it has */
    uint32_t root;            /* 1 where a profile may begin with it: `entitle_profile_root` */
    uint32_t named;           /* 1 where `entitle_snapshot_find_kind` finds it */
} entitle_kind_info;

/* `fact_type` of a fact. */
enum {
    ENTITLE_YES_NO = 1,       /* entitle_profile_set_yes_no */
    ENTITLE_DATE = 2,         /* entitle_profile_set_date */
    ENTITLE_NUMBER = 3,       /* entitle_profile_set_number */
    ENTITLE_VALUE = 4,        /* entitle_profile_set_value */
    ENTITLE_SET = 5,          /* entitle_profile_set_set */
    ENTITLE_RECORD = 6,       /* entitle_profile_record */
    ENTITLE_LIST = 7          /* entitle_profile_add_entry, entitle_profile_include, entitle_profile_set_list */
};

/* `fact_class` of a fact: what kind of change could alter it. */
enum {
    ENTITLE_CLASS_ACTION = 1,       /* the person can do it: register, apply, provide a document */
    ENTITLE_CLASS_GRANT = 2,        /* another policy gives it */
    ENTITLE_CLASS_TIME = 3,         /* it comes with time */
    ENTITLE_CLASS_CIRCUMSTANCE = 4, /* income, illness: shown, never advised */
    ENTITLE_CLASS_IMMUTABLE = 5     /* it cannot change */
};

/* A fact. */
typedef struct entitle_fact_info {
    entitle_field field;
    entitle_kind kind;        /* the kind of record it is a fact of */
    entitle_kind of;          /* for a record or a list: the kind of what it holds; otherwise 0 */
    entitle_str id;           /* never changes, or is still accepted under its old name */
    entitle_str zh;
    entitle_str en;
    entitle_str unit_zh;      /* for a number: its unit, such as "yuan per month"; empty for a bare number */
    entitle_str unit_en;
    entitle_str register_id;  /* the register that holds it; empty where the person declares it */
    entitle_str register_zh;
    int64_t least;            /* bounds: of a number, its digits with `decimals` of them behind the point; of a date, days */
    int64_t most;             /*   since 1970-01-01; of yes/no and of values, positions from 0 */
    size_t values;            /* for a value or a set: how many values there are */
    uint32_t fact_type;       /* ENTITLE_YES_NO ... */
    uint32_t fact_class;      /* ENTITLE_CLASS_... */
    uint32_t judged;          /* 1 where only a caseworker can say it */
    uint32_t decimals;        /* for a number: the most decimals it may have */
    uint32_t up_to;           /* for a list: the most entries */
    uint32_t reserved;        /* 0 */
} entitle_fact_info;

/* A value of an enum. */
typedef struct entitle_value_info {
    entitle_value value;
    entitle_value parent;     /* the value it is inside of, as a district in its city; 0 for none */
    entitle_str id;
    entitle_str zh;
} entitle_value_info;

/*
 * How many policies, kinds and facts there are. Each place may be NULL. The number of policies is the length of an array of
 * verdicts.
 */
entitle_status entitle_snapshot_counts(const entitle_snapshot *snapshot, size_t *policies, size_t *kinds, size_t *facts,
                                       entitle_error *error);

/*
 * The policy, kind or fact at an index, counted from 0. Verdicts stand in the order of policies here.
 *
 * `size` is `sizeof *out`. A library that is newer than the header the host was built with writes the fields that the host
 * knows; an older one leaves the fields that it does not know as they are, so set the struct to zero first.
 * Errors: ENTITLE_NOT_FOUND where the index is not below the count.
 */
entitle_status entitle_snapshot_policy(const entitle_snapshot *snapshot, size_t index, entitle_policy_info *out,
                                       size_t size, entitle_error *error);
entitle_status entitle_snapshot_kind(const entitle_snapshot *snapshot, size_t index, entitle_kind_info *out, size_t size,
                                     entitle_error *error);
entitle_status entitle_snapshot_fact(const entitle_snapshot *snapshot, size_t index, entitle_fact_info *out, size_t size,
                                     entitle_error *error);

/* The value at an index of the enum that a fact takes its values from. */
entitle_status entitle_snapshot_value(const entitle_snapshot *snapshot, entitle_field field, size_t index,
                                      entitle_value_info *out, size_t size, entitle_error *error);

/*
 * The id of a name: the identifier or the Chinese name, and for a fact a former name as well. A policy that a set holds
 * (`benefits`) is looked up as a value of that set. Errors: ENTITLE_NOT_FOUND.
 */
entitle_status entitle_snapshot_find_policy(const entitle_snapshot *snapshot, const char *name, size_t length,
                                            entitle_policy *out, entitle_error *error);
entitle_status entitle_snapshot_find_kind(const entitle_snapshot *snapshot, const char *name, size_t length,
                                          entitle_kind *out, entitle_error *error);
entitle_status entitle_snapshot_find_field(const entitle_snapshot *snapshot, entitle_kind kind, const char *name,
                                           size_t length, entitle_field *out, entitle_error *error);
entitle_status entitle_snapshot_find_value(const entitle_snapshot *snapshot, entitle_field field, const char *name,
                                           size_t length, entitle_value *out, entitle_error *error);

/* Where the verdict on a policy stands in an array of verdicts. */
entitle_status entitle_policy_index(const entitle_snapshot *snapshot, entitle_policy policy, size_t *out,
                                    entitle_error *error);

/* ---- Dates -------------------------------------------------------------------------------------------------------- */

/* Dates are days since 1970-01-01 in the Gregorian calendar, from 0001-01-01 to 9999-12-31; no time, no time zone. */

/* The days of a date. Errors: ENTITLE_ARGUMENT where it does not exist. */
entitle_status entitle_date(int32_t year, uint32_t month, uint32_t day, int32_t *out, entitle_error *error);

/* The days of a date written as YYYY-MM-DD. Errors: ENTITLE_ARGUMENT. */
entitle_status entitle_date_parse(const char *text, size_t length, int32_t *out, entitle_error *error);

/* ---- Profiles ----------------------------------------------------------------------------------------------------- */

/*
 * One household's facts. What was not said is unknown: never false, zero or empty.
 *
 * A profile is made of records: the applicant, the household, its members. Records are numbered in the order they are
 * made. Exclusive while it is changed; matched by any number of threads otherwise.
 */
typedef struct entitle_profile entitle_profile;

/* The number of a record in its profile. */
typedef uint32_t entitle_record;

/* What to do about a fact in JSON that the vocabulary does not have. */
enum {
    ENTITLE_UNKNOWN_REJECT = 0, /* ENTITLE_PROFILE */
    ENTITLE_UNKNOWN_REPORT = 1  /* left out, and told in `notices` */
};

/* A profile that knows nothing. Writes a handle, freed with `entitle_profile_free`. */
entitle_status entitle_profile_new(const entitle_snapshot *snapshot, entitle_profile **out, entitle_error *error);

/*
 * A profile from JSON: { "person": { ... }, "household": { ... } }, described by `entitle_snapshot_schema_json`. At most
 * 4 MiB. Writes a handle, freed with `entitle_profile_free`; more facts may be set in it.
 *
 * `unknown` is ENTITLE_UNKNOWN_REJECT or ENTITLE_UNKNOWN_REPORT. `notices` is NULL, or gets what was left out, as
 * [{ "path", "message", "help" }].
 * Errors: ENTITLE_PROFILE, with every problem in the details; ENTITLE_UTF8; ENTITLE_LIMIT.
 */
entitle_status entitle_profile_from_json(const entitle_snapshot *snapshot, const char *json, size_t length,
                                         uint32_t unknown, entitle_text *notices, entitle_profile **out,
                                         entitle_error *error);

/* Frees a profile. */
void entitle_profile_free(entitle_profile *profile);

/* Forgets everything, records too. */
entitle_status entitle_profile_clear(entitle_profile *profile, entitle_error *error);

/*
 * The record that policies for a kind are matched against: the applicant, the household. It is made where there is none,
 * and linked with the other roots: the person is the household's applicant, the household the person's home.
 * Errors: ENTITLE_ARGUMENT where a profile does not begin with that kind, ENTITLE_LIMIT beyond 10,000 records.
 */
entitle_status entitle_profile_root(entitle_profile *profile, entitle_kind kind, entitle_record *out,
                                    entitle_error *error);

/* Seats another record: policies for its kind are matched against it from now on. To match each member in turn. */
entitle_status entitle_profile_seat(entitle_profile *profile, entitle_record record, entitle_error *error);

/*
 * Setting a fact replaces what was said of it. No memory is allocated by the first four, so that one profile may be filled
 * anew for each household of the same shape.
 *
 * Errors of all: ENTITLE_ARGUMENT where the fact is not one of that record or is of another type, ENTITLE_PROFILE where the
 * value is outside the fact's bounds, ENTITLE_STALE.
 */

/* Yes (anything but 0) or no (0). */
entitle_status entitle_profile_set_yes_no(entitle_profile *profile, entitle_record record, entitle_field field,
                                          int32_t value, entitle_error *error);

/* A date, in days since 1970-01-01. */
entitle_status entitle_profile_set_date(entitle_profile *profile, entitle_record record, entitle_field field,
                                        int32_t days, entitle_error *error);

/*
 * A number in the fact's unit: `digits`, the last `scale` of them behind the point. 1,240.50 yuan is (124050, 2); 30 percent is
 * (30, 0). A number finer than the fact is kept (`decimals`) is refused, never rounded.
 */
entitle_status entitle_profile_set_number(entitle_profile *profile, entitle_record record, entitle_field field,
                                          int64_t digits, uint32_t scale, entitle_error *error);

/* One value of an enum. */
entitle_status entitle_profile_set_value(entitle_profile *profile, entitle_record record, entitle_field field,
                                         entitle_value value, entitle_error *error);

/*
 * A set: values known to be in it, values known not to be in it, and whether (1) nothing but `known` is in it. An empty set is
 * no value and `complete` 1. Either array may be NULL with a count of 0; at most 1,048,576 values.
 * Errors: also ENTITLE_PROFILE where a value is in both.
 */
entitle_status entitle_profile_set_set(entitle_profile *profile, entitle_record record, entitle_field field,
                                       const entitle_value *known, size_t known_count, const entitle_value *excluded,
                                       size_t excluded_count, int32_t complete, entitle_error *error);

/* The record in a fact, such as a person's home; made where there is none. Errors: also ENTITLE_LIMIT. */
entitle_status entitle_profile_record(entitle_profile *profile, entitle_record record, entitle_field field,
                                      entitle_record *out, entitle_error *error);

/*
 * Another entry of a list: makes a record and writes its number. The list is "at least these" until
 * `entitle_profile_set_list` says that it is complete. Errors: also ENTITLE_PROFILE beyond the entries that the
 * vocabulary allows, ENTITLE_LIMIT.
 */
entitle_status entitle_profile_add_entry(entitle_profile *profile, entitle_record record, entitle_field field,
                                         entitle_record *out, entitle_error *error);

/*
 * A record beside the list as another entry of it: the household's applicant among its members. Once is enough; again does
 * nothing. Errors: also ENTITLE_ARGUMENT where the record does not stand beside the list.
 */
entitle_status entitle_profile_include(entitle_profile *profile, entitle_record record, entitle_field field,
                                       entitle_record entry, entitle_error *error);

/*
 * Whether (1) a list has all its entries. An empty list is one that has none and is complete. A complete list that
 * lacks a record beside it (members without the applicant) is refused when the profile is matched, as ENTITLE_PROFILE.
 */
entitle_status entitle_profile_set_list(entitle_profile *profile, entitle_record record, entitle_field field,
                                        int32_t complete, entitle_error *error);

/* Makes a fact unknown again; not a record or a list, which stay. */
entitle_status entitle_profile_forget(entitle_profile *profile, entitle_record record, entitle_field field,
                                      entitle_error *error);

/* ---- Matching ----------------------------------------------------------------------------------------------------- */

/* The rules of one day. Shared. Compiled when the first is made for a span of days, cheap after that; keep them. */
typedef struct entitle_rules entitle_rules;

/* Memory that matching works in. Exclusive: one for each thread that matches. */
typedef struct entitle_scratch entitle_scratch;

/* A verdict, one byte each. Every one is a preliminary match, subject to the authority's review. */
typedef uint8_t entitle_verdict;

enum {
    ENTITLE_NOT_IN_FORCE = 0, /* the policy is not in force on that day: no verdict */
    ENTITLE_ELIGIBLE = 1,     /* whatever the missing facts are, it applies */
    ENTITLE_INELIGIBLE = 2,   /* whatever they are, it cannot */
    ENTITLE_UNDETERMINED = 3, /* it depends on them */
    ENTITLE_NOT_PROVED = 4    /* undetermined, because the search for the exact answer ended at its limit */
};

/*
 * The rules of a day, as days since 1970-01-01. Writes a handle, freed with `entitle_rules_free`.
 * Errors: ENTITLE_ARGUMENT outside the calendar, ENTITLE_LIMIT where the policies cannot be compiled.
 */
entitle_status entitle_rules_at(const entitle_snapshot *snapshot, int32_t days, entitle_rules **out,
                                entitle_error *error);

/* The snapshot that rules belong to. Writes a handle, freed with `entitle_snapshot_free`. */
entitle_status entitle_rules_snapshot(const entitle_rules *rules, entitle_snapshot **out, entitle_error *error);

/* Frees rules. */
void entitle_rules_free(entitle_rules *rules);

/*
 * Adds the records that policies look at and that are not there yet, behind the others, with nothing known of them: what
 * stands beside a root, as the household of a person, linked with it (every kind where there is no root), and records in
 * facts. An interview begins with it: each question of `entitle_question_json` is then about a record that is there.
 * Errors: ENTITLE_STALE, ENTITLE_LIMIT.
 */
entitle_status entitle_profile_open(entitle_profile *profile, const entitle_rules *rules, entitle_error *error);

/* A new scratch. It grows with the first match and keeps its memory. Freed with `entitle_scratch_free`. Cannot fail. */
entitle_scratch *entitle_scratch_new(void);

/* Frees a scratch. */
void entitle_scratch_free(entitle_scratch *scratch);

/*
 * Every policy's verdict, in the order of `entitle_snapshot_policy`, into an array of the caller's. `length` is at least the
 * number of policies; what lies beyond is left alone. `scratch` is NULL for memory of the call's own.
 * Errors: ENTITLE_SPACE, ENTITLE_STALE, ENTITLE_PROFILE where the facts contradict what always holds.
 */
entitle_status entitle_match(const entitle_rules *rules, const entitle_profile *profile, entitle_scratch *scratch,
                             entitle_verdict *verdicts, size_t length, entitle_error *error);

/*
 * Every policy's verdict with reasons, missing facts, amounts and sources, as JSON of the format entitle.match/1. Policies
 * that are only mentioned by others are left out. Errors: as `entitle_match`.
 */
entitle_status entitle_match_json(const entitle_rules *rules, const entitle_profile *profile, entitle_text *out,
                                  entitle_error *error);

/* One policy's result: an entry of `results` of entitle.match/1. */
entitle_status entitle_explain_json(const entitle_rules *rules, const entitle_profile *profile, entitle_policy policy,
                                    entitle_text *out, entitle_error *error);

/* ---- Many households at once -------------------------------------------------------------------------------------- */

/* The Arrow C Data Interface, as its specification has it for every header to repeat. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif /* ARROW_C_DATA_INTERFACE */

/* `flags` of a batch, added up; 0 for none. */
enum {
    ENTITLE_BATCH_LEAVE_OUT = 1, /* columns that the vocabulary does not have are left out; otherwise ENTITLE_PROFILE */
    ENTITLE_BATCH_QUICK = 2,     /* three-valued logic only: never wrong, but null where the exact answer may be settled */
    ENTITLE_BATCH_REASONS = 4    /* another column, `reasons`: the conditions behind the verdicts */
};

/*
 * The verdicts on every record of kind `unit` (persons, households) in a batch: `array` is a struct, a row a household with its
 * members as a list of structs, as `src/wire/arrow/mod.rs` describes. Columns that are laid out as the matcher reads them are
 * not copied.
 *
 * `array` is taken, whatever the status (its release is then NULL, unless it or a place for the result was NULL); `schema` is
 * only read and stays the caller's to release. Writes a struct: `id` where the batch has that column, then for each policy for
 * that kind in force a nullable boolean under its identifier: true is eligible, false ineligible, null undetermined. Both results
 * are the caller's, released as the interface says. `scratch` may be NULL.
 *
 * With ENTITLE_BATCH_REASONS the struct ends with `reasons`, a list of uint32 for each row: the codes of the conditions behind its
 * verdicts, policy after policy. Of a policy that applies all that hold, of one that does not the first that fails, of an undetermined
 * one all that are open. (Where only the exact search settles a verdict, the conditions that are open one by one settle it together,
 * and are given.) A code is the policy's index times 65536 plus the number of the condition, from 0 in reading order; it keeps its
 * meaning for as long as the policy set does, and `entitle_reason_codes` has the words. Values of facts are not among the reasons;
 * `entitle_explain_json` has them for one household.
 *
 * What the array, its schema and the buffers hold is checked all the way down; that pointers lead somewhere, texts end and
 * buffers are as long as the array says cannot be. At most 16,777,216 rows.
 * Errors: ENTITLE_PROFILE where a column or a value does not fit or a row contradicts what always holds (the message names the
 * column and the type it needs, or the row), ENTITLE_STALE, ENTITLE_ARGUMENT (released already, unknown flags), ENTITLE_LIMIT,
 * ENTITLE_UTF8.
 */
entitle_status entitle_match_batch(const entitle_rules *rules, entitle_kind unit, uint32_t flags, struct ArrowArray *array,
                                   const struct ArrowSchema *schema, entitle_scratch *scratch,
                                   struct ArrowArray *out_array, struct ArrowSchema *out_schema, entitle_error *error);

/*
 * What the codes of reasons mean: a struct array with `code` (uint32), `policy` (its identifier), `en` and `zh` (the condition in
 * words), a row for each condition of each policy in force. Both results are the caller's, released as the interface says.
 */
entitle_status entitle_reason_codes(const entitle_rules *rules, struct ArrowArray *out_array, struct ArrowSchema *out_schema,
                                    entitle_error *error);

/* ---- Changes as they come ----------------------------------------------------------------------------------------- */

/*
 * One household whose facts change: its facts and verdicts as they were last. An update judges only the policies that read a
 * fact that differs, themselves or through what always holds. Exclusive while it is updated.
 */
typedef struct entitle_watcher entitle_watcher;

/* A verdict that turned, as numbers of `entitle_verdict`; ENTITLE_NOT_PROVED is told as ENTITLE_UNDETERMINED here. */
typedef struct entitle_turned {
    entitle_policy policy;
    uint32_t before;
    uint32_t after;
} entitle_turned;

/*
 * Begins to watch. The profile is copied and stays the caller's. Writes a handle, freed with `entitle_watcher_free`; it keeps
 * the rules, and goes on under them when the policies are reloaded: make a new one then.
 * Errors: as `entitle_match`.
 */
entitle_status entitle_watcher_new(const entitle_rules *rules, const entitle_profile *profile, entitle_watcher **out,
                                   entitle_error *error);

/* Frees a watcher. */
void entitle_watcher_free(entitle_watcher *watcher);

/*
 * Applies changes: `profile` is the household as it is now, whichever and however many facts changed. Quickest with the profile that
 * the watcher was made with, in which facts were set since; another one that says the same does as well. Writes the verdicts
 * that turned, in the order of the policies, and how many. `length` is at least the number of policies.
 * Errors: ENTITLE_SPACE, ENTITLE_STALE, ENTITLE_PROFILE where the facts contradict what always holds; the watcher
 * is then as it was.
 */
entitle_status entitle_watcher_update(entitle_watcher *watcher, const entitle_profile *profile, entitle_turned *turned,
                                      size_t length, size_t *count, entitle_error *error);

/* Every policy's verdict as it is now, as `entitle_match` writes them. Errors: ENTITLE_SPACE. */
entitle_status entitle_watcher_verdicts(const entitle_watcher *watcher, entitle_verdict *verdicts, size_t length,
                                        entitle_error *error);

/* ---- Advice ------------------------------------------------------------------------------------------------------- */

/*
 * What an advisor does next, as JSON. Records are given by their number in the profile. These search, and take milliseconds
 * rather than microseconds. Errors of all: as `entitle_match`.
 */

/* All advice below at once, as JSON of the format entitle.advice/1. */
entitle_status entitle_advice_json(const entitle_rules *rules, const entitle_profile *profile, size_t limit, int32_t until,
                                   entitle_text *out, entitle_error *error);

/* What would make a policy apply, at most `limit` ways, the fewest and easiest changes first: an entry of `needs`. */
entitle_status entitle_needs_json(const entitle_rules *rules, const entitle_profile *profile, entitle_policy policy,
                                  size_t limit, entitle_text *out, entitle_error *error);

/* The facts that can still matter for an undetermined policy: an entry of `missing`. */
entitle_status entitle_missing_json(const entitle_rules *rules, const entitle_profile *profile, entitle_policy policy,
                                    entitle_text *out, entitle_error *error);

/* A fact of a record that the household could not say. */
typedef struct entitle_asking {
    entitle_field field;
    entitle_record record;
    uint32_t reserved;        /* 0 */
} entitle_asking;

/*
 * What to ask next: the fact whose answer settles most, as { "fact", "field", "title", "record", "held_by", "policies",
 * "settles" }, or `null` where no answer can change any verdict any more. `field` is an entitle_field as a text. `settles` is
 * in hundredths of a policy. `skipped` is not asked again; it may be NULL with a count of 0. Where the profile lacks records that
 * policies look at, the question may be about one that `entitle_profile_open` adds.
 */
entitle_status entitle_question_json(const entitle_rules *rules, const entitle_profile *profile,
                                     const entitle_asking *skipped, size_t count, entitle_text *out,
                                     entitle_error *error);

/* What to apply for, in which order, and what each grant opens: `plan`. */
entitle_status entitle_plan_json(const entitle_rules *rules, const entitle_profile *profile, entitle_text *out,
                                 entitle_error *error);

/* The verdicts that change by themselves up to and with the day `until`: `calendar`. */
entitle_status entitle_calendar_json(const entitle_rules *rules, const entitle_profile *profile, int32_t until,
                                     entitle_text *out, entitle_error *error);

/*
 * The record of the decision, as JSON of the format entitle.record/1: fingerprint, date, the facts that the policies
 * can read, verdicts and reasons. The same input gives the same bytes. It holds personal data.
 */
entitle_status entitle_record_json(const entitle_rules *rules, const entitle_profile *profile, entitle_text *out,
                                   entitle_error *error);

/*
 * Runs a record again under a policy set: an array of texts that say what differs, empty where it still holds. At most 32 MiB.
 * Errors: ENTITLE_PROFILE where the text is not such a record, or its facts do not fit the vocabulary.
 */
entitle_status entitle_verify_record_json(const entitle_snapshot *snapshot, const char *json, size_t length,
                                          entitle_text *out, entitle_error *error);

/* ---- Metrics ------------------------------------------------------------------------------------------------------ */

/* `call` of an event. */
enum {
    ENTITLE_CALL_RELOAD = 1,  /* reload; one item */
    ENTITLE_CALL_RULES = 2,   /* rules of a day; policies */
    ENTITLE_CALL_PROFILE = 3, /* profile from JSON; bytes */
    ENTITLE_CALL_MATCH = 4,   /* verdicts; policies */
    ENTITLE_CALL_EXPLAIN = 5, /* verdicts with reasons; policies */
    ENTITLE_CALL_ADVISE = 6,  /* advice; households. A record that is verified: bytes */
    ENTITLE_CALL_BATCH = 7,   /* verdicts on a batch; rows */
    ENTITLE_CALL_WATCH = 8    /* a household watched: policies; an update: one item */
};

/* A call that ended. No fact's value is in it. */
typedef struct entitle_event {
    uint32_t call;            /* ENTITLE_CALL_... */
    entitle_status status;    /* how it ended */
    uint64_t items;           /* how much it was about */
    uint64_t nanoseconds;     /* how long it took, without the checks of its arguments */
} entitle_event;

/* Gets the event of each call, on the thread that called and before the call returns. The event is lent until it returns. */
typedef void (*entitle_metrics)(void *context, const entitle_event *event);

/*
 * Tells `callback` of every call on this engine, its snapshots, rules and profiles. Once for each engine, before it is
 * shared; it stays. Without it no clock is read.
 *
 * The callback may be called by any thread that uses the library, by several at once; it is quick, does not unwind (no C++
 * exception leaves it) and does not free handles of this engine. It and `context` live as long as any of these handles.
 * Errors: ENTITLE_ARGUMENT where one is set already.
 */
entitle_status entitle_engine_set_metrics(const entitle_engine *engine, entitle_metrics callback, void *context,
                                          entitle_error *error);

#ifdef __cplusplus
}
#endif

#endif /* ENTITLE_H */
