/*
 * Serves signed packs and exchanges them: what is refused, what goes forward, and that every altered byte is noticed.
 *
 *   cc -std=c99 -Wall -Wextra -pedantic -Iinclude examples/ffi/c/packs.c -o packs -Ltarget/release -lentitle
 *   LD_LIBRARY_PATH=target/release ./packs KEY.pub OTHER.pub FIRST.pack SECOND.pack UNSIGNED.pack
 *
 * FIRST has revision 3, SECOND revision 4; both are signed with KEY and valid from 2020-01-01 to 2029-12-31.
 */

#include "entitle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int wrong = 0;
static entitle_error *error = NULL;

static void check(int holds, int line, const char *what)
{
    if (!holds) {
        size_t length = 0;
        const char *message = entitle_error_message(error, &length);
        printf("line %d: %s (last message: %.*s)\n", line, what, (int)length, message ? message : "");
        wrong++;
    }
}

#define IS(status, call) check((call) == (status), __LINE__, #call " is " #status)
#define OK(call) IS(ENTITLE_OK, call)

static unsigned char *slurp(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    unsigned char *data = (unsigned char *)malloc(1 << 24);
    if (!file || !data) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(2);
    }
    *length = fread(data, 1, 1 << 24, file);
    fclose(file);
    return data;
}

int main(int argc, char **argv)
{
    entitle_engine *engine = NULL, *none = NULL;
    entitle_snapshot *snapshot = NULL;
    entitle_trust trust;
    entitle_str keys[2];
    unsigned char *key, *other, *first, *second, *bare;
    size_t key_length, other_length, first_length, second_length, bare_length, i, step;
    uint64_t revision = 0;
    int32_t day = 0, after = 0;
    if (argc < 6) {
        fprintf(stderr, "usage: packs KEY.pub OTHER.pub FIRST.pack SECOND.pack UNSIGNED.pack\n");
        return 2;
    }
    key = slurp(argv[1], &key_length);
    other = slurp(argv[2], &other_length);
    first = slurp(argv[3], &first_length);
    second = slurp(argv[4], &second_length);
    bare = slurp(argv[5], &bare_length);
    error = entitle_error_new();
    OK(entitle_date(2026, 7, 1, &day, error));
    OK(entitle_date(2030, 1, 1, &after, error));

    /* What is not said is refused. */
    memset(&trust, 0, sizeof trust);
    IS(ENTITLE_NULL, entitle_engine_open_pack(first, first_length, NULL, &none, error));
    IS(ENTITLE_ARGUMENT, entitle_engine_open_pack(first, first_length, &trust, &none, error));
    keys[0].data = (const char *)other;
    keys[0].length = other_length;
    trust.keys = keys;
    trust.key_count = 1;
    IS(ENTITLE_PACK, entitle_engine_open_pack(first, first_length, &trust, &none, error)); /* another key */
    keys[0].data = (const char *)first;
    keys[0].length = 40;
    IS(ENTITLE_UTF8, entitle_engine_open_pack(first, first_length, &trust, &none, error)); /* bytes */
    keys[0].data = "not a key";
    keys[0].length = 9;
    IS(ENTITLE_KEY, entitle_engine_open_pack(first, first_length, &trust, &none, error));
    keys[0].data = (const char *)other;
    keys[0].length = other_length;
    keys[1].data = (const char *)key;
    keys[1].length = key_length;
    trust.key_count = 2;
    IS(ENTITLE_PACK, entitle_engine_open_pack(first, first_length, &trust, &none, error)); /* which day is it? */
    trust.day = after;
    trust.day_known = 1;
    IS(ENTITLE_PACK, entitle_engine_open_pack(first, first_length, &trust, &none, error)); /* over */
    trust.day = day;
    trust.anybody = 1;
    IS(ENTITLE_ARGUMENT, entitle_engine_open_pack(first, first_length, &trust, &none, error)); /* keys and anybody */
    trust.anybody = 0;
    trust.least_revision = 4;
    IS(ENTITLE_PACK, entitle_engine_open_pack(first, first_length, &trust, &none, error)); /* older */
    trust.least_revision = 0;
    IS(ENTITLE_PACK, entitle_engine_open_pack(bare, bare_length, &trust, &none, error)); /* unsigned */
    IS(ENTITLE_PACK, entitle_engine_open_pack(first, 0, &trust, &none, error));
    check(none == NULL, __LINE__, "nothing was opened");

    /* Forward, not back; what is refused leaves the set in use. */
    OK(entitle_engine_open_pack(first, first_length, &trust, &engine, error));
    OK(entitle_engine_reload_pack(engine, second, second_length, &trust, &day, 1, error));
    IS(ENTITLE_PACK, entitle_engine_reload_pack(engine, first, first_length, &trust, NULL, 0, error));
    IS(ENTITLE_PACK, entitle_engine_reload_pack(engine, bare, bare_length, &trust, NULL, 0, error));
    OK(entitle_engine_snapshot(engine, &snapshot, error));
    OK(entitle_snapshot_revision(snapshot, &revision, error));
    check(revision == 4, __LINE__, "the second pack is served");

    /* A byte altered anywhere, or a piece cut off. */
    step = second_length / 500 + 1;
    for (i = 0; i < second_length; i += step) {
        second[i] ^= 0x40;
        IS(ENTITLE_PACK, entitle_engine_reload_pack(engine, second, second_length, &trust, NULL, 0, error));
        second[i] ^= 0x40;
        IS(ENTITLE_PACK, entitle_engine_reload_pack(engine, second, i, &trust, NULL, 0, error));
    }
    OK(entitle_engine_reload_pack(engine, second, second_length, &trust, NULL, 0, error));

    /* From anybody, where that is said. */
    memset(&trust, 0, sizeof trust);
    trust.anybody = 1;
    OK(entitle_engine_open_pack(bare, bare_length, &trust, &none, error));

    entitle_engine_free(none);
    entitle_snapshot_free(snapshot);
    entitle_engine_free(engine);
    free(key);
    free(other);
    free(first);
    free(second);
    free(bare);
    entitle_error_free(error);
    printf("packs: %d wrong\n", wrong);
    return wrong != 0;
}
