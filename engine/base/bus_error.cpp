// SPDX-License-Identifier: Apache-2.0
#include "base/bus_error.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gantry {

namespace {

constexpr std::size_t kMappingsMax = 4096;

/// Read by the signal handler, which may take no lock. A place belongs to whoever made `isTaken` true.
struct Mapping
{
    std::atomic<bool> isTaken{false};
    std::atomic<std::uintptr_t> begin{0}; ///< 0 = not to be looked at
    std::atomic<std::size_t> size{0};
    std::atomic<const char*> path{nullptr};
};

std::array<Mapping, kMappingsMax>& mappings()
{
    static std::array<Mapping, kMappingsMax> all;
    return all;
}

/// From here on only what a signal handler may call.
void say(std::string_view text)
{
    while (!text.empty()) {
        const ssize_t count = ::write(STDERR_FILENO, text.data(), text.size());
        if (count <= 0) {
            return;
        }
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

void say(std::uint64_t number)
{
    std::array<char, 20> digits{};
    std::size_t at = digits.size();
    do {
        digits[--at] = static_cast<char>('0' + number % 10);
        number /= 10;
    } while (number > 0);
    say(std::string_view(digits.data() + at, digits.size() - at));
}

void onBusError(int /*signal*/, siginfo_t* info, void* /*context*/)
{
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    for (const Mapping& mapping : mappings()) {
        const std::uintptr_t begin = mapping.begin.load(std::memory_order_acquire);
        if (begin != 0 && address >= begin && address - begin < mapping.size.load()) {
            say("fatal: the mapped file ");
            const char* path = mapping.path.load();
            say(std::string_view(path, std::strlen(path)));
            say(" cannot be read or written at byte ");
            say(std::uint64_t{address - begin});
            say(": the disk failed or is full, or somebody made the file shorter. Check the disk, then start again: what "
                "was acknowledged is recovered from the log.\n");
            break;
        }
    }
    // The instruction runs again and ends the process as usual, with a core file where those are wanted.
    std::signal(SIGBUS, SIG_DFL);
}

} // namespace

NamedMapping::NamedMapping(const void* address, std::size_t size, std::string path)
    : m_path(std::move(path))
    , m_place(0)
{
    for (; m_place < kMappingsMax; ++m_place) {
        Mapping& mapping = mappings()[m_place];
        if (!mapping.isTaken.load(std::memory_order_relaxed) && !mapping.isTaken.exchange(true)) {
            mapping.path = m_path.c_str();
            mapping.size = size;
            mapping.begin.store(reinterpret_cast<std::uintptr_t>(address), std::memory_order_release);
            return;
        }
    }
}

NamedMapping::~NamedMapping()
{
    if (m_place < kMappingsMax) {
        Mapping& mapping = mappings()[m_place];
        mapping.begin.store(0, std::memory_order_release);
        mapping.isTaken.store(false, std::memory_order_release);
    }
}

void explainBusErrors()
{
    (void)mappings(); // before the handler needs it
    struct sigaction action{};
    action.sa_sigaction = onBusError;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, nullptr);
}

} // namespace gantry
