// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runtime/cluster_session.h"
#include "runtime/snapshot.h"

#include <memory>

/// Pictures of clusters for tests of the window, without an engine. Everything follows from the
/// arguments.
namespace gantry::test {

/// A time all of them are taken at: 2026-03-01 12:00:00 UTC.
inline constexpr std::int64_t kNow = 1'772'366'400'000;

/// Two NameServers, two brokers, the demo shop at work: topics, groups with lag, retries, dead
/// letters, connections, findings, dedup counters and ten minutes of history. `step` moves time and
/// counters on.
[[nodiscard]] std::shared_ptr<ClusterSnapshot> busyCluster(int step = 0, std::int64_t nowMs = kNow);
/// The same cluster right after its first start: no traffic, no groups, unknown values where
/// nothing was measured.
[[nodiscard]] std::shared_ptr<ClusterSnapshot> idleCluster();
/// One broker is down, one refuses writes, a NameServer is gone; many values are unknown.
[[nodiscard]] std::shared_ptr<ClusterSnapshot> brokenCluster();
/// `topics` topics of four queues and as many groups, each consuming one of them.
[[nodiscard]] std::shared_ptr<ClusterSnapshot> largeCluster(int topics, int step = 0);

/// Names as long as they may be, clients with strange ids, numbers of many digits.
[[nodiscard]] std::shared_ptr<ClusterSnapshot> strangeCluster(std::int64_t nowMs = kNow);
/// Bodies that are huge, empty, binary, Latin-1, one long line, JSON that is not quite JSON; keys
/// with line ends.
[[nodiscard]] MessageExt makeStrangeMessage(const std::string& topic, const std::string& broker,
                                            int queue, std::int64_t offset);

[[nodiscard]] MessageExt makeMessage(const std::string& topic, const std::string& broker, int queue,
                                     std::int64_t offset);
[[nodiscard]] RetryEntry makeRetry(const std::string& group, int number, RetryEntry::State state);
[[nodiscard]] DedupEntry makeDedup(const std::string& group, int number);

} // namespace gantry::test
