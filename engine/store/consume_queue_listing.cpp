// SPDX-License-Identifier: Apache-2.0
#include "store/consume_queue_listing.h"

#include "store/file_names.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

namespace gantry {

namespace {

constexpr std::size_t kThreadsPayOffFrom = 1'000;
constexpr unsigned kThreadsMax = 4;
constexpr std::size_t kIndexesAtOnce = 64;

struct SharedWork
{
    std::size_t count;
    const std::function<Result<>(std::size_t)>& work;
    std::atomic<std::size_t> next{0};
    std::atomic<bool> hasFailed{false};
    std::mutex mutex{}; // guards what follows
    std::size_t failedIndex = 0;
    std::optional<Error> error{};

    void run()
    {
        while (!hasFailed.load(std::memory_order_relaxed)) {
            const std::size_t begin = next.fetch_add(kIndexesAtOnce);
            if (begin >= count) {
                return;
            }
            for (std::size_t i = begin; i < std::min(begin + kIndexesAtOnce, count); ++i) {
                if (Result<> done = work(i); !done) {
                    fail(i, std::move(done.error()));
                    return;
                }
            }
        }
    }
    void fail(std::size_t index, Error what)
    {
        const std::lock_guard guard(mutex);
        hasFailed = true;
        if (!error || index < failedIndex) {
            failedIndex = index;
            error = std::move(what);
        }
    }
};

} // namespace

Result<> forEachIndex(std::size_t count, bool mayUseThreads, const std::function<Result<>(std::size_t)>& work)
{
    SharedWork shared{count, work};
    std::vector<std::thread> helpers;
    if (mayUseThreads && count >= kThreadsPayOffFrom) {
        const unsigned threads = std::clamp(std::thread::hardware_concurrency(), 1U, kThreadsMax);
        for (unsigned i = 1; i < threads; ++i) {
            helpers.emplace_back([&shared] { shared.run(); });
        }
    }
    shared.run();
    for (std::thread& helper : helpers) {
        helper.join();
    }
    return shared.error ? tl::unexpected<Error>(std::move(*shared.error)) : Result<>{};
}

Result<ConsumeQueueListing> listConsumeQueues(FileSystem& files, const std::filesystem::path& directory,
                                              bool mayUseThreads)
{
    ConsumeQueueListing listing;
    GANTRY_TRY(topics, files.list(directory));
    for (DirectoryEntry& topic : topics) {
        if (!topic.isDirectory) {
            listing.others.push_back(std::move(topic.name));
            continue;
        }
        GANTRY_TRY(names, files.list(directory / topic.name));
        ListedTopic& listed = listing.topics.emplace_back();
        listed.name = std::move(topic.name);
        for (const DirectoryEntry& name : names) {
            const auto queueId = parseQueueId(name.name);
            if (name.isDirectory && queueId) {
                listed.queues.push_back({*queueId, {}});
            }
        }
        const std::string prefix = (directory / listed.name).string() + '/';
        GANTRY_CHECK(forEachIndex(listed.queues.size(), mayUseThreads, [&](std::size_t i) -> Result<> {
            ListedQueue& queue = listed.queues[i];
            GANTRY_TRY(found, files.list(prefix + std::to_string(queue.queueId)));
            queue.files = std::move(found);
            return {};
        }));
    }
    return listing;
}

} // namespace gantry
