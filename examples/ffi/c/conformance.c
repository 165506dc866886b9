/*
 * Runs the conformance kit through the C ABI. Reads each case with cJSON (Debian: libcjson-dev). C99, and C++11 as well.
 *
 *   cc -std=c99 -Wall -Wextra -pedantic -Iinclude examples/ffi/c/conformance.c -o conformance -Ltarget/release -lentitle -lcjson
 *   LD_LIBRARY_PATH=target/release ./conformance tests/conformance
 */

#define _POSIX_C_SOURCE 200809L

#include "entitle.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int wrong = 0;
static entitle_error *error = NULL;

static void complain(const char *name, const char *what)
{
    size_t length = 0;
    const char *message = entitle_error_message(error, &length);
    printf("%s: %s (%.*s)\n", name, what, (int)length, message ? message : "");
    wrong++;
}

static char *slurp(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *data = NULL;
    long size = 0;
    if (!file) return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 && fseek(file, 0, SEEK_SET) == 0) {
        data = (char *)malloc((size_t)size + 1);
        if (data) {
            *length = fread(data, 1, (size_t)size, file);
            data[*length] = 0;
        }
    }
    fclose(file);
    return data;
}

static entitle_str str(const char *text)
{
    entitle_str s;
    s.data = text;
    s.length = strlen(text);
    return s;
}

/* The list of what each entry of `found` has at `first` (and `second` inside it) is the list expected. */
static void compare(const char *name, const char *what, const cJSON *expected, const cJSON *found, const char *first,
                    const char *second)
{
    int i;
    if (!expected) return;
    if (cJSON_GetArraySize(expected) != cJSON_GetArraySize(found)) {
        complain(name, what);
        return;
    }
    for (i = 0; i < cJSON_GetArraySize(expected); i++) {
        const cJSON *is = cJSON_GetArrayItem(found, i);
        if (first) is = cJSON_GetObjectItemCaseSensitive(is, first);
        if (second) is = cJSON_GetObjectItemCaseSensitive(is, second);
        if (!cJSON_Compare(is, cJSON_GetArrayItem(expected, i), 1)) complain(name, what);
    }
}

static const char *const VERDICTS[] = {"not_in_force", "eligible", "ineligible", "undetermined", "undetermined"};

static void run(const char *name, const cJSON *test)
{
    const cJSON *policies = cJSON_GetObjectItemCaseSensitive(test, "policies");
    const cJSON *expect = cJSON_GetObjectItemCaseSensitive(test, "expect");
    const char *policy_name = cJSON_GetObjectItemCaseSensitive(expect, "policy")->valuestring;
    const char *as_of = cJSON_GetObjectItemCaseSensitive(test, "as_of")->valuestring;
    const char *verdict = cJSON_GetObjectItemCaseSensitive(expect, "verdict")->valuestring;
    char *facts = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(test, "profile"));
    int count = cJSON_GetArraySize(policies), i;
    entitle_source *sources = (entitle_source *)calloc((size_t)count, sizeof *sources);
    entitle_engine *engine = NULL;
    entitle_snapshot *snapshot = NULL;
    entitle_rules *rules = NULL;
    entitle_profile *profile = NULL;
    entitle_scratch *scratch = entitle_scratch_new();
    entitle_text *text = entitle_text_new();
    entitle_policy policy = 0;
    size_t index = 0, all = 0;
    int32_t days = 0;
    entitle_verdict *verdicts = NULL;

    for (i = 0; i < count; i++) {
        sources[i].name = str("case.policy");
        sources[i].text = str(cJSON_GetArrayItem(policies, i)->valuestring);
    }
    if (entitle_engine_open_texts(sources, (size_t)count, &engine, error) || entitle_engine_snapshot(engine, &snapshot, error)
        || entitle_snapshot_find_policy(snapshot, policy_name, strlen(policy_name), &policy, error)
        || entitle_policy_index(snapshot, policy, &index, error) || entitle_snapshot_counts(snapshot, &all, NULL, NULL, error)
        || entitle_date_parse(as_of, strlen(as_of), &days, error) || entitle_rules_at(snapshot, days, &rules, error)
        || entitle_profile_from_json(snapshot, facts, strlen(facts), ENTITLE_UNKNOWN_REJECT, NULL, &profile, error)) {
        complain(name, "not opened");
    } else {
        verdicts = (entitle_verdict *)calloc(all, 1);
        if (entitle_match(rules, profile, scratch, verdicts, all, error)) complain(name, "not matched");
        else if (strcmp(VERDICTS[verdicts[index]], verdict) != 0) complain(name, VERDICTS[verdicts[index]]);
        if (entitle_explain_json(rules, profile, policy, text, error)) {
            complain(name, "not explained");
        } else {
            size_t length = 0;
            const char *data = entitle_text_data(text, &length);
            cJSON *found = cJSON_ParseWithLength(data, length);
            const cJSON *missing = cJSON_GetObjectItemCaseSensitive(expect, "missing");
            compare(name, "missing", missing, cJSON_GetObjectItemCaseSensitive(found, "missing"), "fact", NULL);
            compare(name, "because", cJSON_GetObjectItemCaseSensitive(expect, "because"),
                    cJSON_GetObjectItemCaseSensitive(found, "because"), "condition", "en");
            compare(name, "amounts", cJSON_GetObjectItemCaseSensitive(expect, "amounts"),
                    cJSON_GetObjectItemCaseSensitive(found, "amounts"), "value", NULL);
            compare(name, "parameters", cJSON_GetObjectItemCaseSensitive(expect, "parameters_without_value"),
                    cJSON_GetObjectItemCaseSensitive(found, "parameters_without_value"), NULL, NULL);
            cJSON_Delete(found);
        }
    }
    free(verdicts);
    free(sources);
    cJSON_free(facts);
    /* In an order that shows that there is none to keep. */
    entitle_engine_free(engine);
    entitle_snapshot_free(snapshot);
    entitle_profile_free(profile);
    entitle_rules_free(rules);
    entitle_scratch_free(scratch);
    entitle_text_free(text);
}

int main(int argc, char **argv)
{
    int cases = 0;
    struct dirent *entry;
    DIR *folder = argc > 1 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: conformance FOLDER\n");
        return 2;
    }
    if (entitle_abi_version() != ENTITLE_ABI) {
        fprintf(stderr, "the library has another ABI than the header\n");
        return 2;
    }
    error = entitle_error_new();
    while ((entry = readdir(folder)) != NULL) {
        char path[4096];
        size_t length = 0;
        char *data;
        cJSON *test;
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".json") != 0) continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        data = slurp(path, &length);
        test = data ? cJSON_ParseWithLength(data, length) : NULL;
        if (test) run(entry->d_name, test);
        else complain(entry->d_name, "not read");
        cJSON_Delete(test);
        free(data);
        cases++;
    }
    closedir(folder);
    entitle_error_free(error);
    printf("C, library %s: %d cases, %d wrong\n", entitle_version(), cases, wrong);
    return wrong != 0 || cases < 30;
}
