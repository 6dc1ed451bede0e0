#include "stats.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { no_point = 0 };

/* What the reader knows at a place of the text. */
struct reader {
    struct stats *stats;
    struct word *words;              /* every word in the order of the text */
    size_t capacity;
    size_t folded_length;
    size_t word_start;               /* in stats->folded */
    bool in_word;
    bool sentence_open;              /* a word was read since the last end of a sentence */
    bool sentence_ending;            /* a terminator was read and only closing marks since */
    bool paragraph_open;
    bool line_blank;
};

static bool end_word(struct reader *reader)
{
    struct stats *stats = reader->stats;
    if (!reader->in_word) {
        return true;
    }
    reader->in_word = false;
    if (stats->words == reader->capacity) {
        size_t capacity = reader->capacity == 0 ? 1024 : reader->capacity * 2;
        struct word *words = realloc(reader->words, capacity * sizeof *words);
        if (words == NULL) {
            return false;
        }
        reader->words = words;
        reader->capacity = capacity;
    }
    reader->words[stats->words++] = (struct word){
        .bytes = stats->folded + reader->word_start,
        .length = reader->folded_length - reader->word_start,
        .count = 1,
    };
    return true;
}

static void append_to_word(struct reader *reader, uint32_t point)
{
    struct stats *stats = reader->stats;
    if (!reader->in_word) {
        reader->in_word = true;
        reader->word_start = reader->folded_length;
    }
    reader->folded_length += text_put(stats->folded + reader->folded_length, text_fold(point));
    stats->word_characters++;
    reader->sentence_open = true;
    reader->sentence_ending = false;
}

static void end_sentence(struct reader *reader)
{
    if (reader->sentence_open) {
        reader->stats->sentences++;
    }
    reader->sentence_open = false;
    reader->sentence_ending = false;
}

/* Apostrophe and hyphen join letters, point and comma join digits: don't, well-known, 3.14. */
static bool joins(uint32_t before, uint32_t point, uint32_t after)
{
    if (point == '.' || point == ',') {
        return text_is_digit(before) && text_is_digit(after);
    }
    bool joiner = point == '\'' || point == 0x2019 || point == '-' || point == 0x2010 || point == 0x2011;
    return joiner && text_is_word(before) && text_is_word(after) && !text_is_ideograph(after);
}

static void read_space(struct reader *reader, uint32_t point)
{
    if (reader->sentence_ending) {
        end_sentence(reader);
    }
    if (point != '\n') {
        return;
    }
    if (reader->line_blank) {
        reader->paragraph_open = false;
        end_sentence(reader);
    }
    reader->line_blank = true;
}

static bool read_point(struct reader *reader, uint32_t before, uint32_t point, uint32_t after)
{
    struct stats *stats = reader->stats;
    stats->characters++;
    if (text_is_space(point)) {
        if (!end_word(reader)) {
            return false;
        }
        read_space(reader, point);
        return true;
    }
    stats->characters_without_spaces++;
    reader->line_blank = false;
    if (!reader->paragraph_open) {
        reader->paragraph_open = true;
        stats->paragraphs++;
    }
    if (text_is_ideograph(point)) {
        if (!end_word(reader)) {
            return false;
        }
        append_to_word(reader, point);
        return end_word(reader);
    }
    if (text_is_word(point) || (reader->in_word && joins(before, point, after))) {
        append_to_word(reader, point);
        return true;
    }
    if (!end_word(reader)) {
        return false;
    }
    if (text_is_terminator(point)) {
        reader->sentence_ending = true;
        /* The full-width ones are not followed by a space. */
        if (point >= 0x3000) {
            end_sentence(reader);
        }
    } else if (!text_is_closing(point)) {
        reader->sentence_ending = false;
    }
    return true;
}

static int compare_bytes(const void *left, const void *right)
{
    const struct word *a = left, *b = right;
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->bytes, b->bytes, shorter);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

static int compare_counts(const void *left, const void *right)
{
    const struct word *a = left, *b = right;
    return a->count != b->count ? (a->count < b->count) - (a->count > b->count) : compare_bytes(left, right);
}

/* Sorting rather than hashing: no input can make it slow. */
static void merge_equal_words(struct stats *stats)
{
    struct word *words = stats->distinct;
    if (stats->words == 0) {
        return;
    }
    qsort(words, stats->words, sizeof *words, compare_bytes);
    size_t last = 0;
    for (size_t i = 1; i < stats->words; i++) {
        if (compare_bytes(&words[last], &words[i]) == 0) {
            words[last].count++;
        } else {
            words[++last] = words[i];
        }
    }
    stats->distinct_count = last + 1;
    qsort(words, stats->distinct_count, sizeof *words, compare_counts);
}

bool stats_read(struct stats *stats, const char *text, size_t length)
{
    *stats = (struct stats){0};
    stats->folded = malloc(length + 1);
    if (stats->folded == NULL) {
        return false;
    }
    struct reader reader = {.stats = stats, .line_blank = true};
    uint32_t before = no_point;
    bool enough = true;
    for (size_t position = 0; enough && position < length;) {
        uint32_t point = text_next(text, &position);
        size_t ahead = position;
        uint32_t after = ahead < length ? text_next(text, &ahead) : no_point;
        enough = read_point(&reader, before, point, after);
        before = point;
    }
    enough = enough && end_word(&reader);
    end_sentence(&reader);
    stats->distinct = reader.words;
    if (enough) {
        merge_equal_words(stats);
    }
    return enough;
}

void stats_free(struct stats *stats)
{
    free(stats->distinct);
    free(stats->folded);
    *stats = (struct stats){0};
}
