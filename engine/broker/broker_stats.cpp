// SPDX-License-Identifier: Apache-2.0
#include "broker/broker_stats.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace gantry {

namespace {

constexpr std::int64_t kMinuteStepMs = 10'000;
constexpr std::int64_t kHourStepMs = 600'000;
constexpr std::int64_t kDayStepMs = 3'600'000;
/// One more than the steps of the interval: an interval is the difference of its ends.
constexpr std::size_t kMinuteSamples = 7;
constexpr std::size_t kHourSamples = 7;
constexpr std::size_t kDaySamples = 25;
constexpr std::size_t kStoreSamples = 601;
/// Counters with a history: topics, and groups times their topics.
constexpr std::size_t kHistoriesMax = 200'000;

std::uint64_t load(const std::atomic<std::uint64_t>& counter)
{
    return counter.load(std::memory_order_relaxed);
}

std::string groupKey(std::string_view topic, std::string_view group)
{
    return fmt::format("{}@{}", topic, group);
}

} // namespace

BrokerStats::BrokerStats(const BrokerMetrics& broker, Clock& clock, std::string clusterName)
    : m_broker(broker)
    , m_clock(clock)
    , m_clusterName(std::move(clusterName))
    , m_nextMinuteMs(nowMs())
    , m_nextHourMs(m_nextMinuteMs)
    , m_nextDayMs(m_nextMinuteMs)
    , m_day(dayOf(clock.wallMs()))
{
    m_storeSamples.push_back({m_nextMinuteMs, 0, 0, 0, 0});
}

template <typename Count>
void BrokerStats::onGroup(std::string_view group, std::string_view topic, Count count)
{
    {
        const std::shared_lock lock(m_groupsMutex);
        if (const auto found = m_groups.find(GroupKeyView{topic, group}); found != m_groups.end()) {
            count(*found->second);
            return;
        }
    }
    const std::unique_lock lock(m_groupsMutex);
    if (m_groups.size() >= kHistoriesMax) {
        return;
    }
    auto& counters = m_groups[GroupKey{std::string(topic), std::string(group)}];
    if (!counters) {
        counters = std::make_unique<GroupCounters>();
    }
    count(*counters);
}

void BrokerStats::countGroupGet(std::string_view group, std::string_view topic,
                                std::uint64_t messages, std::uint64_t bytes)
{
    onGroup(group, topic, [=](GroupCounters& counters) {
        counters.messages.fetch_add(messages, std::memory_order_relaxed);
        counters.bytes.fetch_add(bytes, std::memory_order_relaxed);
    });
}

void BrokerStats::countSendBack(std::string_view group, std::string_view topic)
{
    onGroup(group, topic, [](GroupCounters& counters) {
        counters.sendBacks.fetch_add(1, std::memory_order_relaxed);
    });
}

std::int64_t BrokerStats::nowMs() const
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               m_clock.steady().time_since_epoch())
        .count();
}

int BrokerStats::dayOf(std::int64_t wallMs) const
{
    const auto seconds = static_cast<std::time_t>(wallMs / 1000);
    std::tm local{};
    localtime_r(&seconds, &local);
    return local.tm_year * 1000 + local.tm_yday;
}

unsigned BrokerStats::dueSteps(std::int64_t now)
{
    unsigned steps = 0;
    const auto check = [&](std::int64_t& next, std::int64_t stepMs, Step step) {
        if (now >= next) {
            steps |= step;
            next = now + stepMs;
        }
    };
    check(m_nextMinuteMs, kMinuteStepMs, kMinuteStep);
    check(m_nextHourMs, kHourStepMs, kHourStep);
    check(m_nextDayMs, kDayStepMs, kDayStep);
    return steps;
}

void BrokerStats::tickStore(const StoreMetrics& store, std::int64_t now)
{
    m_storeSamples.push_back({now, load(store.messagesPut), load(store.getsFound),
                              load(store.getsMissed), load(store.messagesGot)});
    if (m_storeSamples.size() > kStoreSamples) {
        m_storeSamples.pop_front();
    }
}

