// SPDX-License-Identifier: Apache-2.0
#include "runtime/message_search.h"

#include "base/log.h"
#include "message/message_id.h"
#include "message/record_codec.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <queue>
#include <set>
#include <thread>

namespace gantry {

namespace {

constexpr int kMessagesPerPull = 32;
constexpr std::int64_t kChunkBytes = 4 * kMiB;
/// For damaged queue entries that are being made anew; of one search, however many queues it looks at.
constexpr int kWaitsMax = 40;
constexpr auto kWait = std::chrono::milliseconds(50);

const StoreRef* findStore(const std::vector<StoreRef>& stores, const std::string& brokerName)
{
    const auto found = std::find_if(stores.begin(), stores.end(), [&](const auto& ref) { return ref.brokerName == brokerName; });
    return found == stores.end() ? nullptr : &*found;
}

/// Splits concatenated records; damage ends the list, because what follows cannot be trusted.
std::vector<MessageExt> decodeAll(std::string_view records, const std::string& brokerName)
{
    std::vector<MessageExt> messages;
    while (!records.empty()) {
        const RecordParse parsed = parseRecord(asBytes(records), false);
        if (parsed.status != RecordStatus::Ok) {
            break;
        }
        const auto size = static_cast<std::size_t>(parsed.record.totalSize);
        if (auto message = decodeForViewing(records.substr(0, size), brokerName)) {
            messages.push_back(std::move(*message));
        }
        records.remove_prefix(size);
    }
    return messages;
}

/// Reads for one search, with patience for places that cannot be read at the moment.
class PatientReader
{
public:
    explicit PatientReader(const CancelToken& cancel)
        : m_cancel(cancel)
    {}

    struct Part
    {
        std::vector<MessageExt> messages;
        std::int64_t nextOffset = 0;
        bool isRead = false; ///< false: neither a message nor a place to go on from
    };
    Part read(const StoreRef& ref, std::string_view topic, std::int32_t queueId, std::int64_t from, std::int64_t count)
    {
        GetRequest request;
        request.topic = topic;
        request.queueId = queueId;
        request.offset = from;
        request.messagesMax = static_cast<int>(count);
        request.bytesMax = kChunkBytes;
        GetResult got = ref.store->get(request);
        while (isToComeAgain(got, from) && m_waits < kWaitsMax && !m_cancel.isCancelled()) {
            ++m_waits;
            std::this_thread::sleep_for(kWait);
            got = ref.store->get(request);
        }
        return {decodeAll(got.records, ref.brokerName), got.nextBeginOffset, got.nextBeginOffset > from};
    }
    void noteUnread(const StoreRef& ref, std::int32_t queueId, std::int64_t from)
    {
        const auto [place, isNew] = m_unread.try_emplace({ref.brokerName, queueId}, from);
        place->second = std::min(place->second, from);
    }
    /// For people; empty when everything was read.
    [[nodiscard]] std::string unreadNote() const
    {
        if (m_unread.empty()) {
            return {};
        }
        const auto& [queue, from] = *m_unread.begin();
        const std::string others = m_unread.size() == 1 ? "" : fmt::format(", and some of {} other queues,", m_unread.size() - 1);
        return fmt::format("messages from offset {} of queue {} of {}{} could not be read at the moment", from, queue.second, queue.first, others);
    }
    [[nodiscard]] bool isCancelled() const { return m_cancel.isCancelled(); }

private:
    static bool isToComeAgain(const GetResult& got, std::int64_t from)
    {
        return got.wouldWait || (got.status == GetStatus::OffsetFoundNull && got.nextBeginOffset <= from);
    }

