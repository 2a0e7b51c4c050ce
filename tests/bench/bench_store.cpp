// SPDX-License-Identifier: GPL-3.0-or-later
// bench_store [directory]: append throughput, group commit and recovery of the store alone; prints
// text.
#include "store/message_store.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/posix_file_system.h"

#include <fmt/format.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

using namespace gantry;

namespace {

std::filesystem::path g_root;

double seconds(std::chrono::steady_clock::time_point since)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

double cpuSeconds()
{
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto total = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return total(usage.ru_utime) + total(usage.ru_stime);
}

StoreConfig config(FlushMode mode)
{
    StoreConfig result;
    result.rootDirectory = g_root / "store";
    result.flushMode = mode;
    return result;
}

std::unique_ptr<MessageStore> openStore(FlushMode mode)
{
    auto store =
        MessageStore::open(config(mode), {PosixFileSystem::instance(), SystemClock::instance()});
    if (!store) {
        fmt::print(stderr, "{}\n", store.error().message);
        std::exit(1);
    }
    return std::move(*store);
}

PutRequest request(int queue)
{
    PutRequest result;
    result.topic = "bench";
    result.queueId = queue;
    result.body.assign(1024, 'x');
    return result;
}

void clean()
{
    std::filesystem::remove_all(g_root / "store");
}

void benchAppend(int threads, int queues, int each)
{
    clean();
    auto store = openStore(FlushMode::Async);
    const double cpu = cpuSeconds();
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::thread> workers;
    for (int t = 0; t < threads; ++t) {
        workers.emplace_back([&, t] {
            for (int i = 0; i < each; ++i) {
                store->put(request((i + t) % queues), [](PutResult) {});
            }
        });
    }
    for (std::thread& worker : workers) {
        worker.join();
    }
    const double appended = seconds(begin);
    const double total = each * threads;
    (void)store->sync();
    const double synced = seconds(begin);
    const HistogramSnapshot append = store->metrics().appendLatency.snapshot();
    fmt::print("append async, {} thread(s), {} queues: {:.0f} k/s appended, {:.0f} k/s dispatched "
               "and durable, {:.2f} us CPU each, "
               "append lock p50 {} p99 {} p99.9 {} max {} ns\n",
               threads, queues, total / appended / 1e3, total / synced / 1e3,
               (cpuSeconds() - cpu) / total * 1e6, append.quantile(0.5), append.quantile(0.99),
               append.quantile(0.999), append.max);
}

void benchGroupCommit(int waiters, double duration)
{
    clean();
    auto store = openStore(FlushMode::Sync);
    std::mutex mutex;
    std::condition_variable ready;
    int free = waiters;
    std::atomic<int> done{0};
    const double cpu = cpuSeconds();
    const auto begin = std::chrono::steady_clock::now();
    while (seconds(begin) < duration) {
        int batch = 0;
        {
            std::unique_lock lock(mutex);
            ready.wait(lock, [&] { return free > 0; });
            batch = std::exchange(free, 0);
        }
        for (int i = 0; i < batch; ++i) {
            store->put(request(i % 4), [&](PutResult result) {
                done += result.status == PutStatus::Ok ? 1 : 0;
                const std::lock_guard guard(mutex);
                if (free++ == 0) {
                    ready.notify_one();
                }
            });
        }
    }
    const double elapsed = seconds(begin);
    const auto& metrics = store->metrics();
    const HistogramSnapshot flush = metrics.flushLatency.snapshot();
    fmt::print("group commit, {} waiting: {:.1f} k/s durable, {:.0f} flushes/s, {:.1f} per flush, "
               "flush p50 {:.0f} p99 {:.0f} us, {:.2f} us CPU each\n",
               waiters, done / elapsed / 1e3, static_cast<double>(metrics.flushes) / elapsed,
               static_cast<double>(metrics.messagesPerFlushSum) /
                   static_cast<double>(std::max<std::uint64_t>(1, metrics.flushes)),
               static_cast<double>(flush.quantile(0.5)) / 1e3,
               static_cast<double>(flush.quantile(0.99)) / 1e3, (cpuSeconds() - cpu) / done * 1e6);
    (void)store->close();
}

void benchRead(int queues)
{
    auto store = openStore(FlushMode::Async);
    std::int64_t bytes = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (int queue = 0; queue < queues; ++queue) {
        for (std::int64_t at = 0; at < store->maxOffset("bench", queue);) {
            GetRequest get;
            get.topic = "bench";
            get.queueId = queue;
            get.offset = at;
            const GetResult result = store->get(get);
            bytes += static_cast<std::int64_t>(result.records.size());
            at = std::max(at + 1, result.nextBeginOffset);
        }
    }
    fmt::print("read, {} queues, page cache: {:.0f} MB/s\n", queues,
               static_cast<double>(bytes) / seconds(begin) / 1e6);
}

void benchRecovery(bool afterKill)
{
    clean();
    const pid_t child = ::fork();
    if (child == 0) {
        auto store = openStore(FlushMode::Async);
        for (int i = 0; i < 900'000; ++i) {
            store->put(request(i % 8), [](PutResult) {});
        }
        (void)store->sync();
        if (!afterKill) {
            (void)store->close();
        }
        ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    const auto begin = std::chrono::steady_clock::now();
    auto store = openStore(FlushMode::Async);
    const double opened = seconds(begin);
    const RecoveryReport& report = store->recovery();
    fmt::print("recovery {}: open {:.0f} ms, scanned {} records, {:.0f} MiB{}\n",
               afterKill ? "after kill" : "clean", opened * 1e3, report.scannedRecords,
               static_cast<double>(report.scannedBytes) / (1 << 20),
               report.scannedBytes > 0 ? fmt::format(", {:.0f} ms per GiB",
                                                     opened * 1e3 * (1 << 30) /
                                                         static_cast<double>(report.scannedBytes))
                                       : "");
}

} // namespace

int main(int argc, char** argv)
{
    log::setLevel(log::Level::Error);
    g_root = argc > 1 ? argv[1]
                      : std::filesystem::temp_directory_path() /
                            fmt::format("bench_store_{}", ::getpid());
    std::filesystem::create_directories(g_root);
    benchRecovery(true); // first: it forks, and there are no threads yet
    benchRecovery(false);
    benchAppend(1, 8, 600'000);
    benchRead(8);
    benchAppend(2, 8, 300'000);
    for (const int waiters : {1, 8, 64, 512}) {
        benchGroupCommit(waiters, 2.0);
    }
    std::filesystem::remove_all(g_root);
    return 0;
}
