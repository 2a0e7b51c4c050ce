// SPDX-License-Identifier: Apache-2.0
#include "base/thread.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace gantry {

void nameThisThread(const std::string& name)
{
    ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
}

void lowerPriorityOfThisThread()
{
    constexpr int kNicer = 10;
    constexpr int kNiceMax = 19;
    // Linux keeps it for each thread. Should it fail, the thread competes as any other.
    const auto thread = static_cast<id_t>(::gettid());
    (void)::setpriority(PRIO_PROCESS, thread, std::min(kNiceMax, ::getpriority(PRIO_PROCESS, thread) + kNicer));
}

} // namespace gantry