    const CancelToken& m_cancel;
    int m_waits = 0;
    std::map<std::pair<std::string, std::int32_t>, std::int64_t> m_unread; ///< by broker and queue: the first offset
};

void addNote(MessagePage& page, const std::string& note)
{
    page.note += page.note.empty() || note.empty() ? note : "; " + note;
}

/// Walks one queue backwards in time, a chunk at a time.
class BackwardCursor
{
public:
    BackwardCursor(const StoreRef& ref, PatientReader& reader, std::string topic, std::int32_t queueId, std::int64_t beginMs, std::int64_t endMs)
        : m_ref(&ref)
        , m_reader(&reader)
        , m_topic(std::move(topic))
        , m_queueId(queueId)
        , m_first(ref.store->offsetByTime(m_topic, queueId, beginMs, OffsetBoundary::Lower))
        , m_end(endMs >= std::numeric_limits<std::int64_t>::max() - 1
                    ? ref.store->maxOffset(m_topic, queueId)
                    : ref.store->offsetByTime(m_topic, queueId, endMs + 1, OffsetBoundary::Lower))
    {
        refill();
    }
    [[nodiscard]] bool isAtEnd() const { return m_chunk.empty(); }
    [[nodiscard]] std::int64_t timestampMs() const { return m_chunk.back().storeTimestampMs; }
    MessageExt take()
    {
        MessageExt message = std::move(m_chunk.back());
        m_chunk.pop_back();
        if (m_chunk.empty()) {
            refill();
        }
        return message;
    }

private:
    void refill()
    {
        while (m_chunk.empty() && m_first < m_end) {
            const std::int64_t from = std::max(m_first, m_end - kMessagesPerPull);
            // A get may stop early at its byte limit or before a damaged entry, so go on until the chunk's end is reached.
            for (std::int64_t at = from; at < m_end;) {
                auto part = m_reader->read(*m_ref, m_topic, m_queueId, at, m_end - at);
                if (!part.isRead) {
                    m_reader->noteUnread(*m_ref, m_queueId, at);
                    break;
                }
                at = part.nextOffset;
                // In place of messages that are lost the store gives some from behind the chunk.
                std::erase_if(part.messages, [this](const MessageExt& message) { return message.queueOffset >= m_end; });
                std::move(part.messages.begin(), part.messages.end(), std::back_inserter(m_chunk));
            }
            m_end = from;
            if (m_reader->isCancelled()) {
                return;
            }
        }
    }

