/* word-stats: the request object on standard input, the statistics of payload.text on standard output.
 * Exit status: 0 answered, 1 the request was not what it should be (a sentence on standard error says why). */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "stats.h"

/* Silent reading of English prose: 238 words a minute (Brysbaert 2019, a review of 190 studies). */
enum { words_per_minute_default = 238, words_per_minute_max = 2000, top_default = 10, top_max = 100 };

__attribute__((format(printf, 1, 2), noreturn)) static void refuse(const char *sentence, ...)
{
    va_list arguments;
    va_start(arguments, sentence);
    vfprintf(stderr, sentence, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(EXIT_FAILURE);
}

static long long integer_of(json_t *payload, const char *name, long long default_value, long long max)
{
    json_t *value = json_object_get(payload, name);
    if (value == NULL) {
        return default_value;
    }
    if (!json_is_integer(value) || json_integer_value(value) < 1 || json_integer_value(value) > max) {
        refuse("payload.%s must be an integer from 1 to %lld", name, max);
    }
    return json_integer_value(value);
}

static json_t *rounded(double value)
{
    return json_real(round(value * 100) / 100);
}

static json_t *top_words(const struct stats *stats, size_t limit)
{
    json_t *list = json_array();
    for (size_t i = 0; i < stats->distinct_count && i < limit; i++) {
        const struct word *word = &stats->distinct[i];
        json_array_append_new(
            list, json_pack("{s:s%, s:I}", "word", word->bytes, word->length, "count", (json_int_t)word->count));
    }
    return list;
}

static json_t *answer(const struct stats *stats, size_t top, long long words_per_minute)
{
    double words = (double)stats->words;
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:I, s:o}",
        "characters", (json_int_t)stats->characters,
        "charactersWithoutSpaces", (json_int_t)stats->characters_without_spaces,
        "words", (json_int_t)stats->words,
        "uniqueWords", (json_int_t)stats->distinct_count,
        "sentences", (json_int_t)stats->sentences,
        "paragraphs", (json_int_t)stats->paragraphs,
        "averageWordLength", rounded(stats->words == 0 ? 0 : (double)stats->word_characters / words),
        "averageSentenceLength", rounded(stats->sentences == 0 ? 0 : words / (double)stats->sentences),
        "readingTimeSeconds", (json_int_t)ceil(words * 60 / (double)words_per_minute),
        "topWords", top_words(stats, top));
}

int main(void)
{
    json_error_t error;
    json_t *request = json_loadf(stdin, JSON_REJECT_DUPLICATES, &error);
    if (request == NULL) {
        refuse("the request is not JSON: %s (line %d, column %d)", error.text, error.line, error.column);
    }
    json_t *payload = json_object_get(request, "payload");
    if (!json_is_object(payload)) {
        refuse("the request has no payload object");
    }
    json_t *text = json_object_get(payload, "text");
    if (!json_is_string(text)) {
        refuse("payload.text must be a string");
    }
    size_t top = (size_t)integer_of(payload, "top", top_default, top_max);
    long long words_per_minute =
        integer_of(payload, "wordsPerMinute", words_per_minute_default, words_per_minute_max);

    struct stats stats;
    if (!stats_read(&stats, json_string_value(text), json_string_length(text))) {
        refuse("not enough memory for a text of %zu bytes", json_string_length(text));
    }
    json_t *result = answer(&stats, top, words_per_minute);
    if (result == NULL || json_dumpf(result, stdout, JSON_COMPACT | JSON_REAL_PRECISION(12)) != 0
        || fflush(stdout) != 0) {
        refuse("the answer could not be written");
    }
    json_decref(result);
    json_decref(request);
    stats_free(&stats);
    return EXIT_SUCCESS;
}