void BrokerStats::rollDays()
{
    const int today = dayOf(m_clock.wallMs());
    if (today == m_day) {
        return;
    }
    m_day = today;
    for (auto [totals, counter] : {std::pair{&m_putTotals, &m_broker.messagesIn},
                                   std::pair{&m_getTotals, &m_broker.messagesOut}}) {
        totals->yesterdayMorning = totals->todayMorning;
        totals->todayMorning = load(*counter);
    }
}

void BrokerStats::push(std::deque<Sample>& samples, const Sample& sample, std::int64_t stepMs,
                       std::size_t countMax)
{
    if (samples.empty()) {
        samples.push_back(
            {sample.atMs - stepMs, 0, 0}); // it did not count before it was seen first
    }
    samples.push_back(sample);
    if (samples.size() > countMax) {
        samples.pop_front();
    }
}

void BrokerStats::add(std::string_view name, std::string key, std::uint64_t sum,
                      std::uint64_t calls, std::int64_t now, unsigned steps)
{
    if (calls == 0) {
        return;
    }
    Key full{std::string(name), std::move(key)};
    if (m_histories.size() >= kHistoriesMax && !m_histories.contains(full)) {
        return;
    }
    History& history = m_histories[std::move(full)];
    const Sample sample{now, sum, calls};
    if ((steps & kMinuteStep) != 0 || history.minute.empty()) {
        push(history.minute, sample, kMinuteStepMs, kMinuteSamples);
    }
    if ((steps & kHourStep) != 0 || history.hour.empty()) {
        push(history.hour, sample, kHourStepMs, kHourSamples);
    }
    if ((steps & kDayStep) != 0 || history.day.empty()) {
        push(history.day, sample, kDayStepMs, kDaySamples);
    }
}

void BrokerStats::addGroups(std::int64_t now, unsigned steps)
{
    const std::shared_lock lock(m_groupsMutex);
    for (const auto& [key, counters] : m_groups) {
        const std::string name = groupKey(key.topic, key.group);
        const std::uint64_t messages = load(counters->messages);
        const std::uint64_t sendBacks = load(counters->sendBacks);
        add("GROUP_GET_NUMS", name, messages, messages, now, steps);
        add("GROUP_GET_SIZE", name, load(counters->bytes), messages, now, steps);
        add("SNDBCK_PUT_NUMS", name, sendBacks, sendBacks, now, steps);
    }
}

void BrokerStats::tick(const StoreMetrics& store, const TopicConfigManager::Table& topics)
{
    const std::lock_guard lock(m_mutex);
    const std::int64_t now = nowMs();
    tickStore(store, now);
    rollDays();
    const unsigned steps = dueSteps(now);
    if (steps == 0) {
        return;
    }
    for (const auto& [topic, config] : topics) {
        const auto totals = m_broker.totals(topic);
        add("TOPIC_PUT_NUMS", topic, totals.messagesIn, totals.messagesIn, now, steps);
        add("TOPIC_PUT_SIZE", topic, totals.bytesIn, totals.messagesIn, now, steps);
    }
    addGroups(now, steps);
    add("BROKER_PUT_NUMS", m_clusterName, load(m_broker.messagesIn), load(m_broker.messagesIn), now,
        steps);
    add("BROKER_GET_NUMS", m_clusterName, load(m_broker.messagesOut), load(m_broker.messagesOut),
        now, steps);
}

StatsInterval BrokerStats::intervalOf(const std::deque<Sample>& samples)
{
    StatsInterval interval;
    if (samples.size() < 2) {
        return interval;
    }
    const Sample& first = samples.front();
    const Sample& last = samples.back();
    interval.sum = last.sum - first.sum;
    const auto milliseconds =
        static_cast<double>(std::max<std::int64_t>(last.atMs - first.atMs, 1));
    interval.tps = static_cast<double>(interval.sum) * 1000.0 / milliseconds;
    if (last.calls > first.calls) {
        interval.averagePerCall =
            static_cast<double>(interval.sum) / static_cast<double>(last.calls - first.calls);
    }
    return interval;
}

