// SPDX-License-Identifier: Apache-2.0
// The reading half of MessageStoreImpl: statuses and limits follow Apache's getMessage (README,
// "Reading").
#include "message/record_codec.h"
#include "store/message_store_impl.h"
#include "store/record_scanner.h"

#include "base/log.h"

#include "store/seeded_bug.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>

namespace gantry {

namespace {

/// Entries looked at in one get, so that a filter that matches nothing cannot hold a thread.
constexpr std::int64_t kEntriesPerGet = 800;
/// Bytes read from the CommitLog in one call when records lie side by side.
constexpr std::int64_t kRunBytesMax = 256 * kKiB;
constexpr std::int64_t kBytesMin = 100;
constexpr std::int64_t kBytesMax = 128 * kMiB;
constexpr double kMemoryShare = 0.4;
constexpr int kQueryMax = 64; // maxMsgsNumBatch
constexpr int kQueryRounds = 3;

/// What is further behind the end than this is probably not in the page cache.
std::int64_t memoryWindow()
{
    static const auto bytes =
        static_cast<std::int64_t>(kMemoryShare * static_cast<double>(::sysconf(_SC_PHYS_PAGES)) *
                                  static_cast<double>(::sysconf(_SC_PAGESIZE)));
    return bytes;
}

/// Apache's light queues are made of other queues' records, which say nothing of them.
bool isLight(std::string_view topic)
{
    return topic.starts_with("%LMQ%");
}

/// Zeros, or more than a record can be or the log has.
bool isWild(const RawQueueEntry& entry, std::int64_t recordBytesMax, std::int64_t logEnd)
{
    return !entry.isValid() || (!entry.isFiller() && (entry.size > recordBytesMax || entry.end() > logEnd));
}

/// Collects the records of one get.
class RecordCollector
{
public:
    /// Whether an entry that does not fit its record is being made anew.
    using Ask = std::function<bool(std::int64_t queueOffset)>;
    RecordCollector(const StoreConfig& config, const CommitLog& log, const GetRequest& request,
                    const Ask& mayBeMended, GetResult& result)
        : m_config(config)
        , m_log(log)
        , m_request(request)
        , m_mayBeMended(mayBeMended)
        , m_result(result)
        , m_bytesMax(std::clamp(request.bytesMax, kBytesMin, kBytesMax))
        , m_end(log.writtenOffset())
    {}

    /// False when the answer is full; the entry was not taken then.
    bool add(std::int64_t queueOffset, const RawQueueEntry& entry)
    {
        if (isFull(entry)) {
            readRun(); // a filter may leave some of them out
        }
        if (isFull(entry) || m_stoppedAt >= 0) {
            return false;
        }
        const std::int64_t runEnd = m_runOffset + m_runSize;
        if (m_runSize > 0 && (entry.offset != runEnd || m_runSize + entry.size > kRunBytesMax)) {
            readRun();
            if (m_stoppedAt >= 0) {
                return false;
            }
        }
        if (m_runSize == 0) {
            m_runOffset = entry.offset;
        }
        m_run.push_back({queueOffset, entry.offset, entry.size, entry.tagsCode});
        m_runSize += entry.size;
        m_plannedBytes += entry.size;
        ++m_planned;
        return true;
    }
    void finish() { readRun(); }
    [[nodiscard]] bool lostRecords() const { return m_lost > 0; }
    [[nodiscard]] bool wouldWait() const { return m_wouldWait; }
    /// The entry that is being made anew, -1 if there is none: what lies behind was left out.
    [[nodiscard]] std::int64_t stoppedAt() const { return m_stoppedAt; }
    [[nodiscard]] std::uint64_t damaged() const { return m_damaged; }

private:
    [[nodiscard]] bool isFull(const RawQueueEntry& entry) const
    {
        if (m_planned == 0) {
            return false; // the first always goes
        }
        const bool isOnDisk = m_end - entry.offset > memoryWindow();
        const int countMax =
            std::min(m_request.messagesMax, isOnDisk ? m_config.transferMessagesOnDiskMax
                                                     : m_config.transferMessagesInMemoryMax);
        const std::int64_t bytesMax =
            std::min(m_bytesMax, isOnDisk ? m_config.transferBytesOnDiskMax
                                          : m_config.transferBytesInMemoryMax);
        return m_planned >= countMax || m_plannedBytes + entry.size > bytesMax;
    }

