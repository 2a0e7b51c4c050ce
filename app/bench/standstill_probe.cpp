// SPDX-License-Identifier: GPL-3.0-or-later
#include "standstill_probe.h"

#include "bench_connection.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <ctime>

namespace gantry::bench {

namespace {

constexpr std::int64_t kProbePeriodNs = 2'000'000;
/// The kernel's own work holds a processor for a millisecond or two at times.
constexpr std::int64_t kStandstillNs = 4'000'000;
constexpr double kNsPerMillisecond = 1e6;

} // namespace

StandstillProbe::StandstillProbe()
{
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        m_isUnable = true;
        return;
    }
    for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
        if (CPU_ISSET(processor, &allowed)) {
            std::vector<Gap>& gaps = m_gaps.emplace_back();
            m_threads.emplace_back([this, processor, &gaps] { watch(processor, gaps); });
        }
    }
}

StandstillProbe::~StandstillProbe()
{
    (void)finish();
}

std::optional<StandstillProbe::Found> StandstillProbe::finish(std::int64_t from)
{
    m_isStopping = true;
    for (std::thread& thread : m_threads) {
        if (thread.joinable()) {
            thread.join();
        }
    }
    if (m_isUnable || m_gaps.empty()) {
        return std::nullopt;
    }
    Found found;
    for (std::vector<Gap>& gaps : m_gaps) {
        std::erase_if(gaps, [from](const Gap& gap) { return gap.from < from; });
    }
    for (const Gap& gap : common(m_gaps)) {
        const double length = static_cast<double>(gap.to - gap.from) / kNsPerMillisecond;
        found.milliseconds += length;
        found.longestMs = std::max(found.longestMs, length);
    }
    return found;
}

std::vector<StandstillProbe::Gap> StandstillProbe::common(const std::deque<std::vector<Gap>>& lists)
{
    std::vector<Gap> result = lists.empty() ? std::vector<Gap>() : lists.front();
    for (std::size_t i = 1; i < lists.size(); ++i) {
        std::vector<Gap> both;
        for (const Gap& a : result) {
            for (const Gap& b : lists[i]) {
                const Gap overlap{std::max(a.from, b.from), std::min(a.to, b.to)};
                if (overlap.from < overlap.to) {
                    both.push_back(overlap);
                }
            }
        }
        result = std::move(both);
    }
    std::erase_if(result, [](const Gap& gap) { return gap.to - gap.from < kStandstillNs; });
    return result;
}

void StandstillProbe::watch(int processor, std::vector<Gap>& gaps)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    sched_param priority{};
    priority.sched_priority = 1;
    if (::pthread_setaffinity_np(::pthread_self(), sizeof one, &one) != 0 ||
        ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &priority) != 0) {
        m_isUnable = true;
        return;
    }
    std::int64_t due = nowNs() + kProbePeriodNs;
    while (!m_isStopping) {
        const timespec at{due / 1'000'000'000, due % 1'000'000'000};
        ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
        const std::int64_t now = nowNs();
        if (now - due > kStandstillNs) {
            gaps.push_back({due, now});
        }
        due = now + kProbePeriodNs;
    }
}

} // namespace gantry::bench
