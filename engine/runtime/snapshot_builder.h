// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/cluster_observation.h"
#include "runtime/delay_tracker.h"
#include "runtime/snapshot.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>

namespace gantry {

/// Turns observations into snapshots and, because rates need two looks, remembers the previous one. One thread uses it.
class SnapshotBuilder
{
public:
    [[nodiscard]] SnapshotPtr build(const ClusterObservation& now);

private:
    struct CounterMemory
    {
        std::int64_t timeMs = 0;
        double value = 0;
    };
    struct BrokerMemory
    {
        HistogramSnapshot putLatency;
        HistogramSnapshot flushLatency;
        DelayTracker delays;
    };

    void addBrokers(const ClusterObservation& now, ClusterSnapshot& snapshot, HistogramSnapshot& put, HistogramSnapshot& flush);
    void addTopics(const ClusterObservation& now, ClusterSnapshot& snapshot);
    void addGroups(const ClusterObservation& now, ClusterSnapshot& snapshot);
    void addSample(ClusterSnapshot& snapshot, const HistogramSnapshot& put, const HistogramSnapshot& flush);
    /// Per second since the counter was seen last; nothing the first time or when it went backwards (a restart).
    [[nodiscard]] std::optional<double> rate(const std::string& counter, double value, std::int64_t nowMs);
    /// As rate(), over about ten seconds, for counters that move in steps (committed offsets).
    [[nodiscard]] std::optional<double> slowRate(const std::string& counter, double value, std::int64_t nowMs);

    std::uint64_t m_revision = 0;
    std::map<std::string, CounterMemory> m_counters;
    std::map<std::string, std::deque<CounterMemory>> m_slowCounters;
    std::map<std::string, BrokerMemory> m_brokers;
    HistogramSnapshot m_sampledPut;   ///< of the current second
    HistogramSnapshot m_sampledFlush;
    std::int64_t m_lastSampleMs = 0;
    std::vector<MetricSample> m_history;
};

/// What deserves a human's attention, worst first.
[[nodiscard]] std::vector<Finding> findProblems(const ClusterSnapshot& snapshot);

/// Name of the Apache release whose number a client announces: 479 -> "V5_3_3", 3.x -> "V3"; a number out of range
/// as it is.
[[nodiscard]] std::string clientVersionText(std::int32_t ordinal);
[[nodiscard]] LatencyView latencyViewOf(const HistogramSnapshot& histogram);

} // namespace gantry