    const StoreRef* m_ref;
    PatientReader* m_reader;
    std::string m_topic;
    std::int32_t m_queueId;
    std::int64_t m_first;
    std::int64_t m_end;
    std::vector<MessageExt> m_chunk; ///< oldest first; taken from the back
};

bool hasKey(const MessageExt& message, std::string_view key)
{
    std::string_view keys = message.keys();
    while (!keys.empty()) {
        const std::size_t end = std::min(keys.find(' '), keys.size());
        if (keys.substr(0, end) == key) {
            return true;
        }
        keys.remove_prefix(std::min(end + 1, keys.size()));
    }
    return message.uniqueKey() == key;
}

void newestFirst(std::vector<MessageExt>& messages)
{
    std::stable_sort(messages.begin(), messages.end(), [](const auto& a, const auto& b) { return a.storeTimestampMs > b.storeTimestampMs; });
}

} // namespace

Result<MessageExt> decodeForViewing(std::string_view record, const std::string& brokerName)
{
    const RecordParse parsed = parseRecord(asBytes(record), false);
    if (parsed.status != RecordStatus::Ok) {
        return fail(Errc::Corruption, "the record is damaged");
    }
    MessageExt message = parsed.record.toMessage();
    message.brokerName = brokerName;
    if (auto decompressed = decompressBody(message); !decompressed) {
        log::debug("runtime", "{} is shown as stored: {}", message.messageId(), decompressed.error().message);
    }
    return message;
}

Result<MessagePage> browseQueue(const std::vector<StoreRef>& stores, const MessageQueue& queue, std::int64_t fromOffset,
                                int countMax, const CancelToken& cancel)
{
    const StoreRef* ref = findStore(stores, queue.brokerName);
    if (ref == nullptr) {
        return fail(Errc::NotFound, "there is no broker {} in this cluster", queue.brokerName);
    }
    MessagePage page;
    page.minOffset = ref->store->minOffset(queue.topic, queue.queueId);
    page.maxOffset = ref->store->maxOffset(queue.topic, queue.queueId);
    page.nextOffset = std::clamp(fromOffset, page.minOffset, page.maxOffset);
    if (fromOffset < page.minOffset || fromOffset > page.maxOffset) {
        page.note = fmt::format("offset {} is outside this queue; showing from {}", fromOffset, page.nextOffset);
    }
    PatientReader reader(cancel);
    while (static_cast<int>(page.messages.size()) < countMax && page.nextOffset < page.maxOffset) {
        if (cancel.isCancelled()) {
            page.isComplete = false;
            page.note = fmt::format("cancelled after {} messages", page.messages.size());
            return page;
        }
        const int count = std::min(kMessagesPerPull, countMax - static_cast<int>(page.messages.size()));
        auto part = reader.read(*ref, queue.topic, queue.queueId, page.nextOffset, count);
        if (!part.isRead) {
            if (cancel.isCancelled()) {
                continue;
            }
            reader.noteUnread(*ref, queue.queueId, page.nextOffset);
            break;
        }
        std::move(part.messages.begin(), part.messages.end(), std::back_inserter(page.messages));
        page.nextOffset = part.nextOffset;
    }
    addNote(page, reader.unreadNote());
    page.isComplete = page.nextOffset >= page.maxOffset;
    return page;
}

Result<MessagePage> browseTime(const std::vector<StoreRef>& stores, const std::string& topic, std::int64_t beginMs,
                               std::int64_t endMs, int countMax, const CancelToken& cancel)
{
    if (beginMs > endMs) {
        return fail(Errc::InvalidArgument, "the time range ends before it begins");
    }
    PatientReader reader(cancel);
    std::vector<BackwardCursor> cursors;
    for (const auto& ref : stores) {
        for (const auto& [name, queueId] : ref.store->queues()) {
            if (name == topic) {
                cursors.emplace_back(ref, reader, topic, queueId, beginMs, endMs);
            }
        }
    }
    const auto isOlder = [&](std::size_t a, std::size_t b) { return cursors[a].timestampMs() < cursors[b].timestampMs(); };
    std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(isOlder)> newest(isOlder);
    for (std::size_t i = 0; i < cursors.size(); ++i) {
        if (!cursors[i].isAtEnd()) {
            newest.push(i);
        }
    }
    MessagePage page;
    while (!newest.empty()) {
        if (static_cast<int>(page.messages.size()) >= countMax || cancel.isCancelled()) {
            page.isComplete = false;
            page.note = cancel.isCancelled() ? fmt::format("cancelled after {} messages", page.messages.size())
                                             : fmt::format("the newest {}; older ones in the range are not shown", countMax);
            break;
        }
        const std::size_t index = newest.top();
        newest.pop();
        page.messages.push_back(cursors[index].take());
        if (!cursors[index].isAtEnd()) {
            newest.push(index);
        }
    }
    if (const std::string unread = reader.unreadNote(); !unread.empty() && !cancel.isCancelled()) {
        page.isComplete = false;
        addNote(page, unread);
    } else if (cancel.isCancelled() && page.isComplete) { // while the last of its messages were waited for
        page.isComplete = false;
        page.note = fmt::format("cancelled after {} messages", page.messages.size());
    }
    return page;
}

Result<MessagePage> searchKey(const std::vector<StoreRef>& stores, const std::string& topic, const std::string& key, int countMax)
{
    if (topic.empty() || key.empty()) {
        return fail(Errc::InvalidArgument, "a search by key needs a topic and a key");
    }
    MessagePage page;
    for (const auto& ref : stores) {
        const QueryResult found = ref.store->queryByKey(topic, key, countMax, 0, std::numeric_limits<std::int64_t>::max());
        for (const auto& record : found.records) {
            auto message = decodeForViewing(record, ref.brokerName);
            if (message && message->topic == topic && hasKey(*message, key)) {
                page.messages.push_back(std::move(*message));
            }
        }
    }
    newestFirst(page.messages);
    return page;
}

Result<MessagePage> searchId(const std::vector<StoreRef>& stores, const std::string& topic, const std::string& id)
{
    MessagePage page;
    if (const auto parsed = parseOffsetMessageId(id)) {
        for (const auto& ref : stores) {
            if (ref.store->config().storeHost != parsed->storeHost) {
                continue;
            }
            if (const auto record = ref.store->recordAt(parsed->commitLogOffset)) {
                GANTRY_TRY(message, decodeForViewing(*record, ref.brokerName));
                page.messages.push_back(std::move(message));
                return page;
            }
        }
    }
    // The two kinds of id look alike; what was no offset id of ours may be a unique key.
    if (topic.empty()) {
        return fail(Errc::NotFound, "no message has the offset id {}; to search it as a unique key, choose its topic", id);
    }
    GANTRY_TRY(byKey, searchKey(stores, topic, id, 64));
    if (byKey.messages.empty()) {
        return fail(Errc::NotFound, "no message of topic {} has the id {}", topic, id);
    }
    return std::move(byKey);
}

} // namespace gantry