    void readRun()
    {
        if (m_run.empty()) {
            return;
        }
        const std::size_t before = m_result.records.size();
        m_result.records.resize(before + static_cast<std::size_t>(m_runSize));
        const auto read = [&](std::int64_t size) {
            return m_log.readAt(m_runOffset, std::as_writable_bytes(std::span(m_result.records)).subspan(before, static_cast<std::size_t>(size)),
                                m_request.mayWait ? ReadWait::Allowed : ReadWait::Never);
        };
        auto count = read(m_runSize);
        m_wouldWait = m_wouldWait || (!count && count.error().code == Errc::Busy);
        const bool isUnreadable = !count && count.error().code == Errc::Io;
        if (isUnreadable) {
            count = read(m_run.front().size); // the bad sector may be behind it
        }
        if (!count && count.error().code == Errc::Io) {
            log::error("store", "message {} of queue {} of {} cannot be read: {}", m_run.front().queueOffset, m_request.queueId,
                       m_request.topic, count.error().message);
        }
        const std::size_t got = count ? *count : 0;
        std::size_t kept = before;
        for (const ConsumeQueueEntry& entry : m_run) {
            const auto position = static_cast<std::size_t>(entry.commitLogOffset - m_runOffset);
            const auto size = static_cast<std::size_t>(entry.size);
            const bool isThere = position + size <= got;
            const std::string_view bytes =
                std::string_view(m_result.records).substr(before + position, isThere ? size : 0);
            const RecordParse parse = parseRecord(asBytes(bytes), !planted(SeededBug::ReadSkipsCrc));
            const bool isUnread = isUnreadable && !isThere; // the next attempt may succeed; nothing is passed over
            if (m_stoppedAt < 0 && (isUnread || (count && isEntryDamaged(entry, parse) && m_mayBeMended(entry.queueOffset)))) {
                m_stoppedAt = entry.queueOffset;
            }
            if (m_stoppedAt >= 0) {
                --m_planned;
                m_plannedBytes -= entry.size;
            } else if (isThere && isWanted(entry, parse, asBytes(bytes))) {
                std::copy(bytes.begin(), bytes.end(),
                          m_result.records.begin() + static_cast<std::ptrdiff_t>(kept));
                kept += size;
            } else {
                --m_planned;
                m_plannedBytes -= entry.size;
                m_lost += isThere ? 0 : 1;
            }
        }
        m_result.records.resize(kept);
        m_run.clear();
        m_runSize = 0;
    }

    /// What it points at is not its message. It is a damaged record, if that says so itself.
    [[nodiscard]] bool isEntryDamaged(const ConsumeQueueEntry& entry, const RecordParse& parse) const
    {
        const bool hasHeader = parse.status == RecordStatus::Ok || parse.status == RecordStatus::BadBodyCrc;
        if (hasHeader && parse.record.physicalOffset == entry.commitLogOffset && parse.record.totalSize == entry.size &&
            isMessage(parse.record, entry.queueOffset)) {
            return false;
        }
        // Deleted meanwhile; or made of others' records, which do not say where they are entered.
        return entry.commitLogOffset >= m_log.minOffset() && !isLightQueue();
    }

