// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/file_system.h"
#include "store/get_result.h"
#include "store/put_group.h"
#include "store/store_config.h"
#include "store/store_metrics.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gantry {

/// A broker's durable store: one CommitLog for all topics, a ConsumeQueue per queue, IndexFiles; Apache's files byte
/// for byte (engine/store/README.md). Knows nothing about the network.
///
/// Thread-safe. Own threads: one flushes, one dispatches the CommitLog to queues and index (reput), one keeps house
/// (next file ahead, retention). The store does not check topic existence; queues come into being with their first
/// message.
class MessageStore
{
public:
    struct Dependencies
    {
        FileSystem& files;
        Clock& clock;
        /// The store starts no threads; whoever opened it runs their work by step(). For simulations, whose every
        /// interleaving must come from a seed.
        bool isDriven = false;
    };
    /// The store's own threads.
    enum class Worker { Flush, Reput, Allocator, House };
    /// What a newly dispatched record looks like to whoever waits for messages; views live during the call.
    struct Arrival
    {
        std::string_view topic;
        std::int32_t queueId = 0;
        std::int64_t queueOffset = 0;   ///< of the record; the queue's new maximum is one more
        std::int64_t tagsCode = 0;
        std::int64_t storeTimestampMs = 0;
        std::string_view properties;
    };

    /// Takes the directory's lock, loads, recovers, starts the threads. Refuses without touching anything what it
    /// cannot read safely: a directory locked by another process, files of other sizes, a RocksDB ConsumeQueue.
    [[nodiscard]] static Result<std::unique_ptr<MessageStore>> open(StoreConfig config, Dependencies dependencies);
    virtual ~MessageStore() = default; ///< close()

    /// Called on the dispatch thread for every record that became consumable, and on another one (then without time and
    /// properties) for what was damaged and can be asked for again. Set before traffic; must not block.
    virtual void setArrivalListener(std::function<void(const Arrival&)> listener) = 0;

    /// Appends; `done` gets the result when the promise of the flush mode holds. The result's offsets are final.
    /// With a group the answer comes after finish(), unless it is a refusal.
    virtual void put(PutRequest request, PutCallback done, PutGroup* group = nullptr) = 0;
    /// Appends a decoded batch: consecutive queue offsets, one durability wait.
    virtual void putBatch(std::vector<PutRequest> requests, PutCallback done, PutGroup* group = nullptr) = 0;
    /// Answers what is in the group, or has it answered by the flush thread; the group is empty then.
    virtual void finish(PutGroup& group) = 0;
    /// put() and wait. Never on an event loop under sync flush.
    [[nodiscard]] PutResult putAndWait(PutRequest request);

    [[nodiscard]] virtual GetResult get(const GetRequest& request) = 0;

    /// Logical offsets of a queue; 0 and 0 for one without messages.
    [[nodiscard]] virtual std::int64_t minOffset(std::string_view topic, std::int32_t queueId) const = 0;
    [[nodiscard]] virtual std::int64_t maxOffset(std::string_view topic, std::int32_t queueId) const = 0;
    /// By store time; before the first -> min, after the last -> max.
    [[nodiscard]] virtual std::int64_t offsetByTime(std::string_view topic, std::int32_t queueId, std::int64_t timestampMs,
                                                    OffsetBoundary boundary) const = 0;
    [[nodiscard]] virtual std::optional<ConsumeQueueEntry> entryAt(std::string_view topic, std::int32_t queueId,
                                                                   std::int64_t queueOffset) const = 0;
    [[nodiscard]] virtual std::vector<ConsumeQueueEntry> entries(std::string_view topic, std::int32_t queueId,
                                                                 std::int64_t fromOffset, int countMax) const = 0;
    /// Store time of the record of one queue offset, -1 if it is not there.
    [[nodiscard]] virtual std::int64_t storeTimestampOf(std::string_view topic, std::int32_t queueId,
                                                        std::int64_t queueOffset) const = 0;

    /// The record at a physical offset; NotFound when there is none.
    [[nodiscard]] virtual Result<std::string> recordAt(std::int64_t commitLogOffset) const = 0;
    /// Index look-up of "topic#key"; callers re-check keys, hashes may collide. At most 64 records.
    [[nodiscard]] virtual QueryResult queryByKey(std::string_view topic, std::string_view key, int countMax,
                                                 std::int64_t beginTimestampMs, std::int64_t endTimestampMs) const = 0;

    /// Every (topic, queueId) that has a ConsumeQueue.
    [[nodiscard]] virtual std::vector<std::pair<std::string, std::int32_t>> queues() const = 0;
    /// Removes the topic's queues (the CommitLog keeps its records until they expire).
    virtual Result<> deleteTopic(std::string_view topic) = 0;
    /// Runs retention now; returns files deleted.
    virtual int deleteExpiredFiles() = 0;

    [[nodiscard]] virtual const StoreMetrics& metrics() const = 0;
    [[nodiscard]] virtual StorePositions positions() const = 0;
    [[nodiscard]] virtual const RecoveryReport& recovery() const = 0;
    [[nodiscard]] virtual const StoreConfig& config() const = 0;
    [[nodiscard]] virtual bool isWritable() const = 0;

    /// One round of a worker's work on the calling thread; false if there was nothing to do. Only for a store that
    /// was opened with isDriven, by one thread.
    virtual bool step(Worker worker) = 0;

    /// Waits until all written records are flushed and dispatched; for tests and clean stops.
    virtual Result<> sync() = 0;
    /// Stops accepting, flushes, dispatches, writes the checkpoint, removes the abort file if all of it worked.
    /// Idempotent.
    virtual Result<> close() = 0;
};

} // namespace gantry
