// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz_input.h"
#include "fuzz_targets.h"

#include "base/assert.h"
#include "base/byte_cursor.h"
#include "base/crc32.h"
#include "store/checkpoint.h"
#include "store/consume_queue.h"
#include "store/file_names.h"
#include "store/index_file.h"
#include "store/message_store.h"
#include "store/record_scanner.h"
#include "support/manual_clock.h"
#include "support/memory_file_system.h"

#include <array>
#include <algorithm>
#include <limits>
#include <map>

namespace gantry::fuzz {

namespace {

const std::filesystem::path kRoot = "/store";
constexpr std::size_t kLogFile = 4096;
constexpr std::size_t kQueueFile = 400; // 20 entries
constexpr IndexLayout kIndexLayout{16, 64};

std::string padded(std::string_view bytes, std::size_t size)
{
    std::string file(bytes.substr(0, size));
    file.resize(size, '\0');
    return file;
}

void put(MemoryFileSystem& files, const std::filesystem::path& path, std::string_view bytes)
{
    GANTRY_ASSERT(files.createDirectories(path.parent_path()), "no directory");
    files.put(path, bytes);
}

/// A fuzzer cannot guess checksums: gives every record that otherwise adds up the right one, and its place.
void repairRecords(std::string& file, std::int64_t fromOffset)
{
    for (std::size_t at = 0; at + record_layout::kFixedSizeV1 <= file.size();) {
        const RecordParse parse = parseRecord(asBytes(file).subspan(at), false);
        if (parse.status != RecordStatus::Ok) {
            return;
        }
        auto* record = reinterpret_cast<std::byte*>(file.data() + at);
        const std::string_view body = parse.record.body;
        storeBig(record + record_layout::kBodyCrc, storedCrc32(asBytes(body)));
        storeBig(record + record_layout::kPhysicalOffset, fromOffset + static_cast<std::int64_t>(at));
        at += static_cast<std::size_t>(parse.record.totalSize);
    }
}

std::string logFile(Input& input, std::int64_t fromOffset, bool isRepaired, std::size_t length = kLogFile)
{
    std::string file = padded(input.take(length), kLogFile);
    if (isRepaired) {
        repairRecords(file, fromOffset);
    }
    return file;
}

// ---- the scanner of the CommitLog's files

void expectScanned(RecordScanner& scanner, std::int64_t end)
{
    for (std::int64_t at = 0; at < end;) {
        const auto item = scanner.at(at, end);
        GANTRY_ASSERT(item, "{}", item.error().message);
        const std::int64_t fileEnd = (at / std::int64_t{kLogFile} + 1) * std::int64_t{kLogFile};
        switch (item->kind) {
        case RecordScanner::Kind::Record:
            GANTRY_ASSERT(item->record.physicalOffset == at, "a record of another place at {}", at);
            GANTRY_ASSERT(item->record.totalSize > 0 && at + item->record.totalSize <= fileEnd, "a record over the file's end at {}", at);
            (void)hasTornText(item->record);
            at += item->record.totalSize;
            break;
        case RecordScanner::Kind::Blank:
            at = fileEnd;
            break;
        case RecordScanner::Kind::Damaged: {
            const auto next = scanner.findRecord(at + 1, end, end);
            GANTRY_ASSERT(next, "{}", next.error().message);
            GANTRY_ASSERT(*next == -1 || (*next > at && *next < end), "a record at {} behind {}", *next, at);
            if (*next < 0) {
                return;
            }
            GANTRY_ASSERT(scanner.at(*next, end)->kind == RecordScanner::Kind::Record, "no record at {} where one was found", *next);
            at = *next;
            break;
        }
        case RecordScanner::Kind::NoFile:
            GANTRY_ASSERT(false, "no file at {} of {}", at, end);
        }
    }
}

void recordScanner(std::string_view bytes)
{
    Input input(bytes);
    const unsigned flags = input.byte();
    const std::size_t chunk = std::size_t{16} << (flags >> 4U & 7U);
    MemoryFileSystem files;
    std::int64_t end = 0;
    std::vector<std::string> contents;
    do {
        contents.push_back(logFile(input, end, (flags & 1U) != 0));
        put(files, kRoot / offsetFileName(end), contents.back());
        end += std::int64_t{kLogFile};
    } while (!input.isEmpty() && contents.size() < 3);
    FileCache cache(files, 8);
    MappedFileQueue queue(files, cache, kRoot, kLogFile);
    GANTRY_ASSERT(queue.load(), "cannot load");
    RecordScanner scanner(queue, (flags & 2U) == 0, chunk);
    expectScanned(scanner, end);
    for (std::int64_t at = 0; at < end; at += 509) {
        const auto nonZero = scanner.nonZeroEnd(at);
        GANTRY_ASSERT(nonZero, "{}", nonZero.error().message);
        const std::string_view file = contents[static_cast<std::size_t>(at) / kLogFile];
        const auto from = static_cast<std::size_t>(at) % kLogFile;
        const auto last = file.find_last_not_of('\0');
        const std::size_t expected = last == std::string_view::npos || last < from ? from : last + 1;
        GANTRY_ASSERT(static_cast<std::size_t>(*nonZero - at) == expected - from, "zeros begin at {} and not at {}", expected, *nonZero);
    }
}

// ---- index, checkpoint, ConsumeQueue

void checkpoint(std::string_view bytes)
{
    MemoryFileSystem files;
    put(files, kRoot / "checkpoint", bytes);
    Checkpoint file(files, kRoot / "checkpoint");
    const auto loaded = file.load();
    GANTRY_ASSERT(loaded, "{}", loaded.error().message);
    (void)loaded->minTimestamp();
    GANTRY_ASSERT(file.save(*loaded), "cannot save");
    CheckpointValues sealed = *loaded;
    sealed.isSealed = true;
    GANTRY_ASSERT(file.load() == sealed, "the checkpoint changed");
    GANTRY_ASSERT(files.content(kRoot / "checkpoint").size() == 4096, "a checkpoint of another length");
}

/// Behind a first byte of 255 it is a checkpoint.
void indexFile(std::string_view bytes)
{
    Input input(bytes);
    const std::int32_t hash = input.byte();
    if (hash == 0xFF) {
        return checkpoint(input.rest());
    }
    const std::int64_t before = input.word();
    const std::filesystem::path path = kRoot / "20240101000000000";
    MemoryFileSystem files;
    put(files, path, padded(input.rest(), static_cast<std::size_t>(kIndexLayout.fileSize())));
    auto opened = IndexFile::open(files, path, kIndexLayout);
    GANTRY_ASSERT(opened, "{}", opened.error().message);
    IndexFile& index = **opened;
    const IndexFile::Match all{0, std::numeric_limits<std::int64_t>::max(), 64};
    std::vector<std::int64_t> found;
    const auto lookAtAll = [&] {
        for (std::int32_t key = 0; key < 40; ++key) {
            found.clear();
            index.find(key, all, found);
            GANTRY_ASSERT(found.size() <= 64, "{} entries of 64", found.size());
        }
    };
    lookAtAll();
    (void)index.overlaps(0, before);
    index.rebuild(before, [](std::int64_t offset) { return offset * 10; });
    lookAtAll();
    if (!index.isEmpty()) {
        GANTRY_ASSERT(index.header().endOffset < before, "the index kept offset {}, it was to forget from {} on", index.header().endOffset, before);
    }
    if (!index.isFull()) {
        GANTRY_ASSERT(index.put(hash, before, before * 10), "cannot enter a key");
        found.clear();
        index.find(hash, all, found);
        GANTRY_ASSERT(!found.empty() && found.front() == before, "an entry cannot be found");
    }
}

struct OneQueue
{
    explicit OneQueue(MemoryFileSystem& files)
        : cache(files, 8)
        , context{files, cache, kRoot / "consumequeue", kQueueFile}
        , queue(context, std::make_shared<const std::string>("T"), 0, 1)
    {}

