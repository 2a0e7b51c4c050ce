// SPDX-License-Identifier: Apache-2.0
#include "store/consume_queue_store.h"

#include "base/log.h"
#include "store/file_names.h"
#include "store/seeded_bug.h"
#include "store/store_health.h"

#include <algorithm>

namespace gantry {

ConsumeQueueStore::ConsumeQueueStore(FileSystem& files, FileCache& cache,
                                     std::filesystem::path directory, std::int64_t fileSize)
    : m_context{files,
                cache,
                std::move(directory),
                (fileSize + kConsumeQueueEntrySize - 1) / kConsumeQueueEntrySize *
                    kConsumeQueueEntrySize,
                0,
                0}
{}

Result<> ConsumeQueueStore::load(bool afterCrash)
{
    GANTRY_TRY(topics, m_context.files.list(m_context.directory));
    for (const DirectoryEntry& topic : topics) {
        if (!topic.isDirectory) {
            continue;
        }
        GANTRY_TRY(queues, m_context.files.list(m_context.directory / topic.name));
        for (const DirectoryEntry& queue : queues) {
            const auto queueId = parseQueueId(queue.name);
            if (queue.isDirectory && queueId) {
                GANTRY_CHECK(findOrCreate(topic.name, *queueId)->load(afterCrash));
            }
        }
    }
    return {};
}

ConsumeQueuePtr ConsumeQueueStore::find(std::string_view topic, std::int32_t queueId) const
{
    const std::shared_lock lock(m_mutex);
    const auto foundTopic = m_topics.find(topic);
    if (foundTopic == m_topics.end()) {
        return nullptr;
    }
    const auto found = foundTopic->second.queues.find(queueId);
    return found != foundTopic->second.queues.end() ? found->second : nullptr;
}

ConsumeQueuePtr ConsumeQueueStore::findOrCreate(std::string_view topic, std::int32_t queueId)
{
    if (ConsumeQueuePtr queue = find(topic, queueId)) {
        return queue;
    }
    const std::unique_lock lock(m_mutex);
    auto foundTopic = m_topics.find(topic);
    if (foundTopic == m_topics.end()) {
        auto name = std::make_shared<const std::string>(topic);
        foundTopic = m_topics.emplace(*name, Topic{name, {}}).first;
    }
    ConsumeQueuePtr& queue = foundTopic->second.queues[queueId];
    if (!queue) {
        queue = std::make_shared<ConsumeQueue>(m_context, foundTopic->second.name, queueId,
                                               m_nextNumber++);
    }
    return queue;
}

std::vector<ConsumeQueuePtr> ConsumeQueueStore::all() const
{
    std::vector<ConsumeQueuePtr> queues;
    const std::shared_lock lock(m_mutex);
    for (const auto& [name, topic] : m_topics) {
        for (const auto& [queueId, queue] : topic.queues) {
            queues.push_back(queue);
        }
    }
    return queues;
}

ConsumeQueue::Appended ConsumeQueueStore::append(const ConsumeQueuePtr& queue,
                                                 std::int64_t queueOffset,
                                                 const RawQueueEntry& entry)
{
    const ConsumeQueue::Appended appended = queue->append(queueOffset, entry);
    if (appended == ConsumeQueue::Appended::Yes && queue->markDirty()) {
        const std::lock_guard guard(m_workMutex);
        m_dirty.push_back(queue);
    }
    return appended;
}

Result<bool> ConsumeQueueStore::writeTails(std::int64_t flushedOffset, std::size_t queuesMax)
{
    std::vector<ConsumeQueuePtr> work;
    bool isAll = true;
    {
        const std::lock_guard guard(m_workMutex);
        if (m_dirty.size() <= queuesMax) {
            work.swap(m_dirty);
        } else {
            const auto middle = m_dirty.begin() + static_cast<std::ptrdiff_t>(queuesMax);
            work.assign(m_dirty.begin(), middle);
            m_dirty.erase(m_dirty.begin(), middle);
            isAll = false;
        }
    }
    Result<> outcome;
    for (const ConsumeQueuePtr& queue : work) {
        queue->clearDirty(); // before writing: what is appended meanwhile lists it again
        if (outcome) {
            auto touched = queue->writeTail(flushedOffset);
            if (touched) {
                noteWritten(queue, *touched);
            } else {
                outcome = tl::unexpected<Error>(std::move(touched.error()));
            }
        }
        if (queue->hasTail() && queue->markDirty()) {
            const std::lock_guard guard(m_workMutex);
            m_dirty.push_back(queue);
        }
    }
    if (!outcome) {
        return tl::unexpected<Error>(std::move(outcome.error()));
    }
    return isAll;
}

void ConsumeQueueStore::noteWritten(const ConsumeQueuePtr& queue,
                                    const std::vector<std::int64_t>& files)
{
    if (files.empty()) {
        return;
    }
    const std::lock_guard guard(m_workMutex);
    for (const std::int64_t file : files) {
        m_unsyncedFiles.emplace(queue, file);
    }
    if (queue->takeNewNames()) {
        m_unsyncedDirectories.insert(queue->directory());
    }
}

Result<> ConsumeQueueStore::sync()
{
    UnsyncedFiles files;
    std::set<std::filesystem::path> directories;
    {
        const std::lock_guard guard(m_workMutex);
        files.swap(m_unsyncedFiles);
        directories.swap(m_unsyncedDirectories);
    }
    Result<> synced = syncAll(files, directories);
    if (!synced) {
        // Not durable: the next attempt must not believe that there is less to do.
        const std::lock_guard guard(m_workMutex);
        m_unsyncedFiles.merge(files);
        m_unsyncedDirectories.merge(directories);
    }
    return synced;
}

Result<> ConsumeQueueStore::syncAll(
    const UnsyncedFiles& files,
    const std::set<std::filesystem::path>& directories)
{
    for (const auto& [queue, file] : files) {
        GANTRY_CHECK(queue->syncFile(file));
    }
    std::set<std::filesystem::path> parents;
    for (const std::filesystem::path& directory : directories) {
        if (planted(SeededBug::QueueNameNotSynced)) {
            break;
        }
        if (m_context.files.exists(directory)) {
            GANTRY_CHECK(syncOutcome(m_context.files.syncDirectory(directory)));
            parents.insert(directory.parent_path());
        }
    }
    for (const std::filesystem::path& parent : parents) {
        GANTRY_CHECK(syncOutcome(m_context.files.syncDirectory(parent)));
    }
    if (!parents.empty()) {
        GANTRY_CHECK(syncOutcome(m_context.files.syncDirectory(m_context.directory)));
    }
    return {};
}

Result<> ConsumeQueueStore::truncate(std::int64_t commitLogOffset)
{
    if (planted(SeededBug::QueuesNotTruncated)) {
        return {};
    }
    for (const ConsumeQueuePtr& queue : all()) {
        GANTRY_CHECK(queue->truncate(commitLogOffset));
    }
    return {};
}

Result<> ConsumeQueueStore::cutFiles()
{
    for (const ConsumeQueuePtr& queue : all()) {
        GANTRY_TRY(touched, queue->cutFiles());
        noteWritten(queue, touched);
    }
    return {};
}

std::int64_t ConsumeQueueStore::maxCommitLogOffset() const
{
    std::int64_t result = -1;
    for (const ConsumeQueuePtr& queue : all()) {
        result = std::max(result, queue->maxCommitLogOffset());
    }
    return result;
}

void ConsumeQueueStore::resetCounters()
{
    for (const ConsumeQueuePtr& queue : all()) {
        const std::int64_t behind =
            planted(SeededBug::CountersBehind) && queue->maxOffset() > 0 ? 1 : 0;
        queue->counter() = QueueCounter{queue->maxOffset() - behind, false};
    }
}

Result<int> ConsumeQueueStore::dropBefore(std::int64_t minCommitLogOffset)
{
    int count = 0;
    for (const ConsumeQueuePtr& queue : all()) {
        GANTRY_TRY(dropped, queue->dropBefore(minCommitLogOffset));
        count += dropped;
    }
    return count;
}

Result<> ConsumeQueueStore::removeTopic(std::string_view topic, CommitLog& log)
{
    std::vector<ConsumeQueuePtr> queues;
    log.withoutAppends([&] {
        const std::unique_lock lock(m_mutex);
        const auto found = m_topics.find(topic);
        if (found == m_topics.end()) {
            return;
        }
        for (const auto& [queueId, queue] : found->second.queues) {
            queue->counter().isRemoved = true;
            queues.push_back(queue);
        }
        m_topics.erase(found);
    });
    if (queues.empty()) {
        return {};
    }
    for (const ConsumeQueuePtr& queue : queues) {
        GANTRY_CHECK(queue->remove());
    }
    GANTRY_CHECK(m_context.files.removeTree(m_context.directory / topic));
    return m_context.files.syncDirectory(m_context.directory);
}

} // namespace gantry
