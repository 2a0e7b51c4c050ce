// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/byte_view.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

enum class GetStatus {
    Found,
    NoMatchedMessage,     ///< everything scanned was filtered out
    MessageWasRemoving,
    OffsetFoundNull,
    OffsetOverflowBadly,
    OffsetOverflowOne,    ///< exactly at the end: wait for more
    OffsetTooSmall,
    NoMatchedLogicQueue,
    NoMessageInQueue,
    OffsetReset,
};
[[nodiscard]] std::string_view toString(GetStatus status); ///< Apache's name, e.g. "NO_MESSAGE_IN_QUEUE"

/// Decides which messages a get returns. matchesTagsCode() sees only the ConsumeQueue entry and may let too much
/// through; matchesRecord() sees the record. Both run on the caller's thread.
class MessageFilter
{
public:
    virtual ~MessageFilter() = default;
    [[nodiscard]] virtual bool matchesTagsCode(std::int64_t tagsCode) const = 0;
    [[nodiscard]] virtual bool matchesRecord(ByteView record) const = 0;
};

struct GetRequest
{
    std::string_view topic;
    std::int32_t queueId = 0;
    std::int64_t offset = 0;            ///< first logical offset wanted
    int messagesMax = 32;
    std::int64_t bytesMax = 256 * 1024;
    const MessageFilter* filter = nullptr; ///< null = everything
    bool mayWait = true;                ///< false: nothing is read from the disk, see GetResult::wouldWait
    std::int64_t distanceMax = INT64_MAX; ///< bytes behind the log's end; a first message further away: GetResult::isFar
    bool mayBeFar = true;               ///< false: what is far is not read, see GetResult::wouldWait
};

struct GetResult
{
    GetStatus status = GetStatus::NoMatchedLogicQueue;
    std::int64_t nextBeginOffset = 0;
    std::int64_t minOffset = 0;
    std::int64_t maxOffset = 0;
    int messageCount = 0;
    std::string records;                ///< concatenated, as a pull response's body
    std::int64_t lastStoreTimestampMs = 0; ///< of the last record, 0 if none
    bool suggestPullingFromSlave = false;
    bool fromDisk = false;              ///< some of it was far behind the tail
    bool wouldWait = false;             ///< it is not in memory, or far away: ask again where one may wait; but for `isFar`
                                        ///< the rest means nothing
    bool isFar = false;                 ///< the first message lies further away than asked for; false, too, when the queue's
                                        ///< own entries are not in memory and nobody knows yet
};

/// One ConsumeQueue entry, for inspection and for the delay service.
struct ConsumeQueueEntry
{
    std::int64_t queueOffset = 0;
    std::int64_t commitLogOffset = 0;
    std::int32_t size = 0;
    std::int64_t tagsCode = 0;          ///< for SCHEDULE_TOPIC_XXXX the due time, ms
};

enum class OffsetBoundary { Lower, Upper };

struct QueryResult
{
    std::vector<std::string> records;   ///< each one record, oldest first
    std::int64_t indexLastUpdateTimestampMs = 0;
    std::int64_t indexLastUpdateOffset = 0;
};

} // namespace gantry
