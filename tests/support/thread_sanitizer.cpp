// SPDX-License-Identifier: GPL-3.0-or-later
// What ThreadSanitizer of clang 14 does not know or does wrongly. Only in the programs of the build with GANTRY_SANITIZE=thread.
#include <sanitizer/tsan_interface.h>

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>

#include <cstdarg>

extern "C" {

/// Timed locks of std::timed_mutex call this. Unknown, it would look as if the mutex had not been locked: its unlocking
/// would be reported, and what it guards as a race.
int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock, const timespec* until) noexcept
{
    static const auto real = reinterpret_cast<decltype(&pthread_mutex_clocklock)>(dlsym(RTLD_NEXT, "pthread_mutex_clocklock"));
    __tsan_mutex_pre_lock(mutex, __tsan_mutex_try_lock);
    const int status = real(mutex, clock, until);
    __tsan_mutex_post_lock(mutex, __tsan_mutex_try_lock | (status == 0 ? 0U : __tsan_mutex_try_lock_failed), 0);
    return status;
}

int __interceptor_clone(int (*run)(void*), void* stack, int flags, void* argument, ...) noexcept; // NOLINT: the sanitizer's

/// QProcess starts children by clone() with CLONE_VM. The sanitizer counts parent and child as two processes, but they share
/// its state, on which it fails. Copied memory, as by fork(), is right for both.
int clone(int (*run)(void*), void* stack, int flags, void* argument, ...) noexcept
{
    va_list rest;
    va_start(rest, argument);
    void* const parentId = va_arg(rest, void*);
    void* const storage = va_arg(rest, void*);
    void* const childId = va_arg(rest, void*);
    va_end(rest);
    return __interceptor_clone(run, stack, flags & ~CLONE_VM, argument, parentId, storage, childId);
}

} // extern "C"
