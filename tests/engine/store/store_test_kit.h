// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "store/message_store.h"
#include "support/manual_clock.h"
#include "support/memory_file_system.h"

#include <QString>
#include <QTest>

#include <memory>
#include <string>
#include <thread>
#include <vector>

/// QCOMPARE for enums whose toString() is the engine's.
#define COMPARE_NAMES(actual, expected)                                                            \
    QCOMPARE(gantry::test::nameOf(actual), gantry::test::nameOf(expected))

namespace gantry::test {

inline const std::filesystem::path kRoot = "/store";

/// A store so small that a few messages roll every kind of file.
inline StoreConfig smallConfig(FlushMode mode = FlushMode::Async)
{
    StoreConfig config;
    config.rootDirectory = kRoot;
    config.commitLogFileSize = 16 * 1024;
    config.consumeQueueFileSize = 400; // 20 entries
    config.indexSlotCount = 16;
    config.indexEntryCount = 64;
    config.flushMode = mode;
    config.storeHost = HostAddress::parse("127.0.0.1:10911").value();
    return config;
}

template <typename Enum>
QString nameOf(Enum value)
{
    const std::string_view name = toString(value);
    return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
}

inline PutRequest message(std::string topic, std::int32_t queueId, std::string body,
                          std::string properties = {})
{
    PutRequest request;
    request.topic = std::move(topic);
    request.queueId = queueId;
    request.body = std::move(body);
    request.properties = std::move(properties);
    request.bornTimestampMs = 1'700'000'000'000;
    request.bornHost = HostAddress::parse("127.0.0.1:50000").value();
    return request;
}

inline std::string keyProperty(const std::string& key)
{
    return "KEYS\x01" + key + "\x02";
}

/// get(), again while entries are being made anew.
inline GetResult getMended(MessageStore& store, const GetRequest& request)
{
    constexpr int kAttempts = 3000; // of a millisecond
    GetResult got = store.get(request);
    for (int i = 0; i < kAttempts && got.status == GetStatus::OffsetFoundNull; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        got = store.get(request);
    }
    return got;
}

/// The bodies of everything a queue gives, read as a consumer would.
inline std::vector<std::string> bodies(MessageStore& store, std::string_view topic,
                                       std::int32_t queueId, std::int64_t from = 0)
{
    std::vector<std::string> result;
    std::int64_t offset = std::max(from, store.minOffset(topic, queueId));
    while (offset < store.maxOffset(topic, queueId)) {
        GetRequest request;
        request.topic = topic;
        request.queueId = queueId;
        request.offset = offset;
        const GetResult got = getMended(store, request);
        for (std::size_t at = 0; at < got.records.size();) {
            const RecordParse parse = parseRecord(asBytes(got.records).subspan(at), true);
            if (parse.status != RecordStatus::Ok) {
                result.emplace_back("<damaged>");
                break;
            }
            result.emplace_back(parse.record.body);
            at += static_cast<std::size_t>(parse.record.totalSize);
        }
        if (got.nextBeginOffset <= offset) {
            break;
        }
        offset = got.nextBeginOffset;
    }
    return result;
}

/// A store over memory, a clock that stands still, and what a test does to both.
struct StoreFixture
{
    std::unique_ptr<MemoryFileSystem> files = std::make_unique<MemoryFileSystem>();
    ManualClock clock;
    StoreConfig config = smallConfig();
    std::unique_ptr<MessageStore> store;
    std::vector<std::unique_ptr<MemoryFileSystem>>
        graveyard; ///< file systems of stores that still close

    StoreFixture()
    {
        files->setNow([this] { return clock.wallMs(); });
    }
    ~StoreFixture() { store.reset(); }

    [[nodiscard]] Result<> tryOpen()
    {
        files->setNow([this] { return clock.wallMs(); }); // they may be another fixture's, which is gone
        auto opened = MessageStore::open(config, {*files, clock});
        if (!opened) {
            return tl::unexpected<Error>(std::move(opened.error()));
        }
        store = std::move(*opened);
        return {};
    }
    [[nodiscard]] bool open()
    {
        const Result<> opened = tryOpen();
        if (!opened) {
            fprintf(stderr, "open failed: %s\n", opened.error().message.c_str());
        }
        return opened.has_value();
    }
    [[nodiscard]] bool reopen()
    {
        store.reset();
        return open();
    }
    /// The process dies; the next one opens what it left.
    [[nodiscard]] bool killAndReopen() { return replaceFiles(files->afterKill()); }
    [[nodiscard]] bool cutPowerAndReopen(std::uint64_t seed)
    {
        return replaceFiles(files->afterPowerCut(seed));
    }
    [[nodiscard]] bool replaceFiles(std::unique_ptr<MemoryFileSystem> left)
    {
        store.reset(); // closes on the old disk, which nobody looks at again
        files = std::move(left);
        return open();
    }
    PutResult put(const std::string& topic, std::int32_t queueId, const std::string& body,
                  const std::string& properties = {})
    {
        return store->putAndWait(message(topic, queueId, body, properties));
    }
};

} // namespace gantry::test