    FileCache cache;
    ConsumeQueueContext context;
    ConsumeQueue queue;
};

void expectReadable(const ConsumeQueue& queue)
{
    const std::int64_t first = queue.minOffset();
    const std::int64_t end = queue.maxOffset();
    GANTRY_ASSERT(first >= 0 && first <= end, "a queue from {} to {}", first, end);
    for (std::int64_t at = first; at < std::min(end, first + 100); ++at) {
        const auto entry = queue.entryAt(at);
        GANTRY_ASSERT(entry, "entry {} of [{}, {}): {}", at, first, end, entry.error().message);
    }
    const auto raw = queue.read(first, 64);
    GANTRY_ASSERT(raw && raw->size() <= 64 * 20, "cannot read a queue");
}

void consumeQueue(std::string_view bytes)
{
    Input input(bytes);
    const unsigned flags = input.byte();
    const std::int64_t cut = input.word();
    const std::size_t first = (flags >> 1U & 3U) * kQueueFile;
    MemoryFileSystem files;
    const std::filesystem::path directory = kRoot / "consumequeue" / "T" / "0";
    for (std::size_t at = first; !input.isEmpty() && at < first + 3 * kQueueFile; at += kQueueFile) {
        put(files, directory / offsetFileName(static_cast<std::int64_t>(at)), padded(input.take(kQueueFile), kQueueFile));
    }
    OneQueue one(files);
    const auto loaded = one.queue.load(files.list(directory).value(), (flags & 1U) != 0);
    GANTRY_ASSERT(loaded, "{}", loaded.error().message);
    expectReadable(one.queue);
    GANTRY_ASSERT(one.queue.truncate(cut), "cannot truncate");
    GANTRY_ASSERT(one.queue.cutFiles(), "cannot cut");
    expectReadable(one.queue);
    const std::int64_t end = one.queue.maxOffset();
    if (one.queue.append(end, {cut, 100, 7}) == ConsumeQueue::Appended::Yes) {
        GANTRY_ASSERT(one.queue.writeTail(cut + 100), "cannot write");
        const auto entry = one.queue.entryAt(end);
        GANTRY_ASSERT(entry && entry->offset == cut && entry->size == 100 && entry->tagsCode == 7, "an entry changed");
    }
    for (std::int64_t at = one.queue.minOffset(); at < one.queue.maxOffset(); ++at) {
        const auto entry = one.queue.entryAt(at);
        if (!entry || !entry->isValid()) {
            return; // damage in the middle: passed over when it is read, and perhaps taken for the end the next time
        }
    }
    OneQueue again(files);
    GANTRY_ASSERT(again.queue.load(files.list(directory).value(), false), "cannot load what was written");
    GANTRY_ASSERT(again.queue.maxOffset() == one.queue.maxOffset(), "a queue of {} entries came back with {}", one.queue.maxOffset(),
                  again.queue.maxOffset());
}

// ---- all of a store's files, and the store itself on them

StoreConfig storeConfig()
{
    StoreConfig config;
    config.rootDirectory = kRoot;
    config.commitLogFileSize = kLogFile;
    config.consumeQueueFileSize = kQueueFile;
    config.indexSlotCount = kIndexLayout.slotCount;
    config.indexEntryCount = kIndexLayout.entryCount;
    config.deleteAtHours = {};
    config.storeHost = HostAddress::parse("127.0.0.1:10911").value();
    return config;
}

std::unique_ptr<MessageStore> openStore(MemoryFileSystem& files, Clock& clock)
{
    auto opened = MessageStore::open(storeConfig(), {files, clock, true});
    return opened ? std::move(*opened) : nullptr;
}

void run(MessageStore& store)
{
    using enum MessageStore::Worker;
    for (int rounds = 0; rounds < 1000; ++rounds) {
        if (!store.step(Flush) && !store.step(Reput) && !store.step(Allocator)) {
            return;
        }
    }
    GANTRY_ASSERT(false, "the store's workers never come to an end");
}

struct QueueReading
{
    std::vector<std::string> messages; ///< what a reader gets, in words
    std::string range;                 ///< empty if messages were damaged, or entries that nothing could make anew
};
using Reading = std::map<std::pair<std::string, std::int32_t>, QueueReading>;

QueueReading readQueue(MessageStore& store, const std::string& topic, std::int32_t queueId)
{
    QueueReading reading;
    const auto damagedBefore = store.metrics().damagedRecords.load();
    const std::int64_t end = store.maxOffset(topic, queueId);
    std::int64_t at = store.minOffset(topic, queueId);
    GANTRY_ASSERT(at >= 0 && at <= end, "{} {} from {} to {}", topic, queueId, at, end);
    const std::string range = fmt::format("[{}, {})", at, end);
    for (int pulls = 0; at < end && pulls < 200; ++pulls) {
        GetRequest request;
        request.topic = topic;
        request.queueId = queueId;
        request.offset = at;
        GetResult got = store.get(request);
        if (got.nextBeginOffset == at) { // the entry is damaged
            (void)store.step(MessageStore::Worker::House);
            got = store.get(request);
        }
        const auto messages = decodeMessages(got.records);
        GANTRY_ASSERT(messages, "the store gave out damage: {}", messages.error().message);
        for (const MessageExt& message : *messages) {
            GANTRY_ASSERT(message.topic == topic && message.queueId == queueId, "a message of another queue");
            reading.messages.push_back(fmt::format("{}@{}", message.queueOffset, message.commitLogOffset));
        }
        GANTRY_ASSERT(got.nextBeginOffset > at, "reading {} {} stands still at {}", topic, queueId, at);
        at = got.nextBeginOffset;
    }
    reading.range = store.metrics().damagedRecords == damagedBefore ? range : "";
    return reading;
}

Reading readAll(MessageStore& store)
{
    Reading reading;
    for (const auto& [topic, queueId] : store.queues()) {
        reading[{topic, queueId}] = readQueue(store, topic, queueId);
    }
    return reading;
}

/// A queue that lost messages is made anew at the next start, from the log, and ends behind the last one that has; and one
/// that a reader passed over may have been found behind it.
void expectSame(const Reading& once, Reading twice)
{
    for (const auto& [queue, before] : once) {
        const QueueReading& after = twice[queue];
        const bool isSame = before.range.empty()
                                ? std::ranges::all_of(before.messages, [&](const auto& message) { return std::ranges::count(after.messages, message) == 1; })
                                : before.messages == after.messages && before.range == after.range;
        GANTRY_ASSERT(isSame, "after a clean stop queue {} of {} gives {} {} instead of {} {}", queue.second, queue.first, after.range,
                      fmt::join(after.messages, " "), before.range, fmt::join(before.messages, " "));
    }
}

void putOne(MessageStore& store)
{
    PutRequest request;
    request.topic = "New";
    request.body = "hello";
    request.properties = "KEYS\x01k\x02";
    request.bornHost = HostAddress::parse("127.0.0.1:50000").value();
    PutStatus status = PutStatus::Unknown;
    std::int64_t offset = -1;
    store.put(request, [&](const PutResult& result) {
        status = result.status;
        offset = result.commitLogOffset;
    });
    run(store);
    if (status == PutStatus::Ok) {
        GANTRY_ASSERT(store.recordAt(offset), "a message that was acknowledged is not there");
    }
}

/// Pieces of files, each behind a byte that says which file and two that say how long.
void fillStore(Input& input, MemoryFileSystem& files, bool isRepaired)
{
    while (!input.isEmpty()) {
        const unsigned kind = input.byte();
        const std::size_t length = input.word() % (kLogFile + 1);
        const std::int64_t number = kind >> 4U & 3U;
        const std::string queue = std::to_string(number & 1);
        switch (kind & 7U) {
        case 0:
        case 1:
            put(files, kRoot / "commitlog" / offsetFileName(number * std::int64_t{kLogFile}),
                logFile(input, number * std::int64_t{kLogFile}, isRepaired, length));
            break;
        case 2:
            put(files, kRoot / "consumequeue" / "T" / queue / offsetFileName((number >> 1) * std::int64_t{kQueueFile}),
                padded(input.take(length), kQueueFile));
            break;
        case 3:
            put(files, kRoot / "index" / "20240101000000000",
                padded(input.take(length), static_cast<std::size_t>(kIndexLayout.fileSize())));
            break;
        case 4:
            put(files, kRoot / "checkpoint", padded(input.take(length), 4096));
            break;
        case 5:
            put(files, kRoot / "abort", input.take(length));
            break;
        default: // half of what lies there is anything but padded
            put(files, kRoot / "config" / "topics.json", input.take(length));
        }
    }
}

void storeFiles(std::string_view bytes)
{
    Input input(bytes);
    ManualClock clock;
    MemoryFileSystem files;
    files.setNow([&clock] { return clock.wallMs(); });
    fillStore(input, files, (input.byte() & 1U) != 0);
    Reading once;
    {
        const auto store = openStore(files, clock);
        if (!store) {
            return;
        }
        run(*store);
        (void)store->queryByKey("T", "k", 32, 0, clock.wallMs());
        putOne(*store);
        once = readAll(*store);
        const auto closed = store->close();
        GANTRY_ASSERT(closed, "cannot close: {}", closed.error().message);
    }
    const auto store = openStore(files, clock);
    GANTRY_ASSERT(store, "the store does not open what it closed");
    run(*store);
    expectSame(once, readAll(*store));
}

// ---- well-formed inputs

/// What a store has on its disk after some messages; killed, or closed.
std::map<std::filesystem::path, std::string> storeOnDisk(bool isClosed)
{
    ManualClock clock;
    MemoryFileSystem files;
    const auto store = openStore(files, clock);
    GANTRY_ASSERT(store, "cannot open an empty directory");
    for (int i = 0; i < 40; ++i) {
        PutRequest request;
        request.topic = "T";
        request.queueId = i & 1;
        request.body = std::string(static_cast<std::size_t>(i) * 3, 'x');
        request.properties = "KEYS\x01k" + std::to_string(i) + "\x02TAGS\x01t\x02";
        request.bornHost = HostAddress::parse("127.0.0.1:50000").value();
        store->put(request, [](const PutResult&) {});
        run(*store);
        clock.advance(std::chrono::seconds(1));
        store->step(MessageStore::Worker::House);
    }
    if (isClosed) {
        GANTRY_ASSERT(store->close(), "cannot close");
    }
    std::map<std::filesystem::path, std::string> contents;
    for (const auto& path : files.files()) {
        contents[path] = files.content(path);
    }
    return contents;
}

std::string trimmed(std::string text)
{
    text.erase(text.find_last_not_of('\0') + 1);
    return text;
}

std::string piece(unsigned kind, const std::string& text)
{
    const std::string bytes = trimmed(text);
    return std::string{static_cast<char>(kind), static_cast<char>(bytes.size() >> 8U), static_cast<char>(bytes.size())} + bytes;
}

std::vector<std::string> storeSeeds()
{
    std::vector<std::string> list;
    for (const bool isClosed : {false, true}) {
        std::string seed(1, isClosed ? '\1' : '\0');
        for (const auto& [path, content] : storeOnDisk(isClosed)) {
            const std::string parent = path.parent_path().filename();
            const auto offset = parseOffsetFileName(path.filename().string()).value_or(0);
            if (parent == "commitlog") {
                seed += piece(static_cast<unsigned>(offset / std::int64_t{kLogFile}) << 4U, content);
            } else if (parent == "0" || parent == "1") {
                seed += piece(2U | static_cast<unsigned>(offset / std::int64_t{kQueueFile} * 2 + std::stoi(parent)) << 4U, content);
            } else if (parent == "index") {
                seed += piece(3, content);
            } else if (path.filename() == "checkpoint") {
                seed += piece(4, content);
            } else if (path.filename() == "abort") {
                seed += piece(5, content);
            }
        }
        list.push_back(seed);
    }
    return list;
}

std::vector<std::string> fileSeeds()
{
    std::vector<std::string> list;
    std::string log("\x41", 1);
    std::string queue(3, '\1');
    for (const auto& [path, content] : storeOnDisk(true)) {
        const std::string parent = path.parent_path().filename();
        if (parent == "commitlog") {
            list.push_back(std::string(1, '\x40') + trimmed(content));
            log += content;
        } else if (parent == "0") {
            queue += content;
        } else if (parent == "index") {
            list.push_back(std::string(3, '\1') + trimmed(content));
            list.push_back(std::string(3, '\x7F') + trimmed(content));
        } else if (path.filename() == "checkpoint") {
            list.push_back('\xFF' + trimmed(content));
        }
    }
    list.push_back(trimmed(log));
    list.push_back(trimmed(queue));
    list.push_back('\0' + trimmed(queue.substr(1)));
    return list;
}

constexpr std::array<Target, 4> kTargets{{{"record_scanner", recordScanner, fileSeeds},
                                          {"index_file", indexFile, fileSeeds},
                                          {"consume_queue", consumeQueue, fileSeeds},
                                          {"store_files", storeFiles, storeSeeds}}};

} // namespace

std::span<const Target> storeTargets()
{
    return kTargets;
}

} // namespace gantry::fuzz
