#include "text.h"

struct range {
    uint32_t first, last;
};

static bool is_in(const struct range *ranges, size_t count, uint32_t point)
{
    for (size_t i = 0; i < count; i++) {
        if (point >= ranges[i].first && point <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

#define IS_IN(ranges, point) is_in(ranges, sizeof ranges / sizeof ranges[0], point)

uint32_t text_next(const char *text, size_t *position)
{
    const unsigned char *at = (const unsigned char *)text + *position;
    if (at[0] < 0x80) {
        *position += 1;
        return at[0];
    }
    if (at[0] < 0xE0) {
        *position += 2;
        return (at[0] & 0x1Fu) << 6 | (at[1] & 0x3Fu);
    }
    if (at[0] < 0xF0) {
        *position += 3;
        return (at[0] & 0x0Fu) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu);
    }
    *position += 4;
    return (at[0] & 0x07u) << 18 | (at[1] & 0x3Fu) << 12 | (at[2] & 0x3Fu) << 6 | (at[3] & 0x3Fu);
}

size_t text_put(char *target, uint32_t point)
{
    if (point < 0x80) {
        target[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        target[0] = (char)(0xC0 | point >> 6);
        target[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        target[0] = (char)(0xE0 | point >> 12);
        target[1] = (char)(0x80 | (point >> 6 & 0x3F));
        target[2] = (char)(0x80 | (point & 0x3F));
        return 3;
    }
    target[0] = (char)(0xF0 | point >> 18);
    target[1] = (char)(0x80 | (point >> 12 & 0x3F));
    target[2] = (char)(0x80 | (point >> 6 & 0x3F));
    target[3] = (char)(0x80 | (point & 0x3F));
    return 4;
}

uint32_t text_fold(uint32_t point)
{
    bool plus32 = (point >= 'A' && point <= 'Z')
        || (point >= 0xC0 && point <= 0xDE && point != 0xD7)         /* À to Þ without × */
        || (point >= 0x391 && point <= 0x3AB && point != 0x3A2)      /* Α to Ϋ */
        || (point >= 0x410 && point <= 0x42F);                       /* А to Я */
    if (plus32) {
        return point + 32;
    }
    if (point >= 0x400 && point <= 0x40F) {                          /* Ѐ to Џ */
        return point + 80;
    }
    return point;
}

bool text_is_space(uint32_t point)
{
    static const struct range spaces[] = {
        {0x09, 0x0D}, {' ', ' '}, {0x85, 0x85}, {0xA0, 0xA0}, {0x1680, 0x1680}, {0x2000, 0x200B},
        {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF},
    };
    return IS_IN(spaces, point);
}

bool text_is_digit(uint32_t point)
{
    return point >= '0' && point <= '9';
}

bool text_is_word(uint32_t point)
{
    if (point < 0x80) {
        return text_is_digit(point) || (point >= 'A' && point <= 'Z') || (point >= 'a' && point <= 'z');
    }
    /* Above ASCII nearly everything is a letter; these blocks hold what is not. */
    static const struct range others[] = {
        {0x80, 0xA9}, {0xAB, 0xB4}, {0xB6, 0xB9}, {0xBB, 0xBF}, {0xD7, 0xD7}, {0xF7, 0xF7},
        {0x37E, 0x37E}, {0x387, 0x387}, {0x589, 0x58A}, {0x5BE, 0x5BE}, {0x5C0, 0x5C0}, {0x5C3, 0x5C3},
        {0x60C, 0x60D}, {0x61B, 0x61F}, {0x66A, 0x66D}, {0x6D4, 0x6D4}, {0x964, 0x965},
        {0x1680, 0x1680},                                            /* Ogham space */
        {0x2000, 0x206F},                                            /* general punctuation */
        {0x20A0, 0x20CF}, {0x2100, 0x2BFF},                          /* currency, arrows, mathematics, boxes */
        {0x2E00, 0x2E7F}, {0x3000, 0x3004}, {0x3008, 0x3020}, {0x3030, 0x3030}, {0x303D, 0x303F},
        {0x30FB, 0x30FB}, {0xFE10, 0xFE1F}, {0xFE30, 0xFE6F}, {0xFEFF, 0xFEFF},
        {0xFF01, 0xFF0F}, {0xFF1A, 0xFF20}, {0xFF3B, 0xFF40}, {0xFF5B, 0xFF65}, {0xFFE0, 0xFFFF},
        {0x1F000, 0x1FAFF},                                          /* pictographs */
        {0xE0000, 0x10FFFF},
    };
    return !IS_IN(others, point);
}

bool text_is_ideograph(uint32_t point)
{
    static const struct range scripts[] = {
        {0x3005, 0x3007}, {0x3041, 0x30FA}, {0x30FC, 0x30FF}, {0x3400, 0x4DBF}, {0x4E00, 0x9FFF},
        {0xF900, 0xFAFF}, {0x20000, 0x323AF},
    };
    return IS_IN(scripts, point);
}

bool text_is_terminator(uint32_t point)
{
    static const struct range terminators[] = {
        {'.', '.'}, {'!', '!'}, {'?', '?'}, {0x589, 0x589}, {0x61F, 0x61F}, {0x6D4, 0x6D4}, {0x964, 0x965},
        {0x2026, 0x2026}, {0x203C, 0x203D}, {0x2047, 0x2049}, {0x3002, 0x3002}, {0xFF01, 0xFF01},
        {0xFF0E, 0xFF0E}, {0xFF1F, 0xFF1F}, {0xFF61, 0xFF61},
    };
    return IS_IN(terminators, point);
}

bool text_is_closing(uint32_t point)
{
    static const struct range closings[] = {
        {'"', '"'}, {'\'', '\''}, {')', ')'}, {']', ']'}, {'*', '*'}, {'_', '_'}, {0xBB, 0xBB},
        {0x2019, 0x2019}, {0x201D, 0x201D}, {0x203A, 0x203A}, {0x300D, 0x300D}, {0x300F, 0x300F},
    };
    return IS_IN(closings, point);
}
