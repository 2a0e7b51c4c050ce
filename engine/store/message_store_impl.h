// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/checkpoint.h"
#include "store/commit_log.h"
#include "store/commit_log_recovery.h"
#include "store/consume_queue_store.h"
#include "store/file_cache.h"
#include "store/flush_service.h"
#include "store/house_keeper.h"
#include "store/index_service.h"
#include "store/message_store.h"
#include "store/queue_ends.h"
#include "store/queue_mender.h"
#include "store/record_dispatcher.h"
#include "store/reput_service.h"
#include "store/retention.h"
#include "store/store_directory.h"
#include "store/store_health.h"

namespace gantry {

/// Puts the parts together; see engine/store/README.md for who calls whom on which thread.
class MessageStoreImpl final : public MessageStore
{
public:
    MessageStoreImpl(StoreConfig config, Dependencies dependencies);
    ~MessageStoreImpl() override;
    /// All of MessageStore::open() but the object.
    Result<> start();

    void setArrivalListener(std::function<void(const Arrival&)> listener) override;
    void put(PutRequest request, PutCallback done, PutGroup* group) override;
    void putBatch(std::vector<PutRequest> requests, PutCallback done, PutGroup* group) override;
    void finish(PutGroup& group) override;
    [[nodiscard]] GetResult get(const GetRequest& request) override;
    [[nodiscard]] std::int64_t minOffset(std::string_view topic,
                                         std::int32_t queueId) const override;
    [[nodiscard]] std::int64_t maxOffset(std::string_view topic,
                                         std::int32_t queueId) const override;
    [[nodiscard]] std::int64_t offsetByTime(std::string_view topic, std::int32_t queueId,
                                            std::int64_t timestampMs,
                                            OffsetBoundary boundary) const override;
    [[nodiscard]] std::optional<ConsumeQueueEntry>
    entryAt(std::string_view topic, std::int32_t queueId, std::int64_t queueOffset) const override;
    [[nodiscard]] std::vector<ConsumeQueueEntry> entries(std::string_view topic,
                                                         std::int32_t queueId,
                                                         std::int64_t fromOffset,
                                                         int countMax) const override;
    [[nodiscard]] std::int64_t storeTimestampOf(std::string_view topic, std::int32_t queueId,
                                                std::int64_t queueOffset) const override;
    [[nodiscard]] Result<std::string> recordAt(std::int64_t commitLogOffset) const override;
    [[nodiscard]] QueryResult queryByKey(std::string_view topic, std::string_view key, int countMax,
                                         std::int64_t beginTimestampMs,
                                         std::int64_t endTimestampMs) const override;
    [[nodiscard]] std::vector<std::pair<std::string, std::int32_t>> queues() const override;
    Result<> deleteTopic(std::string_view topic) override;
    int deleteExpiredFiles() override;
    [[nodiscard]] const StoreMetrics& metrics() const override { return m_metrics; }
    [[nodiscard]] StorePositions positions() const override;
    [[nodiscard]] const RecoveryReport& recovery() const override { return m_recovery; }
    [[nodiscard]] const StoreConfig& config() const override { return m_config; }
    [[nodiscard]] bool isWritable() const override { return m_health.acceptsWrites(); }
    bool step(Worker worker) override;
    Result<> sync() override;
    Result<> close() override;

private:
    struct Encoded;

    Result<> recover();
    [[nodiscard]] PutResult check(const PutRequest& request) const;
    void encode(const PutRequest& request, Encoded& encoded) const;
    void append(const PutRequest& first, Encoded& encoded, bool waitForFlush, PutCallback done, PutGroup& group);
    void countPuts(const std::vector<PutWaiter>& waiters);
    Result<CommitLog::Appended> appendRecords(const PutRequest& first, Encoded& encoded);
    void refuse(PutResult result, const PutCallback& done);
    Result<> finishClose();

    StoreConfig m_config;
    FileSystem& m_files;
    Clock& m_clock;
    const bool m_isDriven;
    StoreMetrics m_metrics;
    StoreHealth m_health;
    RecoveryReport m_recovery;
    StoreDirectory m_directory;
    FileCache m_cache;
    Checkpoint m_checkpoint;
    QueueEnds m_queueEnds;
    CommitLog m_log;
    ConsumeQueueStore m_queues;
    IndexService m_index;
    RecordDispatcher m_dispatcher;
    FlushService m_flush;
    ReputService m_reput;
    Retention m_retention;
    HouseKeeper m_house;
    QueueMender m_mender;
    bool m_isStarted = false;
    std::mutex m_closeMutex; // guards what follows
    bool m_isClosed = false;
    std::optional<Error> m_closeError;
};

} // namespace gantry
