#include "CLinux.h"

static _Thread_local int lent = CLW_LEND_NONE;

int clw_lend_thread(int lending) {
    int before = lent;
    lent = lending;
    return before;
}
