// SPDX-License-Identifier: Apache-2.0
#include "store/consume_queue_store.h"

#include "base/log.h"
#include "store/seeded_bug.h"
#include "store/store_health.h"

#include <algorithm>
#include <optional>

namespace gantry {

namespace {

constexpr std::size_t kLowIds = 256;
constexpr std::size_t kPlacesPerQueue = 4;

/// A topic may be deleted at any time, also between a look whether its directory is there and the sync.
Result<> syncIfThere(FileSystem& files, const std::filesystem::path& directory)
{
    Result<> synced = files.syncDirectory(directory);
    return !synced && synced.error().code == Errc::NotFound ? Result<>{} : syncOutcome(std::move(synced));
}

} // namespace

ConsumeQueueStore::ConsumeQueueStore(FileSystem& files, FileCache& cache,
                                     std::filesystem::path directory, const Options& options)
    : m_options(options)
    , m_context{files,
                cache,
                std::move(directory),
                (options.fileSize + kConsumeQueueEntrySize - 1) / kConsumeQueueEntrySize *
                    kConsumeQueueEntrySize,
                0,
                0}
{}

Result<> ConsumeQueueStore::load(const ConsumeQueueListing& listing, bool afterCrash)
{
    // Before anything is written: it reports what fails from now on.
    if (auto diskSync = m_context.files.diskSync(m_context.directory)) {
        m_diskSync = std::move(*diskSync);
    }
    std::vector<std::pair<ConsumeQueuePtr, const ListedQueue*>> work;
    for (const ListedTopic& topic : listing.topics) {
        std::vector<const ListedQueue*> queues;
        for (const ListedQueue& queue : topic.queues) {
            queues.push_back(&queue);
        }
        // Small ids first, as the table wants them.
        std::sort(queues.begin(), queues.end(), [](const auto* a, const auto* b) { return a->queueId < b->queueId; });
        for (const ListedQueue* queue : queues) {
            work.emplace_back(findOrCreate(topic.name, queue->queueId), queue);
        }
    }
    return forEachIndex(work.size(), m_options.mayUseThreads, [&](std::size_t i) {
        return work[i].first->load(work[i].second->files, afterCrash);
    });
}

ConsumeQueuePtr ConsumeQueueStore::Topic::find(std::int32_t queueId) const
{
    const auto index = static_cast<std::size_t>(queueId); // a negative id is far behind the end
    if (index < low.size() && low[index]) {
        return low[index];
    }
    if (others.empty()) {
        return nullptr;
    }
    const auto found = others.find(queueId);
    return found != others.end() ? found->second : nullptr;
}

/// One that find() does not know.
void ConsumeQueueStore::Topic::add(const ConsumeQueuePtr& queue)
{
    const auto index = static_cast<std::size_t>(queue->queueId());
    if (index >= kLowIds + kPlacesPerQueue * lowCount) {
        others.emplace(queue->queueId(), queue); // one large id must not cost a large table
        return;
    }
    if (index >= low.size()) {
        low.resize(index + 1);
    }
    low[index] = queue;
    ++lowCount;
}

ConsumeQueuePtr ConsumeQueueStore::find(std::string_view topic, std::int32_t queueId) const
{
    const std::shared_lock lock(m_mutex);
    const auto foundTopic = m_topics.find(topic);
    if (foundTopic == m_topics.end()) {
        return nullptr;
    }
    return foundTopic->second.find(queueId);
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
        foundTopic = m_topics.emplace(*name, Topic{name, {}, 0, {}}).first;
    }
    if (ConsumeQueuePtr queue = foundTopic->second.find(queueId)) {
        return queue; // another thread was faster
    }
    auto queue = std::make_shared<ConsumeQueue>(m_context, foundTopic->second.name, queueId, m_nextNumber++);
    foundTopic->second.add(queue);
    return queue;
}

