// SPDX-License-Identifier: Apache-2.0
#include "runtime/snapshot_builder.h"

#include <algorithm>

namespace gantry {

namespace {

constexpr std::int64_t kNanosPerMs = 1'000'000;
constexpr std::int64_t kSlowFlushNanos = 100 * kNanosPerMs;
constexpr std::int64_t kDispatchBehindBytes = 16 * kMiB;
constexpr std::int64_t kOldLagMs = 60'000;

void checkNameServers(const ClusterSnapshot& snapshot, std::vector<Finding>& findings)
{
    for (const auto& server : snapshot.nameServers) {
        if (!server.isUp) {
            findings.push_back({FindingSeverity::Error, fmt::format("NameServer {} is down", server.address),
                                fmt::format("{}. Clients that know the other NameServers go on; those that know only this one cannot find a route.",
                                            server.problem),
                                "brokers", server.address});
        } else if (server.brokerCount && *server.brokerCount < static_cast<std::int64_t>(snapshot.brokers.size())) {
            findings.push_back({FindingSeverity::Warning,
                                fmt::format("NameServer {} knows {} of {} brokers", server.address, *server.brokerCount, snapshot.brokers.size()),
                                "Every broker registers with every NameServer; this one has not heard of all yet. If it stays so for 30 s, "
                                "check that the brokers can reach it.",
                                "brokers", server.address});
        }
    }
}

/// "at 1, 2, 3 and 17 more": enough to find them, never a page of numbers.
std::string firstOf(const std::vector<std::int64_t>& offsets)
{
    constexpr std::size_t shown = 3;
    const auto end = offsets.begin() + static_cast<std::ptrdiff_t>(std::min(shown, offsets.size()));
    const std::string text = fmt::format("{}", fmt::join(offsets.begin(), end, ", "));
    return offsets.size() <= shown ? text : fmt::format("{} and {} more", text, offsets.size() - shown);
}

void checkStore(const BrokerInfo& broker, std::vector<Finding>& findings)
{
    const RecoveryReport recovery = broker.recovery.value_or(RecoveryReport{});
    if (!recovery.damagedOffsets.empty()) {
        findings.push_back({FindingSeverity::Warning,
                            fmt::format("Broker {} has {} damaged message{}", broker.name, recovery.damagedOffsets.size(),
                                        recovery.damagedOffsets.size() == 1 ? "" : "s"),
                            fmt::format("Found when it started, at CommitLog offset {}. Consumers do not get them; every other message is there. "
                                        "Check the disk.",
                                        firstOf(recovery.damagedOffsets)),
                            "brokers", broker.name});
    }
    if (const std::int64_t mended = broker.queueEntriesMended.value_or(0); mended > 0) {
        findings.push_back({FindingSeverity::Warning,
                            fmt::format("Broker {} made {} damaged ConsumeQueue {} anew", broker.name, mended, mended == 1 ? "entry" : "entries"),
                            "The CommitLog had what they stood for, so consumers miss nothing. Check the disk.", "brokers", broker.name});
    }
    if (recovery.wasPoisoned) {
        findings.push_back({FindingSeverity::Warning, fmt::format("Broker {} could not write to its disk before its last start", broker.name),
                            "A write or a sync had failed, and it refused every further message until it was started again. Check the disk and the "
                            "system log.",
                            "brokers", broker.name});
    }
    if (!broker.indexProblem.empty()) {
        findings.push_back({FindingSeverity::Warning, fmt::format("Broker {} does not find messages by key", broker.name), broker.indexProblem, "brokers",
                            broker.name});
    }
    if (broker.retention && !broker.retention->done.problem.empty()) {
        findings.push_back({FindingSeverity::Warning, fmt::format("Broker {} cannot delete old files", broker.name), broker.retention->done.problem,
                            "brokers", broker.name});
    }
    if (!recovery.cleanExit) {
        const std::string cut = recovery.truncatedAtOffset < 0
                                    ? std::string{}
                                    : fmt::format(" and cut an unfinished tail at offset {}", recovery.truncatedAtOffset);
        findings.push_back({FindingSeverity::Note,
                            fmt::format("Broker {} was not stopped cleanly last time", broker.name),
                            fmt::format("Recovery read {} records in {} ms{}.", recovery.scannedRecords, recovery.durationMs, cut),
                            "brokers", broker.name});
    }
    const RetentionInfo limits = broker.retention.value_or(RetentionInfo{});
    const double usedPercent = broker.diskUsedRatio.value_or(0) * 100;
    if (usedPercent > limits.deletePercent) {
        const bool isSevere = usedPercent > limits.refusePercent;
        findings.push_back({isSevere ? FindingSeverity::Error : FindingSeverity::Warning,
                            fmt::format("The disk of broker {} is {:.0f} % full", broker.name, usedPercent),
                            fmt::format("Above {} % expired CommitLog files go at any hour, above {} % the oldest go even if not expired, above {} % "
                                        "writes are refused. Free space or shorten fileReservedTime.",
                                        limits.deletePercent, limits.forcePercent, limits.refusePercent),
                            "brokers", broker.name});
    }
}

void checkBrokers(const ClusterSnapshot& snapshot, std::vector<Finding>& findings)
{
    for (const auto& broker : snapshot.brokers) {
        if (!broker.isUp) {
            findings.push_back({FindingSeverity::Error, fmt::format("Broker {} is down", broker.name), broker.problem, "brokers", broker.name});
            continue;
        }
        if (!broker.problem.empty()) {
            findings.push_back({FindingSeverity::Error, fmt::format("Broker {} refuses writes", broker.name), broker.problem, "brokers", broker.name});
        }
        if (broker.flushLatency && broker.flushLatency->count > 0 && broker.flushLatency->p99 > kSlowFlushNanos) {
            findings.push_back({FindingSeverity::Warning,
                                fmt::format("Flushing is slow on {}: p99 {} ms", broker.name, broker.flushLatency->p99 / kNanosPerMs),
                                "Under SYNC_FLUSH every send waits for a flush. Other work on the same disk is the usual cause.", "overview", broker.name});
        }
        if (broker.dispatchBehindBytes && *broker.dispatchBehindBytes > kDispatchBehindBytes) {
            findings.push_back({FindingSeverity::Warning, fmt::format("Broker {} builds its ConsumeQueues late", broker.name),
                                fmt::format("{} MiB of the CommitLog are not yet visible to consumers.", *broker.dispatchBehindBytes / kMiB), "brokers",
                                broker.name});
        }
        checkStore(broker, findings);
    }
}

void checkGroups(const ClusterSnapshot& snapshot, std::vector<Finding>& findings)
{
    for (const auto& group : snapshot.groups) {
        if (group.isSystem) {
            continue;
        }
        if (group.deadLetters.value_or(0) > 0) {
            const char* plural = *group.deadLetters == 1 ? "" : "s";
            findings.push_back({FindingSeverity::Warning,
                                fmt::format("{} dead letter{} of group {}", *group.deadLetters, plural, group.name),
                                "These messages failed every attempt and wait for a human. Look at their content, mend the cause, send them again.",
                                "retry", group.name});
        }
        if (!group.isOnline && group.lag.value_or(0) > 0) {
            findings.push_back({FindingSeverity::Warning, fmt::format("Nobody consumes for group {}: {} messages wait", group.name, *group.lag),
                                "The group has offsets but no client is connected.", "groups", group.name});
            continue;
        }
        std::int64_t oldest = 0;
        int unowned = 0;
        for (const auto& queue : group.queues) {
            oldest = std::max(oldest, queue.lagTimeMs.value_or(0));
            unowned += queue.lag.value_or(0) > 0 && queue.ownerClientId.empty() ? 1 : 0;
        }
        if (oldest > kOldLagMs) {
            findings.push_back({FindingSeverity::Warning, fmt::format("Group {} is {} s behind", group.name, oldest / 1000),
                                fmt::format("{} messages wait{}.", group.lag.value_or(0),
                                            unowned > 0 ? fmt::format("; {} lagging queues have no owner", unowned) : ""),
                                "groups", group.name});
        }
    }
}

void checkDedup(const ClusterSnapshot& snapshot, std::vector<Finding>& findings)
{
    for (const auto& dedup : snapshot.dedup) {
        if (dedup.modeText == "off" && dedup.deliveries > 0) {
            findings.push_back({FindingSeverity::Note, fmt::format("Group {} consumes without its dedup log", dedup.group),
                                "Every duplicate delivery has its effect again. Choose another mode on the Dedup log page.", "dedup", dedup.group});
        }
    }
    if (!snapshot.demo.problem.empty()) {
        findings.push_back({FindingSeverity::Error, "The demo shop has a problem", snapshot.demo.problem, "overview", ""});
    }
}

} // namespace

std::vector<Finding> findProblems(const ClusterSnapshot& snapshot)
{
    std::vector<Finding> findings;
    checkNameServers(snapshot, findings);
    checkBrokers(snapshot, findings);
    checkGroups(snapshot, findings);
    checkDedup(snapshot, findings);
    std::stable_sort(findings.begin(), findings.end(), [](const auto& a, const auto& b) { return a.severity > b.severity; });
    return findings;
}

} // namespace gantry
