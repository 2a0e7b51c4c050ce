// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "broker/broker_metrics.h"
#include "broker/topic_config_manager.h"
#include "store/store_metrics.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace gantry {

/// What one counter did in a stretch of time.
struct StatsInterval
{
    std::uint64_t sum = 0;
    double tps = 0; ///< sum per second
    double averagePerCall = 0;
};

/// Answer to VIEW_BROKER_STATS_DATA: the last minute, hour and day, as far as the history reaches.
struct StatsData
{
    StatsInterval minute;
    StatsInterval hour;
    StatsInterval day;
};

/// Rates out of the broker's counters: samples of them are kept every 10 s for a minute, every 10
/// min for an hour and every hour for a day, as Apache's broker does. Thread-safe.
class BrokerStats
{
public:
    /// The metrics must outlive it.
    BrokerStats(const BrokerMetrics& broker, Clock& clock, std::string clusterName);

    /// A group got messages of a topic / gave one back. Cheap; for the data path.
    void countGroupGet(std::string_view group, std::string_view topic, std::uint64_t messages,
                       std::uint64_t bytes);
    void countSendBack(std::string_view group, std::string_view topic);

    /// Looks at the counters; to be called once a second. What it keeps depends on the clock, not
    /// on the calls.
    void tick(const StoreMetrics& store, const TopicConfigManager::Table& topics);

    /// By Apache's names: TOPIC_PUT_NUMS, TOPIC_PUT_SIZE (key: topic), GROUP_GET_NUMS,
    /// GROUP_GET_SIZE, SNDBCK_PUT_NUMS (topic@group), BROKER_PUT_NUMS, BROKER_GET_NUMS (cluster
    /// name). Nothing for a counter that never counted.
    [[nodiscard]] std::optional<StatsData> find(std::string_view name, std::string_view key) const;
    /// Messages per second in the last minute; 0 if unknown.
    [[nodiscard]] double topicPutTps(std::string_view topic) const;
    [[nodiscard]] double groupGetTps(std::string_view group, std::string_view topic) const;

    /// Per second over the last 10 s, 1 min and 10 min (or since the start, if that is later): "a b
    /// c".
    struct StoreRates
    {
        std::string put;      ///< messages stored
        std::string getFound; ///< gets that found something
        std::string getMiss;
        std::string getTotal;
        std::string transferred; ///< messages handed out
    };
    [[nodiscard]] StoreRates storeRates() const;

    /// Messages since the broker's counters began, now and at the last two local midnights.
    struct DailyTotals
    {
        std::uint64_t yesterdayMorning = 0;
        std::uint64_t todayMorning = 0;
        std::uint64_t now = 0;
    };
    [[nodiscard]] DailyTotals putTotals() const;
    [[nodiscard]] DailyTotals getTotals() const;
    /// Forgets the histories of a topic or group that was deleted.
    void forgetTopic(std::string_view topic);
    void forgetGroup(std::string_view group);

private:
    struct Sample
    {
        std::int64_t atMs = 0; ///< of the steady clock
        std::uint64_t sum = 0;
        std::uint64_t calls = 0;
    };
    struct History
    {
        std::deque<Sample> minute;
        std::deque<Sample> hour;
        std::deque<Sample> day;
    };
    struct StoreSample
    {
        std::int64_t atMs = 0;
        std::uint64_t put = 0;
        std::uint64_t found = 0;
        std::uint64_t missed = 0;
        std::uint64_t transferred = 0;
    };
    using Key = std::pair<std::string, std::string>; ///< name, key
    enum Step : unsigned { kMinuteStep = 1, kHourStep = 2, kDayStep = 4 };

    struct GroupKey
    {
        std::string topic;
        std::string group;
    };
    struct GroupKeyView
    {
        std::string_view topic;
        std::string_view group;
    };
    struct GroupHash
    {
        using is_transparent = void;
        template <typename K>
        std::size_t operator()(const K& key) const
        {
            return std::hash<std::string_view>{}(key.topic) * 31 +
                   std::hash<std::string_view>{}(key.group);
        }
    };
    struct GroupEqual
    {
        using is_transparent = void;
        template <typename A, typename B>
        bool operator()(const A& a, const B& b) const
        {
            return std::string_view(a.topic) == std::string_view(b.topic) &&
                   std::string_view(a.group) == std::string_view(b.group);
        }
    };
    struct GroupCounters
    {
        std::atomic<std::uint64_t> messages{0};
        std::atomic<std::uint64_t> bytes{0};
        std::atomic<std::uint64_t> sendBacks{0};
    };
    using Groups =
        std::unordered_map<GroupKey, std::unique_ptr<GroupCounters>, GroupHash, GroupEqual>;

    /// Runs `count` on the counters of a group and topic; the counters cannot vanish meanwhile.
    template <typename Count>
    void onGroup(std::string_view group, std::string_view topic, Count count);
    [[nodiscard]] std::int64_t nowMs() const;
    [[nodiscard]] unsigned dueSteps(std::int64_t now);
    void tickStore(const StoreMetrics& store, std::int64_t now);
    void rollDays();
    void addGroups(std::int64_t now, unsigned steps);
    void add(std::string_view name, std::string key, std::uint64_t sum, std::uint64_t calls,
             std::int64_t now, unsigned steps);
    static void push(std::deque<Sample>& samples, const Sample& sample, std::int64_t stepMs,
                     std::size_t countMax);
    [[nodiscard]] static StatsInterval intervalOf(const std::deque<Sample>& samples);
    [[nodiscard]] std::string rates(std::uint64_t StoreSample::*member,
                                    std::uint64_t StoreSample::*other = nullptr) const;
    [[nodiscard]] int dayOf(std::int64_t wallMs) const;

    const BrokerMetrics& m_broker;
    Clock& m_clock;
    const std::string m_clusterName;

    mutable std::shared_mutex m_groupsMutex;
    Groups m_groups;

    mutable std::mutex m_mutex; ///< all below; taken before m_groupsMutex
    std::map<Key, History, std::less<>> m_histories;
    std::deque<StoreSample> m_storeSamples;
    std::int64_t m_nextMinuteMs;
    std::int64_t m_nextHourMs;
    std::int64_t m_nextDayMs;
    int m_day;
    DailyTotals m_putTotals;
    DailyTotals m_getTotals;
};

} // namespace gantry
