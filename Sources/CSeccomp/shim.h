// libseccomp(3). SCMP_ARCH_NATIVE hides an anonymous constant that Swift imports with a sign; this has none.
#pragma once
#include <seccomp.h>

static inline uint32_t clw_arch_native(void) { return SCMP_ARCH_NATIVE; }
