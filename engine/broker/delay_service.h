// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/file_system.h"
#include "broker/broker_metrics.h"
#include "broker/config_file.h"
#include "protocol/bodies/offset_table.h"
#include "store/message_store.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace gantry {

/// Delivers delayed messages: they lie in SCHEDULE_TOPIC_XXXX, one queue per level, in order of their due time; when
/// the first of a level is due it is put again, into its real topic and queue. One thread for all levels, asleep until
/// the next due time. Progress per level is kept in delayOffset.json; after a crash messages delivered since it was
/// written are delivered again, none is lost. Thread-safe.
class DelayService
{
public:
    struct Options
    {
        std::filesystem::path path;                        ///< <store>/config/delayOffset.json
        std::vector<std::chrono::milliseconds> levels;     ///< element 0 is level 1
        std::chrono::milliseconds persistInterval{10'000};
    };
    DelayService(FileSystem& files, Clock& clock, MessageStore& store, BrokerMetrics& metrics, Options options);
    ~DelayService(); ///< stop()
    DelayService(const DelayService&) = delete;
    DelayService& operator=(const DelayService&) = delete;

    /// Reads the progress; before start().
    [[nodiscard]] Result<> load();
    void start();
    /// Ends the thread and saves the progress. Idempotent.
    void stop();
    /// A message became visible in SCHEDULE_TOPIC_XXXX. Does not block.
    void onArrival();

    /// Level -> next queue offset, for people and for GET_ALL_DELAY_OFFSET.
    [[nodiscard]] std::map<std::int32_t, std::int64_t> offsets() const;
    /// Messages that wait for their time.
    [[nodiscard]] std::size_t waitingCount() const;
    [[nodiscard]] DelayOffsetTable toTable() const;

private:
    struct Level
    {
        std::int64_t nextOffset = 0;
    };

    void run();
    /// Delivers what is due; returns when to look again, wall ms.
    [[nodiscard]] std::int64_t deliverDue(std::size_t index);
    struct Parked
    {
        std::string record;          ///< empty: not to be had, or not yet
        std::int64_t nextOffset = 0; ///< where to go on behind it; the offset itself: later
        std::int64_t dueMs = 0;
    };
    [[nodiscard]] bool hasWaitedLong(std::size_t index, std::int64_t offset);
    [[nodiscard]] Parked parkedAt(std::size_t index, const ConsumeQueueEntry& entry);
    /// A due time further away than the level's delay was computed by a clock that has been set back since.
    [[nodiscard]] bool isDue(std::size_t index, std::int64_t dueMs, std::int64_t nowMs) const
    {
        return dueMs <= nowMs || dueMs > nowMs + m_options.levels[index].count();
    }
    enum class Delivery { Done, Skipped, Failed };
    [[nodiscard]] Delivery deliver(std::string_view bytes);
    void clamp(std::size_t index);
    void persist();
    void takeIn(const DelayOffsetTable& table);

    ConfigFile m_file;
    Clock& m_clock;
    MessageStore& m_store;
    BrokerMetrics& m_metrics;
    const Options m_options;

    mutable std::mutex m_mutex;
    std::condition_variable m_wake;
    struct Stuck
    {
        std::int64_t offset = -1;
        std::chrono::steady_clock::time_point since;
    };
    std::vector<Level> m_levels;    ///< written by the thread only, under m_mutex
    bool m_isArrival = false;
    bool m_isStopping = false;
    std::vector<Stuck> m_stuck;     ///< by level: what cannot be read; the thread only
    DataVersion m_version;
    std::atomic<std::uint64_t> m_changes{0};
    std::uint64_t m_persistedChanges = 0;
    std::thread m_thread;
};

} // namespace gantry
