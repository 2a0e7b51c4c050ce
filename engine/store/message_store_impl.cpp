// SPDX-License-Identifier: Apache-2.0
#include "store/message_store_impl.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/log.h"
#include "message/sys_flag.h"
#include "message/topic_name.h"
#include "store/file_names.h"
#include "store/seeded_bug.h"

#include <algorithm>
#include <future>

namespace gantry {

namespace {

constexpr std::size_t kFileCacheSize = 256;
constexpr std::size_t kRetryTopicBytesMax = 255;

PutResult refusal(PutStatus status, std::string reason)
{
    PutResult result;
    result.status = status;
    result.reason = std::move(reason);
    return result;
}

Result<> validateConfig(const StoreConfig& config)
{
    if (config.rootDirectory.empty()) {
        return fail(Errc::InvalidArgument, "storePathRootDir is empty");
    }
    const auto isPositive = [](std::int64_t value) { return value > 0; };
    if (!isPositive(config.consumeQueueFileSize) || config.commitLogFileSize < 4096 ||
        config.indexSlotCount < 1 || config.indexEntryCount < 2 ||
        !isPositive(config.messageBytesMax)) {
        return fail(Errc::InvalidArgument,
                    "file sizes are too small: mappedFileSizeCommitLog {} (at least 4096), "
                    "mappedFileSizeConsumeQueue {}, "
                    "maxHashSlotNum {}, maxIndexNum {}, maxMessageSize {}",
                    config.commitLogFileSize, config.consumeQueueFileSize, config.indexSlotCount,
                    config.indexEntryCount, config.messageBytesMax);
    }
    if (config.commitLogFileSize > 2'147'483'647) {
        return fail(Errc::InvalidArgument,
                    "mappedFileSizeCommitLog {} is more than a file of the format can have",
                    config.commitLogFileSize);
    }
    return {};
}

} // namespace

Result<std::unique_ptr<MessageStore>> MessageStore::open(StoreConfig config,
                                                         Dependencies dependencies)
{
    GANTRY_CHECK(validateConfig(config));
    auto store = std::make_unique<MessageStoreImpl>(std::move(config), dependencies);
    GANTRY_CHECK(store->start());
    return std::unique_ptr<MessageStore>(std::move(store));
}

PutResult MessageStore::putAndWait(PutRequest request)
{
    std::promise<PutResult> promise;
    put(std::move(request), [&promise](PutResult result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
}

MessageStoreImpl::MessageStoreImpl(StoreConfig config, Dependencies dependencies)
    : m_config(std::move(config))
    , m_files(dependencies.files)
    , m_clock(dependencies.clock)
    , m_isDriven(dependencies.isDriven)
    , m_directory(m_files, m_config, !m_isDriven)
    , m_cache(m_files, kFileCacheSize)
    , m_checkpoint(m_files, m_directory.checkpoint())
    , m_queueEnds(m_files, m_config.rootDirectory)
    , m_log(m_config, m_files, m_cache, m_clock, m_health, m_isDriven)
    , m_queues(m_files, m_cache, m_directory.consumeQueue(),
               {m_config.consumeQueueFileSize, m_config.queueFilesSyncedOneByOne, !m_isDriven})
    , m_index(m_config, m_files, m_clock, m_directory.index(), m_health)
    , m_dispatcher(m_config, m_queues, m_index)
    , m_flush(m_config, m_log, m_health, m_clock, m_metrics, m_isDriven)
    , m_reput(m_config, m_log, m_dispatcher, m_metrics, m_isDriven)
    , m_retention({m_config, m_files, m_clock, m_health, m_log, m_queues, m_index, m_reput})
    , m_house(
          {m_config, m_clock, m_health, m_log, m_queues, m_index, m_flush, m_reput, m_checkpoint, m_queueEnds,
           m_isDriven})
    , m_mender({m_log, m_queues, m_dispatcher, m_health, m_metrics, m_isDriven,
                [this](const std::function<Result<>()>& work) { return m_house.whileNothingIsWritten(work); },
                [this](const Arrival& arrival) { m_reput.announce(arrival); }})
{}

MessageStoreImpl::~MessageStoreImpl()
{
    (void)close();
}

Result<> MessageStoreImpl::start()
{
    GANTRY_CHECK(m_directory.claim());
    m_recovery.cleanExit = !m_directory.hasAbortFile();
    m_recovery.wasPoisoned = m_directory.hasPoisonMark();
    GANTRY_CHECK(m_directory.createAbortFile(m_recovery.wasPoisoned));
    m_health.setPoisonListener([this] { m_directory.markPoisoned(); });
    if (Result<> recovered = recover(); !recovered) {
        m_directory.markPoisoned(); // a sync may be what failed: the next recovery must not trust the page cache
        return recovered;
    }
    if (m_recovery.wasPoisoned && !m_health.isPoisoned()) {
        GANTRY_CHECK(m_directory.createAbortFile(false)); // all of it is written anew
    }
    m_flush.setFlushedListener([this] {
        m_house.noteFlushed(m_log.flushedOffset());
        if (m_config.flushMode == FlushMode::Sync) {
            m_reput.notify();
        }
    });
    m_flush.start();
    m_isStarted = true;
    return {};
}

Result<> MessageStoreImpl::recover()
{
    const auto begin = std::chrono::steady_clock::now();
    GANTRY_TRY(checkpoint, m_checkpoint.load());
    if (!m_recovery.cleanExit) {
        // What this start believes a power cut after it must not take back. Written again, because the sync may have failed.
        Result<> kept = checkpoint.isSealed ? m_checkpoint.save(checkpoint) : m_checkpoint.sync();
        GANTRY_CHECK(kept || kept.error().code != Errc::DiskFull ? std::move(kept) : m_checkpoint.sync());
    }
    GANTRY_CHECK(m_log.segments().load());
    GANTRY_CHECK(m_queues.load(m_directory.takeListing(), !m_recovery.cleanExit));
    GANTRY_CHECK(m_index.load());
    CommitLogRecovery recovery(m_config, m_log.segments(), m_queues, m_index, m_dispatcher,
                               m_recovery, m_checkpoint, m_queueEnds);
    GANTRY_TRY(outcome, recovery.run(checkpoint));
    m_metrics.damagedRecords = m_recovery.damagedOffsets.size();
    if (auto dropped = m_queues.dropBefore(m_log.minOffset()); !dropped) {
        log::error("store", "entries of deleted CommitLog files stay: {}", dropped.error().message); // retention tries again
    }
    m_queues.resetCounters();
    const std::int64_t timestamp = outcome.lastStoreTimestampMs > 0 ? outcome.lastStoreTimestampMs
                                                                    : checkpoint.physicMsgTimestamp;
    GANTRY_CHECK(m_log.start(outcome.end, timestamp));
    m_retention.start();
    m_reput.start(outcome.end, timestamp);
    m_house.start(checkpoint, [this] { m_retention.run(false); });
    m_recovery.durationMs = std::chrono::duration_cast<std::chrono::milliseconds>(
                                std::chrono::steady_clock::now() - begin)
                                .count();
    return {};
}

void MessageStoreImpl::setArrivalListener(std::function<void(const Arrival&)> listener)
{
    m_reput.setListener(std::move(listener));
}

// ---- writing

struct MessageStoreImpl::Encoded
{
    std::string bytes;
    std::vector<std::uint32_t> sizes;
};

PutResult MessageStoreImpl::check(const PutRequest& request) const
{
    if (!m_health.acceptsWrites()) {
        return refusal(PutStatus::ServiceNotAvailable, m_health.reason());
    }
    const std::string& topic = request.topic;
    const std::size_t topicMax = isRetryTopic(topic) ? kRetryTopicBytesMax : limits::kTopicBytesMax;
    if (topic.empty() || topic.size() > topicMax) {
        return refusal(
            PutStatus::MessageIllegal,
            fmt::format("the topic has {} bytes; 1 to {} are allowed", topic.size(), topicMax));
    }
    if (!isDirectoryName(topic)) {
        return refusal(PutStatus::MessageIllegal, "the topic's name cannot be a directory's");
    }
    if (request.queueId < 0) {
        return refusal(PutStatus::MessageIllegal,
                       fmt::format("queue {} cannot be", request.queueId));
    }
    if (request.properties.size() > limits::kPropertiesBytesMax) {
        return refusal(PutStatus::PropertiesTooLarge,
                       fmt::format("the properties have {} bytes; {} are allowed",
                                   request.properties.size(), limits::kPropertiesBytesMax));
    }
    if (static_cast<std::int64_t>(request.body.size()) > m_config.messageBytesMax) {
        return refusal(PutStatus::MessageIllegal,
                       fmt::format("the body has {} bytes; {} are allowed (maxMessageSize)",
                                   request.body.size(), m_config.messageBytesMax));
    }
    PutResult ok;
    ok.status = PutStatus::Ok;
    return ok;
}

void MessageStoreImpl::encode(const PutRequest& request, Encoded& encoded) const
{
    RecordFields fields;
    fields.topic = request.topic;
    fields.body = request.body;
    fields.properties = request.properties;
    fields.queueId = request.queueId;
    fields.flag = request.flag;
    fields.sysFlag = request.sysFlag;
    fields.bornTimestampMs = request.bornTimestampMs;
    fields.bornHost = request.bornHost;
    fields.storeHost = m_config.storeHost;
    fields.reconsumeTimes = request.reconsumeTimes;
    fields.preparedTransactionOffset = request.preparedTransactionOffset;
    const std::size_t before = encoded.bytes.size();
    encodeRecord(fields, encoded.bytes);
    encoded.sizes.push_back(static_cast<std::uint32_t>(encoded.bytes.size() - before));
}

void MessageStoreImpl::put(PutRequest request, PutCallback done, PutGroup* group)
{
    if (PutResult checked = check(request); checked.status != PutStatus::Ok) {
        refuse(std::move(checked), done);
        return;
    }
    thread_local Encoded encoded; // keeps its capacity
    encoded.bytes.clear();
    encoded.sizes.clear();
    encode(request, encoded);
    PutGroup alone;
    append(request, encoded, request.waitForFlush, std::move(done), group != nullptr ? *group : alone);
    finish(alone);
}

void MessageStoreImpl::putBatch(std::vector<PutRequest> requests, PutCallback done, PutGroup* group)
{
    if (requests.empty()) {
        refuse(refusal(PutStatus::MessageIllegal, "the batch is empty"), done);
        return;
    }
    Encoded encoded;
    bool waitForFlush = false;
    for (const PutRequest& request : requests) {
        if (PutResult checked = check(request); checked.status != PutStatus::Ok) {
            refuse(std::move(checked), done);
            return;
        }
        const bool isSameQueue =
            request.topic == requests.front().topic && request.queueId == requests.front().queueId;
        if (!isSameQueue ||
            sysflag::transactionType(request.sysFlag) != sysflag::kTransactionNone) {
            refuse(refusal(PutStatus::MessageIllegal,
                           "a batch goes to one queue and has no transactions"),
                   done);
            return;
        }
        encode(request, encoded);
        waitForFlush = waitForFlush || request.waitForFlush;
    }
    PutGroup alone;
    append(requests.front(), encoded, waitForFlush, std::move(done), group != nullptr ? *group : alone);
    finish(alone);
}

Result<CommitLog::Appended> MessageStoreImpl::appendRecords(const PutRequest& first, Encoded& encoded)
{
    const std::int32_t type = sysflag::transactionType(first.sysFlag);
    const CommitLog::Append append{std::as_writable_bytes(std::span(encoded.bytes.data(), encoded.bytes.size())), encoded.sizes,
                                   nullptr, type == sysflag::kTransactionNone || type == sysflag::kTransactionCommit};
    while (true) {
        const ConsumeQueuePtr queue = m_queues.findOrCreate(first.topic, first.queueId);
        CommitLog::Append attempt = append;
        attempt.counter = &queue->counter();
        CommitLog::Appended appended = m_log.append(attempt, m_metrics.appendLatency);
        if (appended.retryWritten) {
            GANTRY_CHECK(m_log.writeOut());
        } else if (!appended.retryLookup) {
            return appended;
        }
    }
}

void MessageStoreImpl::append(const PutRequest& first, Encoded& encoded, bool waitForFlush, PutCallback done, PutGroup& group)
{
    if (group.isEmpty()) {
        group.m_since = m_clock.steady();
    }
    const auto size = static_cast<std::int64_t>(encoded.bytes.size());
    if (size > m_config.appendBytesMax()) {
        refuse(refusal(PutStatus::MessageIllegal,
                       fmt::format("the message takes {} bytes; {} are allowed", size, m_config.appendBytesMax())),
               done);
        return;
    }
    auto appended = appendRecords(first, encoded);
    if (!appended) {
        refuse(refusal(PutStatus::ServiceNotAvailable, std::move(appended.error().message)), done);
        return;
    }
    if (appended->status != PutStatus::Ok) {
        refuse(refusal(appended->status, std::move(appended->reason)), done);
        return;
    }
    PutWaiter& waiter = group.m_waiters.emplace_back();
    waiter.end = appended->end;
    waiter.since = group.m_since;
    waiter.messages = static_cast<int>(encoded.sizes.size());
    waiter.waitsForFlush = m_config.flushMode == FlushMode::Sync && waitForFlush;
    waiter.done = std::move(done);
    PutResult& result = waiter.result;
    result.status = PutStatus::Ok;
    result.commitLogOffset = appended->offset;
    result.size = static_cast<std::int32_t>(size);
    result.queueOffset = appended->queueOffset;
    result.storeTimestampMs = appended->storeTimestampMs;
    if (encoded.sizes.size() > 1) {
        std::int64_t at = appended->offset;
        for (const std::uint32_t recordSize : encoded.sizes) {
            result.batchCommitLogOffsets.push_back(at);
            at += recordSize;
        }
    }
}

/// Once for the group: these counters are shared by all who put.
void MessageStoreImpl::countPuts(const std::vector<PutWaiter>& waiters)
{
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    for (const PutWaiter& waiter : waiters) {
        messages += static_cast<std::uint64_t>(waiter.messages);
        bytes += static_cast<std::uint64_t>(waiter.result.size);
    }
    m_metrics.messagesPut.fetch_add(messages, std::memory_order_relaxed);
    m_metrics.bytesPut.fetch_add(bytes, std::memory_order_relaxed);
}

void MessageStoreImpl::finish(PutGroup& group)
{
    if (group.isEmpty()) {
        return;
    }
    std::swap(group.m_waiters, group.m_finishing);
    std::vector<PutWaiter>& waiters = group.m_finishing;
    countPuts(waiters);
    const auto flushed = std::partition(waiters.begin(), waiters.end(), [](const PutWaiter& waiter) { return !waiter.waitsForFlush; });
    if (flushed != waiters.begin()) {
        m_flush.noteDirty();
        const Result<> written = planted(SeededBug::AckBeforeWrite) ? Result<>{} : m_log.writeOut();
        if (m_config.flushMode == FlushMode::Async) {
            m_reput.notify();
        }
        const auto latency = std::max<std::int64_t>(0, (m_clock.steady() - group.m_since).count());
        m_metrics.putLatency.record(static_cast<std::uint64_t>(latency), static_cast<std::uint64_t>(flushed - waiters.begin()));
        for (auto waiter = waiters.begin(); waiter != flushed; ++waiter) {
            waiter->answer(written, m_metrics);
        }
    }
    if (flushed != waiters.end()) {
        m_flush.wait(std::span(flushed, waiters.end()));
    }
    waiters.clear();
}

void MessageStoreImpl::refuse(PutResult result, const PutCallback& done)
{
    m_metrics.putsFailed.fetch_add(1, std::memory_order_relaxed);
    done(std::move(result));
}

// ---- lifecycle

Result<> MessageStoreImpl::deleteTopic(std::string_view topic)
{
    // Records still on their way to the queues would bring them back.
    GANTRY_CHECK(sync());
    // Before the files go no checkpoint may speak of them any more: the next start would make them anew.
    m_queues.beginLeaving(topic);
    Result<> outcome = m_house.saveCheckpoint(HouseKeeper::Save::Always);
    // Messages that come meanwhile make the topic anew; what is written of its queues then must not be removed with the old.
    outcome = outcome ? m_house.whileNothingIsWritten([&] { return m_queues.removeTopic(topic, m_log); }) : std::move(outcome);
    m_queues.endLeaving(topic);
    return outcome;
}

int MessageStoreImpl::deleteExpiredFiles()
{
    return m_retention.run(true);
}

StorePositions MessageStoreImpl::positions() const
{
    StorePositions result;
    result.state = m_health.state();
    result.stateReason = m_health.reason();
    result.minOffset = m_log.minOffset();
    result.dispatchedOffset = m_reput.dispatchedOffset();
    result.flushedOffset = m_log.flushedOffset();
    result.maxOffset = m_log.writtenOffset();
    result.lossWindowMs = m_flush.lossWindow().count();
    result.earliestStoreTimestampMs = m_log.earliestStoreTimestampMs();
    result.commitLogFiles = static_cast<int>(m_log.segments().count());
    result.consumeQueueFiles = m_queues.fileCount();
    result.indexFiles = m_index.fileCount();
    result.indexError = m_index.error();
    result.commitLogDiskRatio = Retention::diskRatio(m_files, m_log.segments().directory());
    result.consumeQueueDiskRatio = Retention::diskRatio(m_files, m_queues.directory());
    if (auto space = m_files.space(m_log.segments().directory())) {
        result.diskTotalBytes = space->totalBytes;
        result.diskAvailableBytes = space->availableBytes;
    }
    result.retention = m_retention.report();
    return result;
}

bool MessageStoreImpl::step(Worker worker)
{
    GANTRY_ASSERT(m_isDriven, "step() on a store with threads of its own");
    switch (worker) {
    case Worker::Flush:
        return m_flush.step();
    case Worker::Reput:
        return m_reput.step();
    case Worker::Allocator:
        return m_log.stepAllocator();
    case Worker::House:
        while (m_mender.step()) {
        }
        return m_house.step();
    }
    return false;
}

Result<> MessageStoreImpl::sync()
{
    const std::int64_t target = m_log.tail();
    GANTRY_CHECK(m_flush.flushNow());
    m_reput.notify();
    GANTRY_CHECK(m_reput.waitFor(target));
    return m_house.saveCheckpoint();
}

Result<> MessageStoreImpl::close()
{
    const std::lock_guard guard(m_closeMutex);
    if (!m_isClosed) {
        m_isClosed = true;
        if (Result<> finished = finishClose(); !finished) {
            m_closeError = std::move(finished.error());
        }
    }
    return m_closeError ? tl::unexpected<Error>(*m_closeError) : Result<>{};
}

Result<> MessageStoreImpl::finishClose()
{
    m_log.withoutAppends([this] { m_health.close(); }); // after this nothing is appended
    m_mender.stop();
    m_house.stop();
    m_flush.stop();
    m_reput.stop();
    Result<> outcome;
    if (m_isStarted) {
        outcome = m_house.saveCheckpoint();
    }
    m_log.stop();
    m_cache.clear();
    // With keys missing from the index the next start is a recovery, which enters them.
    const bool isComplete = outcome && !m_health.isPoisoned() && m_index.missingFrom() < 0 &&
                            m_reput.dispatchedOffset() >= m_log.tail();
    if (m_isStarted && (isComplete || planted(SeededBug::AbortRemovedAfterFailure))) {
        outcome = m_directory.removeAbortFile();
    }
    m_directory.release();
    return outcome;
}

} // namespace gantry