std::vector<ConsumeQueuePtr> ConsumeQueueStore::all() const
{
    std::vector<ConsumeQueuePtr> queues;
    const std::shared_lock lock(m_mutex);
    for (const auto& [name, topic] : m_topics) {
        topic.forEach([&queues](const ConsumeQueuePtr& queue) { queues.push_back(queue); });
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

std::size_t ConsumeQueueStore::dirtyCount() const
{
    const std::lock_guard guard(m_workMutex);
    return m_dirty.size();
}

Result<> ConsumeQueueStore::writeTails(std::int64_t flushedOffset)
{
    std::vector<ConsumeQueuePtr> work;
    {
        const std::lock_guard guard(m_workMutex);
        work.swap(m_dirty);
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
    return outcome;
}

Result<> ConsumeQueueStore::writeMended(const ConsumeQueuePtr& queue)
{
    GANTRY_TRY(touched, queue->writeMended());
    noteWritten(queue, touched);
    return {};
}

bool ConsumeQueueStore::hasUnsynced() const
{
    const std::lock_guard guard(m_workMutex);
    return !m_unsyncedFiles.empty();
}

void ConsumeQueueStore::noteWritten(const ConsumeQueuePtr& queue,
                                    const std::vector<std::int64_t>& files)
{
    if (files.empty() && !queue->hasDeletedNames()) {
        return;
    }
    const std::lock_guard guard(m_workMutex);
    for (const std::int64_t file : files) {
        m_unsyncedFiles.emplace_back(queue, file);
    }
    if (queue->takeChangedNames()) {
        m_unsyncedNames.insert(queue);
    }
}

Result<> ConsumeQueueStore::sync()
{
    GANTRY_CHECK(cutFiles());
    UnsyncedFiles files;
    UnsyncedNames names;
    {
        const std::lock_guard guard(m_workMutex);
        files.swap(m_unsyncedFiles);
        names.swap(m_unsyncedNames);
    }
    std::sort(files.begin(), files.end(), QueueOrder{});
    files.erase(std::unique(files.begin(), files.end()), files.end());
    Result<> synced = syncAll(files, names);
    if (!synced) {
        // Not durable: the next attempt must not believe that there is less to do.
        const std::lock_guard guard(m_workMutex);
        m_unsyncedFiles.insert(m_unsyncedFiles.end(), files.begin(), files.end());
        m_unsyncedNames.merge(names);
    }
    return synced;
}

/// A sync per file costs a commit of the file system's journal each; with tens of thousands it would take half a minute
/// of every minute.
Result<> ConsumeQueueStore::syncAll(const UnsyncedFiles& files, const UnsyncedNames& names)
{
    if (files.size() + names.size() > m_options.filesSyncedOneByOne && m_diskSync) {
        return planted(SeededBug::QueueNameNotSynced) ? Result<>{} : syncOutcome(m_diskSync->sync());
    }
    for (const auto& [queue, file] : files) {
        GANTRY_CHECK(queue->syncFile(file));
    }
    return planted(SeededBug::QueueNameNotSynced) ? Result<>{} : syncNames(names);
}

Result<> ConsumeQueueStore::syncNames(const UnsyncedNames& names)
{
    std::set<std::filesystem::path> parents;
    for (const ConsumeQueuePtr& queue : names) {
        const std::filesystem::path directory = queue->directory();
        GANTRY_CHECK(syncIfThere(m_context.files, directory));
        parents.insert(directory.parent_path());
    }
    for (const std::filesystem::path& parent : parents) {
        GANTRY_CHECK(syncIfThere(m_context.files, parent));
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
    const std::vector<ConsumeQueuePtr> queues = all();
    return forEachIndex(queues.size(), m_options.mayUseThreads,
                        [&](std::size_t i) { return queues[i]->truncate(commitLogOffset); });
}

void ConsumeQueueStore::cutLater()
{
    std::vector<ConsumeQueuePtr> queues = all();
    std::sort(queues.begin(), queues.end(), QueueOrder{});
    const std::lock_guard guard(m_workMutex);
    m_uncut = std::move(queues);
}

Result<> ConsumeQueueStore::cutFiles()
{
    std::vector<ConsumeQueuePtr> work;
    {
        const std::lock_guard guard(m_workMutex);
        work.swap(m_uncut);
    }
    for (std::size_t i = 0; i < work.size(); ++i) {
        auto touched = work[i]->cutFiles();
        if (!touched) {
            const std::lock_guard guard(m_workMutex);
            m_uncut.insert(m_uncut.end(), work.begin() + static_cast<std::ptrdiff_t>(i), work.end());
            return tl::unexpected<Error>(std::move(touched.error()));
        }
        noteWritten(work[i], *touched);
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
    std::optional<Error> problem;
    for (const ConsumeQueuePtr& queue : all()) {
        if (auto dropped = queue->dropBefore(minCommitLogOffset)) {
            count += *dropped;
        } else if (!problem) {
            problem = std::move(dropped.error()); // the others' files go
        }
    }
    return problem ? Result<int>(tl::unexpected<Error>(std::move(*problem))) : count;
}

std::vector<QueueEndsTable::Queue> ConsumeQueueStore::ends() const
{
    std::multiset<std::string> leaving;
    {
        const std::shared_lock lock(m_mutex);
        leaving = m_leaving;
    }
    std::vector<QueueEndsTable::Queue> result;
    for (const ConsumeQueuePtr& queue : all()) {
        const ConsumeQueue::FileRange range = queue->fileRange();
        if (range.firstFile >= 0 && !leaving.contains(queue->topic())) {
            result.push_back({queue->topic(), queue->queueId(), range.firstFile, range.end});
        }
    }
    return result;
}

void ConsumeQueueStore::beginLeaving(std::string_view topic)
{
    const std::unique_lock lock(m_mutex);
    m_leaving.emplace(topic);
}

void ConsumeQueueStore::endLeaving(std::string_view topic)
{
    const std::unique_lock lock(m_mutex);
    m_leaving.erase(m_leaving.find(std::string(topic)));
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
        found->second.forEach([&queues](const ConsumeQueuePtr& queue) {
            queue->counter().isRemoved = true;
            queues.push_back(queue);
        });
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