    bool isWanted(const ConsumeQueueEntry& entry, const RecordParse& parse, ByteView bytes)
    {
        const bool isInPlace = parse.record.physicalOffset == entry.commitLogOffset;
        // An entry is damaged, too, that is longer than its record or speaks of another queue's.
        const bool isWhole =
            parse.status == RecordStatus::Ok && isInPlace && parse.record.totalSize == entry.size && isMessage(parse.record, entry.queueOffset);
        if (!isWhole || hasTornText(parse.record)) {
            ++(entry.commitLogOffset < m_log.minOffset() ? m_lost : m_damaged);
            return false;
        }
        if (m_request.filter != nullptr && !m_request.filter->matchesRecord(bytes)) {
            return false;
        }
        ++m_result.messageCount;
        m_result.lastStoreTimestampMs = parse.record.storeTimestampMs;
        m_result.suggestPullingFromSlave = m_end - entry.commitLogOffset > memoryWindow();
        m_result.fromDisk = m_result.fromDisk || m_result.suggestPullingFromSlave;
        return true;
    }

    [[nodiscard]] bool isMessage(const RecordView& record, std::int64_t queueOffset) const
    {
        return isLightQueue() ||
               (record.topic == m_request.topic && record.queueId == m_request.queueId && record.queueOffset == queueOffset);
    }
    [[nodiscard]] bool isLightQueue() const { return isLight(m_request.topic); }

