// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message/record_codec.h"
#include "store/consume_queue_store.h"
#include "store/index_service.h"
#include "store/store_config.h"

namespace gantry {

/// Enters a CommitLog record into its ConsumeQueue and the index. Used by one thread at a time:
/// recovery, then reput.
class RecordDispatcher
{
public:
    RecordDispatcher(const StoreConfig& config, ConsumeQueueStore& queues, IndexService& index);

    struct Outcome
    {
        bool isConsumable = false; ///< a new ConsumeQueue entry was made
        bool foundGap = false;     ///< the queue lacked entries before this one
        std::int64_t tagsCode = 0;
    };
    /// Records that are there already change nothing. `queue` is the record's, null = not looked for yet.
    Outcome dispatch(const RecordView& record, const ConsumeQueuePtr& queue = nullptr);
    /// A record whose body is damaged keeps its place in the queue; reading skips it.
    Outcome dispatchDamaged(const RecordView& record);

    /// Only the index.
    void index(const RecordView& record);
    /// Whether the record belongs into a ConsumeQueue: all but prepared and rolled back ones.
    [[nodiscard]] static bool isQueued(const RecordView& record);
    /// Whether there can be such a topic, queue and number.
    [[nodiscard]] static bool isPossible(const RecordView& record);
    /// Hash of the tags; for delayed messages their due time (README, "Tags code").
    [[nodiscard]] std::int64_t tagsCode(const RecordView& record) const;

private:
    /// The properties that matter here, found in one walk.
    struct Words
    {
        explicit Words(std::string_view properties);
        std::string_view tags;
        std::string_view keys;
        std::string_view uniqueKey;
        std::string_view delayLevel;
    };
    Outcome enter(const RecordView& record, const Words& words, const ConsumeQueuePtr& known);
    [[nodiscard]] std::int64_t tagsCode(const RecordView& record, const Words& words) const;

    const std::vector<std::chrono::milliseconds> m_delayLevels;
    ConsumeQueueStore& m_queues;
    IndexService& m_index;
};

} // namespace gantry
