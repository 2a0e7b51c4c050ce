// SPDX-License-Identifier: Apache-2.0
#include "broker/delay_service.h"

#include "base/log.h"
#include "base/saturating.h"
#include "base/thread.h"
#include "broker/message_building.h"
#include "message/message_property.h"
#include "message/topic_name.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <memory>

namespace gantry {

namespace {

constexpr std::int64_t kRetryMs = 100;      ///< after a delivery failed
constexpr std::chrono::seconds kStuckMax{600}; ///< then it is skipped; mending may take long, too
constexpr std::int64_t kIdleMs = 60'000;    ///< nothing waits: arrivals wake us
constexpr int kBatch = 256;
constexpr auto kClockCheck = std::chrono::milliseconds(1000); ///< the wall clock may jump while we sleep

} // namespace

DelayService::DelayService(FileSystem& files, Clock& clock, MessageStore& store, BrokerMetrics& metrics, Options options)
    : m_file(files, options.path)
    , m_clock(clock)
    , m_store(store)
    , m_metrics(metrics)
    , m_options(std::move(options))
    , m_levels(m_options.levels.size())
    , m_stuck(m_options.levels.size())
{}

DelayService::~DelayService()
{
    stop();
}

Result<> DelayService::load()
{
    const auto parse = [this](std::string_view text) -> Result<> {
        GANTRY_TRY(table, DelayOffsetTable::decode(text));
        takeIn(table);
        return {};
    };
    GANTRY_CHECK(m_file.load(parse));
    for (std::size_t index = 0; index < m_levels.size(); ++index) {
        clamp(index);
    }
    return {};
}

void DelayService::start()
{
    m_thread = std::thread([this] {
        nameThisThread("gantry-delay");
        run();
    });
}

void DelayService::stop()
{
    {
        const std::scoped_lock guard(m_mutex);
        m_isStopping = true;
    }
    m_wake.notify_all();
    if (m_thread.joinable()) {
        m_thread.join();
        persist();
    }
}

void DelayService::onArrival()
{
    {
        const std::scoped_lock guard(m_mutex);
        m_isArrival = true;
    }
    m_wake.notify_one();
}

void DelayService::run()
{
    auto lastPersist = m_clock.steady();
    for (;;) {
        std::int64_t next = std::numeric_limits<std::int64_t>::max();
        for (std::size_t index = 0; index < m_levels.size(); ++index) {
            next = std::min(next, deliverDue(index));
        }
        if (m_clock.steady() - lastPersist >= m_options.persistInterval) {
            persist();
            lastPersist = m_clock.steady();
        }
        const auto wait = std::chrono::milliseconds(std::clamp<std::int64_t>(next - m_clock.wallMs(), 0, kIdleMs));
        std::unique_lock guard(m_mutex);
        m_wake.wait_for(guard, std::min<std::chrono::milliseconds>(wait, kClockCheck), [this] { return m_isStopping || m_isArrival; });
        m_isArrival = false;
        if (m_isStopping) {
            return;
        }
    }
}

std::int64_t DelayService::deliverDue(std::size_t index)
{
    const auto queueId = static_cast<std::int32_t>(index);
    for (;;) {
        const auto offset = m_levels[index].nextOffset;
        const auto entries = m_store.entries(kScheduleTopic, queueId, offset, kBatch);
        if (entries.empty()) {
            clamp(index);
            return m_clock.wallMs() + kIdleMs;
        }
        for (const auto& entry : entries) {
            const auto now = m_clock.wallMs();
            if (!isDue(index, entry.tagsCode, now)) {
                return entry.tagsCode;
            }
            const auto parked = parkedAt(index, entry);
            if (parked.nextOffset <= entry.queueOffset && !hasWaitedLong(index, entry.queueOffset)) {
                return now + kRetryMs;
            }
            if (!parked.record.empty() && !isDue(index, parked.dueMs, now)) {
                return parked.dueMs;
            }
            if (!parked.record.empty() && deliver(parked.record) == Delivery::Failed) {
                return now + kRetryMs;
            }
            const std::scoped_lock guard(m_mutex);
            m_levels[index].nextOffset = std::max(parked.nextOffset, entry.queueOffset + 1);
            m_changes.fetch_add(1, std::memory_order_relaxed);
            if (m_isStopping) {
                return now;
            }
            if (m_levels[index].nextOffset != entry.queueOffset + 1) {
                break; // the entries behind are not those that follow
            }
        }
    }
}

/// One message that the disk does not give must not keep all behind it waiting for ever.
bool DelayService::hasWaitedLong(std::size_t index, std::int64_t offset)
{
    Stuck& stuck = m_stuck[index];
    const auto now = m_clock.steady();
    if (stuck.offset != offset) {
        stuck = {offset, now};
    }
    if (now - stuck.since < kStuckMax) {
        return false;
    }
    log::error("broker", "delayed message {} of level {} could not be read for {} s and is skipped", offset, index + 1, kStuckMax.count());
    return true;
}

/// The message that the entry stands for. An entry of zeros looks due and points at the log's first record; one that
/// points elsewhere would deliver another message twice. So the record must say that it is that message, and where it
/// does not the store is asked, which has damaged entries made anew meanwhile.
DelayService::Parked DelayService::parkedAt(std::size_t index, const ConsumeQueueEntry& entry)
{
    const auto queueId = static_cast<std::int32_t>(index);
    const auto offset = entry.queueOffset;
    const auto isIt = [&](const RecordParse& parsed) {
        return parsed.status == RecordStatus::Ok && parsed.record.queueOffset == offset && parsed.record.queueId == queueId
            && parsed.record.topic == kScheduleTopic;
    };
    if (auto bytes = m_store.recordAt(entry.commitLogOffset); bytes && isIt(parseRecord(asBytes(*bytes), false))) {
        return {std::move(*bytes), offset + 1, entry.tagsCode};
    }
    GetRequest request;
    request.topic = kScheduleTopic;
    request.queueId = queueId;
    request.offset = offset;
    request.messagesMax = 1;
    auto got = m_store.get(request);
    const auto parsed = parseRecord(asBytes(got.records), false);
    if (isIt(parsed)) {
        const auto dueMs = saturatingAdd(parsed.record.storeTimestampMs, m_options.levels[index].count());
        return {std::move(got.records), offset + 1, dueMs};
    }
    // The store passes over what the log does not have, up to the next message if it finds one at once.
    const auto next = parsed.status == RecordStatus::Ok ? parsed.record.queueOffset : got.nextBeginOffset;
    if (next > offset) {
        log::error("broker", "delayed messages {} to {} of level {} are not in the log and are skipped", offset, next - 1, index + 1);
    }
    return {{}, std::max(next, offset), 0};
}

DelayService::Delivery DelayService::deliver(std::string_view bytes)
{
    const auto record = parseRecord(asBytes(bytes), false).record;
    auto request = putRequestOf(record);
    const auto realTopic = findEncodedProperty(request.properties, property::kRealTopic);
    const auto realQueue = findEncodedProperty(request.properties, property::kRealQueueId);
    std::int32_t queueId = 0;
    if (!realTopic || !realQueue || *realTopic == kTransactionHalfTopic
        || std::from_chars(realQueue->data(), realQueue->data() + realQueue->size(), queueId).ec != std::errc{}) {
        log::error("broker", "delayed message at {} names no topic and queue to go to and is skipped", record.physicalOffset);
        return Delivery::Skipped;
    }
    // The properties stay as stored, so the delivered message still tells of its delay, as with Apache's broker.
    request.topic = std::string(*realTopic);
    request.queueId = queueId;
    request.waitForFlush = false; // progress is saved only after a sync, see persist()
    const auto topic = request.topic;
    const auto result = m_store.putAndWait(std::move(request));
    if (!result.isStored()) {
        log::warning("broker", "delayed message for topic {} cannot be delivered, trying again: {} {}", topic, toString(result.status), result.reason);
        return Delivery::Failed;
    }
    m_metrics.countPut(topic, 1, static_cast<std::uint64_t>(result.size));
    m_metrics.delayedDelivered.fetch_add(1, std::memory_order_relaxed);
    return Delivery::Done;
}

void DelayService::clamp(std::size_t index)
{
    const auto queueId = static_cast<std::int32_t>(index);
    const auto least = m_store.minOffset(kScheduleTopic, queueId);
    const auto most = m_store.maxOffset(kScheduleTopic, queueId);
    const std::scoped_lock guard(m_mutex);
    auto& next = m_levels[index].nextOffset;
    const auto corrected = std::clamp(next, least, std::max(least, most));
    if (corrected != next) {
        log::warning("broker", "delay level {}: position {} corrected to {}, its queue reaches from {} to {}", index + 1, next, corrected, least, most);
        next = corrected;
        m_changes.fetch_add(1, std::memory_order_relaxed);
    }
}

std::map<std::int32_t, std::int64_t> DelayService::offsets() const
{
    const std::scoped_lock guard(m_mutex);
    std::map<std::int32_t, std::int64_t> result;
    for (std::size_t index = 0; index < m_levels.size(); ++index) {
        if (m_levels[index].nextOffset > 0) {
            result.emplace(static_cast<std::int32_t>(index) + 1, m_levels[index].nextOffset);
        }
    }
    return result;
}

std::size_t DelayService::waitingCount() const
{
    std::vector<std::int64_t> next;
    {
        const std::scoped_lock guard(m_mutex);
        for (const auto& level : m_levels) {
            next.push_back(level.nextOffset);
        }
    }
    std::size_t count = 0;
    for (std::size_t index = 0; index < next.size(); ++index) {
        const auto most = m_store.maxOffset(kScheduleTopic, static_cast<std::int32_t>(index));
        count += static_cast<std::size_t>(std::max<std::int64_t>(0, most - next[index]));
    }
    return count;
}

DelayOffsetTable DelayService::toTable() const
{
    DelayOffsetTable table;
    table.offsets = offsets();
    const std::scoped_lock guard(m_mutex);
    table.dataVersion = m_version;
    return table;
}

void DelayService::persist()
{
    const auto changes = m_changes.load(std::memory_order_relaxed);
    if (changes == m_persistedChanges) {
        return;
    }
    {
        const std::scoped_lock guard(m_mutex);
        m_version.next(m_clock.wallMs());
    }
    const auto text = toTable().encodeFile();
    // The delivered messages must be as durable as the note that they were delivered.
    auto saved = m_store.sync();
    if (saved) {
        saved = m_file.save(text);
    }
    if (!saved) {
        log::error("broker", "cannot save the progress of delayed messages; a restart would deliver some again: {}", saved.error().message);
        return;
    }
    m_persistedChanges = changes;
}

void DelayService::takeIn(const DelayOffsetTable& table)
{
    const std::scoped_lock guard(m_mutex);
    m_version = table.dataVersion;
    for (const auto& [level, offset] : table.offsets) {
        if (level >= 1 && static_cast<std::size_t>(level) <= m_levels.size()) {
            m_levels[static_cast<std::size_t>(level) - 1].nextOffset = offset;
        }
    }
}

} // namespace gantry
