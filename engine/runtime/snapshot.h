// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message/message_queue.h"
#include "store/store_metrics.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Immutable pictures of a cluster for the window. Values that may be unknown are std::optional: unknown is never 0.
/// Times are milliseconds since 1970, rates are per second, latencies nanoseconds.
namespace gantry {

struct LatencyView
{
    std::int64_t count = 0; ///< samples in the interval; the rest is meaningless when 0
    std::int64_t p50 = 0;
    std::int64_t p95 = 0;
    std::int64_t p99 = 0;
    std::int64_t p999 = 0;
    std::int64_t max = 0;
};

struct NameServerInfo
{
    std::string address;
    bool isUp = false;
    std::string problem;                       ///< when not up
    std::optional<std::int64_t> brokerCount;
    std::optional<std::int64_t> topicCount;
    std::optional<std::int64_t> connectionCount;
    std::optional<std::int64_t> routeQueries;
};

/// How long a broker keeps messages, and what it has deleted.
struct RetentionInfo
{
    std::int64_t reservedHours = 0;              ///< fileReservedTime
    std::vector<int> deleteAtHours;              ///< deleteWhen, hours of the local day
    int deletePercent = 75;                      ///< of the disk used: expired files go at any hour
    int forcePercent = 85;                       ///< the oldest files go even if not expired
    int refusePercent = 90;                      ///< writes are refused
    std::int64_t commitLogFiles = 0;
    std::int64_t consumeQueueFiles = 0;
    std::int64_t indexFiles = 0;
    std::optional<std::int64_t> oldestStoredAtMs; ///< of the first message still stored
    RetentionReport done;
};

struct BrokerInfo
{
    std::string clusterName;
    std::string name;
    std::int64_t id = 0;                        ///< 0 = master
    std::string address;
    bool isUp = false;
    std::string problem;                        ///< why it is down or its store refuses writes
    std::string versionText;                    ///< "Gantry 0.1.0", "V5_3_3"
    std::string flushModeText;                  ///< "SYNC_FLUSH", "ASYNC_FLUSH"
    std::string storeStateText;                 ///< "Running", "Disk full", "Poisoned"
    std::string storeDirectory;
    std::optional<std::int64_t> startedAtMs;
    std::optional<double> putRate;
    std::optional<double> getRate;
    std::optional<double> bytesInRate;
    std::optional<double> bytesOutRate;
    std::optional<std::int64_t> messagesPut;    ///< since start
    std::optional<std::int64_t> messagesGot;
    std::optional<LatencyView> putLatency;      ///< of the last interval
    std::optional<LatencyView> flushLatency;
    std::optional<std::int64_t> commitLogMinOffset;
    std::optional<std::int64_t> commitLogMaxOffset;
    std::optional<std::int64_t> flushBehindBytes;    ///< written, not yet flushed
    std::optional<std::int64_t> dispatchBehindBytes; ///< not yet in ConsumeQueues
    std::optional<double> diskUsedRatio;        ///< 0..1
    std::optional<std::int64_t> diskAvailableBytes;
    std::optional<RetentionInfo> retention;
    std::optional<RecoveryReport> recovery;     ///< of its last start
    std::optional<std::int64_t> queueEntriesMended; ///< damaged ConsumeQueue entries made anew since start
    std::string indexProblem;                   ///< why messages are not found by key any more; empty while they are
    std::optional<std::int64_t> heldPulls;
    std::optional<std::int64_t> connections;
    std::optional<std::int64_t> delayedWaiting;
};

enum class TopicKind { Normal, Retry, DeadLetter, System };

struct QueueInfo
{
    MessageQueue queue;
    std::optional<std::int64_t> minOffset;
    std::optional<std::int64_t> maxOffset;
    std::optional<std::int64_t> lastStoreTimestampMs;
};

struct TopicInfo
{
    std::string name;
    TopicKind kind = TopicKind::Normal;
    int permission = 6;                          ///< 4 read, 2 write, 1 inherit
    int readQueues = 0;                          ///< per broker, the largest
    int writeQueues = 0;
    bool isOrdered = false;
    std::vector<std::string> brokers;
    std::optional<std::int64_t> messages;        ///< stored now: sum of max - min
    std::optional<double> putRate;
    std::optional<double> getRate;
    std::optional<std::int64_t> lastStoreTimestampMs;
    std::vector<std::string> groups;             ///< with offsets or subscriptions
    std::optional<std::int64_t> lagMax;          ///< of its groups
    std::vector<QueueInfo> queues;               ///< sorted
};

struct GroupQueueInfo
{
    MessageQueue queue;
    std::optional<std::int64_t> brokerOffset;    ///< end of the queue
    std::optional<std::int64_t> consumerOffset;
    std::optional<std::int64_t> lag;
    std::optional<std::int64_t> lagTimeMs;       ///< age of the oldest message not yet consumed; 0 when caught up
    std::string ownerClientId;                   ///< empty = nobody pulls it
};

struct GroupInfo
{
    std::string name;
    bool isOnline = false;
    bool isSystem = false;
    std::string consumeTypeText;                 ///< "push", "pull"; empty = never seen online
    std::string messageModelText;                ///< "clustering", "broadcasting"; empty as above
    std::vector<std::string> clientIds;
    std::vector<std::string> topics;             ///< subscribed or with offsets, without its retry topic
    std::vector<std::pair<std::string, std::string>> subscriptions; ///< topic, expression
    std::optional<std::int64_t> lag;             ///< over all queues but dead letters
    std::optional<double> consumeRate;
    std::optional<std::int64_t> retryWaiting;    ///< parked in delay levels or lying in the retry topic
    std::optional<std::int64_t> deadLetters;
    int retryMax = 16;
    std::vector<GroupQueueInfo> queues;          ///< sorted
};

struct ConnectionInfo
{
    std::string clientId;                        ///< empty = no heartbeat yet (e.g. an admin tool)
    std::string role;                            ///< "producer", "consumer", "broker", "client"
    std::string group;
    std::string remoteAddress;
    std::string peerName;                        ///< broker or NameServer it is connected to
    std::string language;
    std::string versionText;
    std::optional<std::int64_t> connectedAtMs;
    std::optional<std::int64_t> lastHeartbeatMs;
    std::optional<std::int64_t> bytesIn;
    std::optional<std::int64_t> bytesOut;
    bool isOfThisProcess = false;                ///< the demo's and the window's own clients
};

enum class FindingSeverity { Note, Warning, Error };

struct Finding
{
    FindingSeverity severity = FindingSeverity::Note;
    std::string title;                           ///< one sentence
    std::string detail;                          ///< why, and what to do
    std::string page;                            ///< "topics", "groups", "retry", "brokers", ...; where the evidence is
    std::string object;                          ///< what to select there
};

/// One second of the cluster's life; nothing where nothing was measured (the chart's line breaks).
struct MetricSample
{
    std::int64_t timeMs = 0;
    std::optional<double> putRate;
    std::optional<double> getRate;
    std::optional<std::int64_t> lag;
    std::optional<std::int64_t> deadLetters;
    std::optional<std::int64_t> retryWaiting;
    std::optional<LatencyView> putLatency;       ///< all brokers together
    std::optional<LatencyView> flushLatency;
};

struct DedupGroupInfo
{
    std::string group;
    std::string modeText;                        ///< "off", "insert first", "one transaction"
    std::int64_t deliveries = 0;
    std::int64_t effects = 0;
    std::int64_t refused = 0;
};

struct DemoInfo
{
    bool isRunning = false;
    std::string problem;                         ///< why it could not start or what failed last
    std::int64_t ordersSent = 0;
    std::int64_t ordersConsumed = 0;
    std::int64_t failuresOnPurpose = 0;
    std::int64_t duplicatesSent = 0;             ///< the same order sent again on purpose
};

struct ClusterSnapshot
{
    std::uint64_t revision = 0;
    std::int64_t takenAtMs = 0;
    std::string title;                           ///< "Embedded cluster"
    std::string nameServerAddresses;             ///< ';'-joined, what a client outside needs
    std::string problem;                         ///< the whole cluster cannot be seen: why
    std::vector<NameServerInfo> nameServers;
    std::vector<BrokerInfo> brokers;
    std::vector<TopicInfo> topics;               ///< sorted by name
    std::vector<GroupInfo> groups;               ///< sorted by name
    std::vector<ConnectionInfo> connections;
    std::vector<Finding> findings;               ///< worst first
    std::vector<DedupGroupInfo> dedup;
    DemoInfo demo;
    std::shared_ptr<const std::vector<MetricSample>> history; ///< oldest first, up to 15 minutes
};

using SnapshotPtr = std::shared_ptr<const ClusterSnapshot>;

} // namespace gantry
