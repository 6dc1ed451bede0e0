/* Reading UTF-8 text: code points, and what each one is to a reader. */
#ifndef WORD_STATS_TEXT_H
#define WORD_STATS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the code point at *position of well-formed UTF-8 and moves *position behind it. */
uint32_t text_next(const char *text, size_t *position);

/* Writes a code point as UTF-8 (at most four bytes) and returns how many bytes it took. */
size_t text_put(char *target, uint32_t point);

/* The lower-case form of ASCII, Latin-1, Greek and Cyrillic capitals; never longer in UTF-8 than the capital. */
uint32_t text_fold(uint32_t point);

bool text_is_space(uint32_t point);

/* A letter or digit of any script; marks that combine with a letter count as part of it. */
bool text_is_word(uint32_t point);

bool text_is_digit(uint32_t point);

/* Scripts written without spaces, where every character counts as a word. */
bool text_is_ideograph(uint32_t point);

/* The characters that end a sentence: . ! ? and their relatives. */
bool text_is_terminator(uint32_t point);

/* Quotes and brackets that may follow the end of a sentence. */
bool text_is_closing(uint32_t point);

#endif
