/*
 * What a call costs from C: verdicts into an array, a profile fact by fact, a profile from JSON, reasons as JSON, a batch of Arrow
 * columns; and verdicts from many threads. `.ci/ffi cost` runs it beside the same in the other languages.
 *
 *   cc -O2 -std=c99 -Iinclude examples/ffi/c/cost.c -o cost -Ltarget/release -lentitle -lpthread
 *   LD_LIBRARY_PATH=target/release ./cost policies/shanghai examples/profiles/single-mother.json 2020-09-01 examples/ffi/tea.policy
 */

#define _POSIX_C_SOURCE 200809L

#include "entitle.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST 4096
#define CALLS 500

static entitle_rules *rules = NULL;
static entitle_snapshot *snapshot = NULL;
static entitle_profile *profile = NULL;
static size_t policies = 0;
static entitle_verdict expected[MOST];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(entitle_status status)
{
    if (status != ENTITLE_OK) {
        fprintf(stderr, "%s\n", entitle_status_name(status));
        exit(1);
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

#define ROUNDS 21
static double times[ROUNDS];

#define MEASURE(label, calls, body)                                                                                       \
    do {                                                                                                                  \
        int round, call;                                                                                                  \
        for (round = 0; round < ROUNDS; round++) {                                                                        \
            double start = now();                                                                                         \
            for (call = 0; call < (calls); call++) { body; }                                                              \
            times[round] = (now() - start) / (calls);                                                                     \
        }                                                                                                                 \
        qsort(times, ROUNDS, sizeof times[0], by_size);                                                                   \
        printf("%-34s C    %11.0f ns\n", label, times[ROUNDS / 2]);                                                       \
    } while (0)

static void *matcher(void *unused)
{
    entitle_scratch *scratch = entitle_scratch_new();
    entitle_verdict verdicts[MOST];
    int i;
    (void)unused;
    for (i = 0; i < CALLS; i++) {
        must(entitle_match(rules, profile, scratch, verdicts, policies, NULL));
        if (memcmp(verdicts, expected, policies) != 0) exit(1);
    }
    entitle_scratch_free(scratch);
    return NULL;
}

/* ---- a batch: one column of dates, laid out by hand as the Arrow C Data Interface has it ------------------------------- */

#define ROWS 10000
#define LAST_BIRTHDAY (-1280) /* 1966-06-30: 60 years old on 2026-06-30 */

static int32_t births[ROWS];

/* Nothing to free: all of it is static. */
static void release_array(struct ArrowArray *array) { array->release = NULL; }
static void release_schema(struct ArrowSchema *schema) { schema->release = NULL; }

static void match_births(const entitle_rules *tea, entitle_kind person, entitle_scratch *scratch, int64_t rows)
{
    const void *column_buffers[2], *struct_buffers[1];
    struct ArrowArray column, array, out, *columns[1];
    struct ArrowSchema field, schema, out_schema, *fields[1];
    const uint8_t *known, *eligible;
    int64_t i;
    memset(&column, 0, sizeof column);
    memset(&array, 0, sizeof array);
    memset(&field, 0, sizeof field);
    memset(&schema, 0, sizeof schema);
    column_buffers[0] = struct_buffers[0] = NULL; /* no nulls */
    column_buffers[1] = births;
    columns[0] = &column;
    fields[0] = &field;
    column.length = array.length = rows;
    column.n_buffers = 2;
    column.buffers = column_buffers;
    array.n_buffers = 1;
    array.buffers = struct_buffers;
    array.n_children = schema.n_children = 1;
    array.children = columns;
    schema.children = fields;
    field.format = "tdD"; /* days */
    field.name = "birth_date";
    schema.format = "+s";
    column.release = array.release = release_array;
    field.release = schema.release = release_schema;
    must(entitle_match_batch(tea, person, 0, &array, &schema, scratch, &out, &out_schema, NULL));
    if (array.release != NULL || out.n_children != 1 || out.length != rows) exit(1);
    known = (const uint8_t *)out.children[0]->buffers[0];
    eligible = (const uint8_t *)out.children[0]->buffers[1];
    for (i = 0; i < rows; i++) {
        if (known && !(known[i / 8] >> (i % 8) & 1)) exit(1);
        if ((eligible[i / 8] >> (i % 8) & 1) != (births[i] <= LAST_BIRTHDAY)) exit(1);
    }
    out.release(&out);
    out_schema.release(&out_schema);
}

static void measure_batch(const char *policy)
{
    static char policy_text[1 << 16];
    entitle_engine *engine = NULL;
    entitle_snapshot *all = NULL;
    entitle_rules *tea = NULL;
    entitle_scratch *scratch = entitle_scratch_new();
    entitle_kind person = 0;
    entitle_source source;
    int32_t days = 0;
    size_t length;
    int i;
    FILE *file = fopen(policy, "rb");
    if (!file) exit(2);
    length = fread(policy_text, 1, sizeof policy_text, file);
    fclose(file);
    source.name.data = policy;
    source.name.length = strlen(policy);
    source.text.data = policy_text;
    source.text.length = length;
    must(entitle_engine_open_texts(&source, 1, &engine, NULL));
    must(entitle_engine_snapshot(engine, &all, NULL));
    must(entitle_snapshot_find_kind(all, "person", 6, &person, NULL));
    must(entitle_date(2026, 6, 30, &days, NULL));
    must(entitle_rules_at(all, days, &tea, NULL));
    for (i = 0; i < ROWS; i++) births[i] = -20000 + (int32_t)(i * 7919L % 30000);
    MEASURE("1 policy: batch of 1 person", 1000, match_births(tea, person, scratch, 1));
    MEASURE("1 policy: batch of 10,000 persons", 20, match_births(tea, person, scratch, ROWS));
    entitle_rules_free(tea);
    entitle_snapshot_free(all);
    entitle_engine_free(engine);
    entitle_scratch_free(scratch);
}

int main(int argc, char **argv)
{
    static char json[1 << 20];
    entitle_engine *engine = NULL;
    entitle_scratch *scratch = entitle_scratch_new();
    entitle_text *text = entitle_text_new();
    entitle_profile *typed = NULL;
    entitle_verdict verdicts[MOST];
    entitle_kind person = 0;
    entitle_field born = 0, name = 0;
    entitle_record root = 0;
    int32_t days = 0, date = 0;
    size_t length;
    FILE *file;
    int count;
    if (argc < 5 || !(file = fopen(argv[2], "rb"))) {
        fprintf(stderr, "usage: cost POLICIES PROFILE DATE TEA\n");
        return 2;
    }
    length = fread(json, 1, sizeof json, file);
    fclose(file);
    must(entitle_engine_open_directory(argv[1], strlen(argv[1]), &engine, NULL));
    must(entitle_engine_snapshot(engine, &snapshot, NULL));
    must(entitle_snapshot_counts(snapshot, &policies, NULL, NULL, NULL));
    must(entitle_date_parse(argv[3], strlen(argv[3]), &days, NULL));
    must(entitle_rules_at(snapshot, days, &rules, NULL));
    must(entitle_profile_from_json(snapshot, json, length, ENTITLE_UNKNOWN_REJECT, NULL, &profile, NULL));
    must(policies <= MOST ? ENTITLE_OK : ENTITLE_SPACE);
    must(entitle_match(rules, profile, scratch, expected, policies, NULL));
    MEASURE("209 policies: verdicts", CALLS, must(entitle_match(rules, profile, scratch, verdicts, policies, NULL)));
    if (memcmp(verdicts, expected, policies) != 0) return 1;
    MEASURE("209 policies: profile from JSON", CALLS, {
        entitle_profile *p = NULL;
        must(entitle_profile_from_json(snapshot, json, length, ENTITLE_UNKNOWN_REJECT, NULL, &p, NULL));
        entitle_profile_free(p);
    });
    MEASURE("209 policies: reasons as JSON", 5, must(entitle_match_json(rules, profile, text, NULL)));
    must(entitle_snapshot_find_kind(snapshot, "person", 6, &person, NULL));
    must(entitle_snapshot_find_field(snapshot, person, "birth_date", 10, &born, NULL));
    must(entitle_profile_new(snapshot, &typed, NULL));
    must(entitle_profile_root(typed, person, &root, NULL));
    must(entitle_date(1990, 5, 6, &date, NULL));
    MEASURE("one fact by its id", CALLS * 100, must(entitle_profile_set_date(typed, root, born, date, NULL)));
    MEASURE("one fact by its name", CALLS * 100, {
        must(entitle_snapshot_find_field(snapshot, person, "birth_date", 10, &name, NULL));
        must(entitle_profile_set_date(typed, root, name, date, NULL));
    });
    measure_batch(argv[4]);
    for (count = 1; count <= 4; count *= 2) {
        pthread_t threads[4];
        int i;
        double start = now();
        for (i = 0; i < count; i++) pthread_create(&threads[i], NULL, matcher, NULL);
        for (i = 0; i < count; i++) pthread_join(threads[i], NULL);
        printf("209 policies: verdicts, %d thread%s  C    %11.0f households a second\n", count, count > 1 ? "s" : " ",
               (double)count * CALLS / (now() - start) * 1e9);
    }
    entitle_profile_free(typed);
    entitle_profile_free(profile);
    entitle_rules_free(rules);
    entitle_snapshot_free(snapshot);
    entitle_engine_free(engine);
    entitle_scratch_free(scratch);
    entitle_text_free(text);
    return 0;
}