    const StoreConfig& m_config;
    const CommitLog& m_log;
    const GetRequest& m_request;
    const Ask& m_mayBeMended;
    GetResult& m_result;
    const std::int64_t m_bytesMax;
    const std::int64_t m_end;
    std::vector<ConsumeQueueEntry> m_run; // neighbours in the log, read at once
    std::int64_t m_runOffset = 0;
    std::int64_t m_runSize = 0;
    int m_planned = 0;
    std::int64_t m_plannedBytes = 0;
    std::uint64_t m_lost = 0;
    std::uint64_t m_damaged = 0;
    bool m_wouldWait = false;
    std::int64_t m_stoppedAt = -1;
};

GetResult comeAgain(bool isFar)
{
    GetResult result;
    result.wouldWait = true;
    result.isFar = isFar;
    return result;
}

/// The answers that need no record; nothing when there may be one.
std::optional<GetStatus> statusOfOffset(const GetResult& range, std::int64_t offset)
{
    if (range.maxOffset == 0) {
        return GetStatus::NoMessageInQueue;
    }
    if (offset < range.minOffset) {
        return GetStatus::OffsetTooSmall;
    }
    if (offset == range.maxOffset) {
        return GetStatus::OffsetOverflowOne;
    }
    if (offset > range.maxOffset) {
        return GetStatus::OffsetOverflowBadly;
    }
    return std::nullopt;
}

std::int64_t nextOffsetFor(GetStatus status, const GetResult& range, std::int64_t offset)
{
    switch (status) {
    case GetStatus::OffsetTooSmall:
        return range.minOffset;
    case GetStatus::OffsetOverflowOne:
        return offset;
    case GetStatus::OffsetOverflowBadly:
        return range.maxOffset;
    default:
        return 0;
    }
}

} // namespace

GetResult MessageStoreImpl::get(const GetRequest& request)
{
    GetResult result;
    const ConsumeQueuePtr queue = m_queues.find(request.topic, request.queueId);
    if (!queue) {
        m_metrics.getsMissed.fetch_add(1, std::memory_order_relaxed);
        return result;
    }
    result.minOffset = queue->minOffset();
    result.maxOffset = queue->maxOffset();
    if (const auto status = statusOfOffset(result, request.offset)) {
        result.status = *status;
        result.nextBeginOffset = nextOffsetFor(*status, result, request.offset);
        m_metrics.getsMissed.fetch_add(1, std::memory_order_relaxed);
        return result;
    }
    const std::int64_t wanted = std::max<std::int64_t>(kEntriesPerGet, request.messagesMax);
    const auto raw =
        queue->read(request.offset, std::min(wanted, request.filter == nullptr
                                                         ? request.messagesMax + std::int64_t{8}
                                                         : wanted),
                    request.mayWait ? ReadWait::Allowed : ReadWait::Never);
    if (!raw && raw.error().code == Errc::Busy) {
        return comeAgain(false);
    }
    if (!raw) {
        log::error("store", "queue {} of {} cannot be read at {}: {}", request.queueId, request.topic, request.offset,
                   raw.error().message);
        result.status = GetStatus::OffsetFoundNull;
        result.nextBeginOffset = request.offset; // the next attempt may succeed; nothing is passed over
        return result;
    }
    if (raw->empty()) {
        const std::int64_t perFile = m_config.consumeQueueFileSize / kConsumeQueueEntrySize;
        result.status = GetStatus::OffsetFoundNull;
        result.nextBeginOffset =
            std::min(request.offset / perFile * perFile + perFile, result.maxOffset);
        return result;
    }
    const RawQueueEntry first = loadQueueEntry(asBytes(*raw).data());
    result.isFar = first.isValid() && m_log.writtenOffset() - first.offset > request.distanceMax;
    if (result.isFar && !request.mayBeFar) {
        return comeAgain(true);
    }
    const auto ask = [&](std::int64_t queueOffset) { return !isLight(request.topic) && m_mender.ask(queue, queueOffset); };
    const RecordCollector::Ask mayBeMended = std::ref(ask); // without an allocation
    const std::int64_t logEnd = m_log.writtenOffset();
    const std::int64_t recordBytesMax = m_config.messageBytesMax + 128 * kKiB; // as CommitLog::record()
    RecordCollector collector(m_config, m_log, request, mayBeMended, result);
    const std::int64_t logBegin = m_log.minOffset();
    bool lost = false;
    std::int64_t at = request.offset;
    const std::int64_t end =
        request.offset + static_cast<std::int64_t>(raw->size()) / kConsumeQueueEntrySize;
    for (; at < end; ++at) {
        const RawQueueEntry entry =
            loadQueueEntry(asBytes(*raw).data() + (at - request.offset) * kConsumeQueueEntrySize);
        const bool isGone = entry.offset < logBegin;
        const bool isDamaged = isWild(entry, recordBytesMax, logEnd) || (isGone && !entry.isFiller() && queue->liesBehind(at, logBegin));
        if (isDamaged && mayBeMended(at)) { // its message may be in the log
            break;
        }
        if (isDamaged) {
            log::error("store", "entry {} of queue {} of {} is damaged; its message is passed over", at, request.queueId,
                       request.topic);
            m_metrics.damagedRecords.fetch_add(1, std::memory_order_relaxed);
            lost = true;
            continue;
        }
        lost = lost || (isGone && !entry.isFiller());
        if (entry.isFiller() || isGone ||
            (request.filter != nullptr && !request.filter->matchesTagsCode(entry.tagsCode))) {
            continue;
        }
        if (!collector.add(at, entry)) {
            break;
        }
    }
    collector.finish();
    if (collector.wouldWait()) {
        return comeAgain(result.isFar);
    }
    lost = lost || collector.lostRecords();
    result.nextBeginOffset = collector.stoppedAt() >= 0 ? collector.stoppedAt() : at;
    result.status = result.messageCount > 0                    ? GetStatus::Found
                    : result.nextBeginOffset == request.offset ? GetStatus::OffsetFoundNull // again a little later
                    : lost                                     ? GetStatus::MessageWasRemoving
                                                               : GetStatus::NoMatchedMessage;
    m_metrics.damagedRecords.fetch_add(collector.damaged(), std::memory_order_relaxed);
    m_metrics.messagesGot.fetch_add(static_cast<std::uint64_t>(result.messageCount),
                                    std::memory_order_relaxed);
    m_metrics.bytesGot.fetch_add(result.records.size(), std::memory_order_relaxed);
    (result.messageCount > 0 ? m_metrics.getsFound : m_metrics.getsMissed)
        .fetch_add(1, std::memory_order_relaxed);
    return result;
}

std::int64_t MessageStoreImpl::minOffset(std::string_view topic, std::int32_t queueId) const
{
    const ConsumeQueuePtr queue = m_queues.find(topic, queueId);
    return queue ? queue->minOffset() : 0;
}

std::int64_t MessageStoreImpl::maxOffset(std::string_view topic, std::int32_t queueId) const
{
    const ConsumeQueuePtr queue = m_queues.find(topic, queueId);
    return queue ? queue->maxOffset() : 0;
}

std::optional<ConsumeQueueEntry> MessageStoreImpl::entryAt(std::string_view topic,
                                                           std::int32_t queueId,
                                                           std::int64_t queueOffset) const
{
    const std::vector<ConsumeQueueEntry> found = entries(topic, queueId, queueOffset, 1);
    return found.empty() ? std::nullopt : std::optional(found.front());
}

std::vector<ConsumeQueueEntry> MessageStoreImpl::entries(std::string_view topic,
                                                         std::int32_t queueId,
                                                         std::int64_t fromOffset,
                                                         int countMax) const
{
    std::vector<ConsumeQueueEntry> found;
    const ConsumeQueuePtr queue = m_queues.find(topic, queueId);
    const auto raw = queue ? queue->read(fromOffset, countMax) : Result<std::string>{};
    for (std::size_t at = 0; raw && at < raw->size(); at += kConsumeQueueEntrySize) {
        const RawQueueEntry entry = loadQueueEntry(asBytes(*raw).data() + at);
        found.push_back({fromOffset + static_cast<std::int64_t>(at) / kConsumeQueueEntrySize,
                         entry.offset, entry.size, entry.tagsCode});
    }
    return found;
}

namespace {

/// Whether the record that `head` begins says that it is of the topic, which stands behind the body: a body of megabytes
/// must not be read for that.
bool isOfTopic(const CommitLog& log, ByteView head, std::int64_t offset, std::string_view topic)
{
    const auto sysFlag = loadBig<std::int32_t>(head.data() + record_layout::kSysFlag);
    const std::size_t bodySizeAt = record_layout::bodySizePosition(sysFlag);
    const std::int64_t size = loadBig<std::int32_t>(head.data() + record_layout::kTotalSize);
    const std::int64_t bodySize = loadBig<std::int32_t>(head.data() + bodySizeAt);
    const std::size_t lengthSize = loadBig<std::int32_t>(head.data() + record_layout::kMagic) == kRecordMagicV2 ? 2 : 1;
    const std::int64_t topicAt = static_cast<std::int64_t>(bodySizeAt) + 4 + bodySize;
    std::string read(lengthSize + topic.size(), '\0');
    if (bodySize < 0 || topicAt + static_cast<std::int64_t>(read.size()) > size) {
        return false;
    }
    const auto count = log.readAt(offset + topicAt, std::as_writable_bytes(std::span(read)));
    const std::byte* length = asBytes(read).data();
    const std::size_t topicSize = lengthSize == 2 ? loadBig<std::uint16_t>(length) : std::to_integer<std::size_t>(*length);
    return count && *count == read.size() && topicSize == topic.size() && std::string_view(read).substr(lengthSize) == topic;
}

/// Of the message with that number; -1 where its entry does not lead to a record that says it is that message. Another's
/// time would send whoever searches by time to the wrong half of the queue.
std::int64_t storeTimestampIn(const CommitLog& log, const ConsumeQueue& queue, std::int64_t queueOffset)
{
    const auto entry = queue.entryAt(queueOffset);
    if (!entry || !entry->hasPlace()) {
        return -1;
    }
    if (isLight(queue.topic())) {
        return log.storeTimestampAt(entry->offset);
    }
    std::array<std::byte, 128> head{}; // up to the body, whatever the hosts
    const auto count = log.readAt(entry->offset, head);
    if (!count || *count < record_layout::kFixedSizeV1) {
        return -1;
    }
    const auto int32At = [&](std::size_t at) { return loadBig<std::int32_t>(head.data() + at); };
    const auto int64At = [&](std::size_t at) { return loadBig<std::int64_t>(head.data() + at); };
    const std::int32_t magic = int32At(record_layout::kMagic);
    const bool isThatMessage = (magic == kRecordMagicV1 || magic == kRecordMagicV2) &&
                               int64At(record_layout::kPhysicalOffset) == entry->offset &&
                               int32At(record_layout::kTotalSize) == entry->size &&
                               int32At(record_layout::kQueueId) == queue.queueId() &&
                               int64At(record_layout::kQueueOffset) == queueOffset &&
                               isOfTopic(log, head, entry->offset, queue.topic());
    return isThatMessage ? int64At(record_layout::storeTimestampPosition(int32At(record_layout::kSysFlag))) : -1;
}

} // namespace

std::int64_t MessageStoreImpl::storeTimestampOf(std::string_view topic, std::int32_t queueId,
                                                std::int64_t queueOffset) const
{
    const ConsumeQueuePtr queue = m_queues.find(topic, queueId);
    return queue ? storeTimestampIn(m_log, *queue, queueOffset) : -1;
}

std::int64_t MessageStoreImpl::offsetByTime(std::string_view topic, std::int32_t queueId,
                                            std::int64_t timestampMs, OffsetBoundary boundary) const
{
    const ConsumeQueuePtr queue = m_queues.find(topic, queueId);
    if (!queue || queue->minOffset() == queue->maxOffset()) {
        return queue ? queue->maxOffset() : 0;
    }
    // Lower: the first with time >= t. Upper: the last with time <= t, which is the one before the
    // first with > t.
    const auto isBehind = [&](std::int64_t time) {
        return boundary == OffsetBoundary::Lower ? time >= timestampMs : time > timestampMs;
    };
    std::int64_t low = queue->minOffset();
    std::int64_t high = queue->maxOffset();
    while (low < high) {
        const std::int64_t middle = low + (high - low) / 2;
        // A place without a record (removed, filler, damaged) takes the time of the next one that
        // has a record.
        std::int64_t probe = middle;
        std::int64_t time = storeTimestampIn(m_log, *queue, probe);
        while (time < 0 && ++probe < high) {
            time = storeTimestampIn(m_log, *queue, probe);
        }
        if (probe == high || isBehind(time)) {
            high = middle;
        } else {
            low = probe + 1;
        }
    }
    return boundary == OffsetBoundary::Lower ? low : std::max(queue->minOffset(), low - 1);
}

Result<std::string> MessageStoreImpl::recordAt(std::int64_t commitLogOffset) const
{
    return m_log.record(commitLogOffset, 4096);
}

QueryResult MessageStoreImpl::queryByKey(std::string_view topic, std::string_view key, int countMax,
                                         std::int64_t beginTimestampMs,
                                         std::int64_t endTimestampMs) const
{
    QueryResult result;
    const auto count = static_cast<std::size_t>(std::clamp(countMax, 0, kQueryMax));
    std::int64_t end = endTimestampMs;
    // As Apache: when nothing that was found can be read any more, look again before it.
    for (int round = 0; round < kQueryRounds && result.records.empty(); ++round) {
        const IndexService::Found found = m_index.find(topic, key, count, beginTimestampMs, end);
        result.indexLastUpdateTimestampMs = found.lastTimestampMs;
        result.indexLastUpdateOffset = found.lastOffset;
        for (const std::int64_t offset : found.offsets) {
            if (auto record = m_log.record(offset, 4096)) {
                result.records.push_back(std::move(*record));
            }
        }
        if (found.offsets.empty()) {
            break;
        }
        const std::int64_t firstTime = m_log.storeTimestampAt(found.offsets.front());
        if (firstTime <= 0 || firstTime >= end) {
            break;
        }
        end = firstTime;
    }
    return result;
}

std::vector<std::pair<std::string, std::int32_t>> MessageStoreImpl::queues() const
{
    std::vector<std::pair<std::string, std::int32_t>> result;
    for (const ConsumeQueuePtr& queue : m_queues.all()) {
        if (queue->maxOffset() > 0 || queue->hasFiles()) {
            result.emplace_back(queue->topic(), queue->queueId());
        }
    }
    std::sort(result.begin(), result.end());
    return result;
}

} // namespace gantry