std::optional<StatsData> BrokerStats::find(std::string_view name, std::string_view key) const
{
    const std::lock_guard lock(m_mutex);
    const auto history = m_histories.find(Key{std::string(name), std::string(key)});
    if (history == m_histories.end()) {
        return std::nullopt;
    }
    return StatsData{intervalOf(history->second.minute), intervalOf(history->second.hour),
                     intervalOf(history->second.day)};
}

double BrokerStats::topicPutTps(std::string_view topic) const
{
    const auto data = find("TOPIC_PUT_NUMS", topic);
    return data ? data->minute.tps : 0;
}

double BrokerStats::groupGetTps(std::string_view group, std::string_view topic) const
{
    const auto data = find("GROUP_GET_NUMS", groupKey(topic, group));
    return data ? data->minute.tps : 0;
}

std::string BrokerStats::rates(std::uint64_t StoreSample::*member,
                               std::uint64_t StoreSample::*other) const
{
    const StoreSample& last = m_storeSamples.back();
    const auto value = [&](const StoreSample& sample) {
        return sample.*member + (other != nullptr ? sample.*other : 0);
    };
    std::string text;
    for (const std::int64_t seconds : {10, 60, 600}) {
        // The youngest sample that is old enough, else the oldest there is.
        const auto from = std::ranges::upper_bound(m_storeSamples, last.atMs - seconds * 1000, {},
                                                   &StoreSample::atMs);
        const StoreSample& first = from == m_storeSamples.begin() ? *from : *std::prev(from);
        const auto milliseconds =
            static_cast<double>(std::max<std::int64_t>(last.atMs - first.atMs, 1));
        text +=
            fmt::format("{}{:.2f}", text.empty() ? "" : " ",
                        static_cast<double>(value(last) - value(first)) * 1000.0 / milliseconds);
    }
    return text;
}

BrokerStats::StoreRates BrokerStats::storeRates() const
{
    const std::lock_guard lock(m_mutex);
    return {rates(&StoreSample::put), rates(&StoreSample::found), rates(&StoreSample::missed),
            rates(&StoreSample::found, &StoreSample::missed), rates(&StoreSample::transferred)};
}

BrokerStats::DailyTotals BrokerStats::putTotals() const
{
    const std::lock_guard lock(m_mutex);
    DailyTotals totals = m_putTotals;
    totals.now = load(m_broker.messagesIn);
    return totals;
}

BrokerStats::DailyTotals BrokerStats::getTotals() const
{
    const std::lock_guard lock(m_mutex);
    DailyTotals totals = m_getTotals;
    totals.now = load(m_broker.messagesOut);
    return totals;
}

void BrokerStats::forgetTopic(std::string_view topic)
{
    const std::lock_guard lock(m_mutex);
    {
        const std::unique_lock groupsLock(m_groupsMutex);
        std::erase_if(m_groups, [&](const auto& entry) { return entry.first.topic == topic; });
    }
    const std::string prefix = groupKey(topic, "");
    std::erase_if(m_histories, [&](const auto& entry) {
        return entry.first.second == topic || entry.first.second.starts_with(prefix);
    });
}

void BrokerStats::forgetGroup(std::string_view group)
{
    const std::lock_guard lock(m_mutex);
    {
        const std::unique_lock groupsLock(m_groupsMutex);
        std::erase_if(m_groups, [&](const auto& entry) { return entry.first.group == group; });
    }
    const std::string suffix = groupKey("", group);
    std::erase_if(m_histories,
                  [&](const auto& entry) { return entry.first.second.ends_with(suffix); });
}

} // namespace gantry
