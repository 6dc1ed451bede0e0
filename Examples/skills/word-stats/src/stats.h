/* The statistics of one text. */
#ifndef WORD_STATS_STATS_H
#define WORD_STATS_STATS_H

#include <stdbool.h>
#include <stddef.h>

/* One distinct word, in lower case, and how often it occurs. */
struct word {
    const char *bytes;
    size_t length;
    size_t count;
};

struct stats {
    size_t characters;               /* code points */
    size_t characters_without_spaces;
    size_t word_characters;          /* code points inside words */
    size_t words;
    size_t sentences;
    size_t paragraphs;               /* separated by blank lines */
    struct word *distinct;           /* most frequent first, then by code point */
    size_t distinct_count;
    char *folded;                    /* what the words point into */
};

/* Reads `length` bytes of well-formed UTF-8. Returns false when there is not enough memory. */
bool stats_read(struct stats *stats, const char *text, size_t length);

void stats_free(struct stats *stats);

#endif
