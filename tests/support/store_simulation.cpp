// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/store_simulation.h"

#include "message/record_codec.h"
#include "support/store_checker.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>

namespace gantry::test {

namespace {

using Call = MemoryFileSystem::Call;
using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::uint64_t kSmallDisk = 400 * 1024;

} // namespace

StoreSimulation::StoreSimulation(std::uint64_t seed, Options options)
    : m_seed(seed)
    , m_options(options)
    , m_random(seed * 0x9E3779B97F4A7C15ULL + 1)
    , m_files(std::make_unique<MemoryFileSystem>())
{
    m_config.rootDirectory = kStoreRoot;
    m_config.commitLogFileSize = std::int64_t{4096} << dice(4);
    m_config.consumeQueueFileSize = 400;
    m_config.indexSlotCount = 16;
    m_config.indexEntryCount = 64;
    m_config.flushMode = dice(2) == 0 ? FlushMode::Sync : FlushMode::Async;
    m_config.checkpointBytes = seed % 2 == 0 ? 4096 : m_config.checkpointBytes;
    constexpr std::int64_t kMappedBytes[] = {0, 2048, 64 * 1024 * 1024}; // 0: the disk sees every look at the log
    m_config.dispatchMappedBytes = kMappedBytes[seed / 2 % 3];
    m_config.queueFilesSyncedOneByOne = seed % 3 == 0 ? 1 : m_config.queueFilesSyncedOneByOne;
    m_config.zeroAheadBytes = seed % 4 == 3 ? 0 : 64 * 1024;
    m_files->setZeroWriter(true);
    for (int hour = 0; hour < 24; ++hour) {
        m_config.deleteAtHours.push_back(hour);
    }
    m_config.storeHost = HostAddress::parse("127.0.0.1:10911").value();
    m_failsCalls = options.failsCalls && dice(4) == 0;
    m_files->setNow([this] { return m_clock.wallMs(); });
}

StoreSimulation::~StoreSimulation()
{
    m_store.reset();
}

void StoreSimulation::fail(std::string what)
{
    if (m_problem.empty()) {
        m_problem = std::move(what);
        if (m_options.isTold) {
            tellFiles();
        }
    }
}

/// What the checker reads, for whoever replays a seed.
void StoreSimulation::tellFiles()
{
    StoreChecker checker(*m_files, kStoreRoot);
    checker.read();
    fmt::print(stderr, "log {}-{}, damaged at {}\n", checker.logBegin(), checker.logEnd(), fmt::join(checker.damagedOffsets(), " "));
    for (const StoreChecker::Record& record : checker.records()) {
        fmt::print(stderr, "record {}-{}: number {} of {}/{}, message {}\n", record.offset, record.offset + record.size, record.queueOffset,
                   record.topic, record.queueId, std::atoi(record.body.c_str()));
    }
    for (const auto& [queue, entries] : checker.queues()) {
        fmt::print(stderr, "queue {}/{}:", queue.first, queue.second);
        for (const auto& [number, entry] : entries) {
            fmt::print(stderr, " {}@{}+{}", number, entry.offset, entry.size);
        }
        fmt::print(stderr, "\n");
    }
    fmt::print(stderr, "index:");
    for (const StoreChecker::IndexEntry& entry : checker.indexEntries()) {
        fmt::print(stderr, " {}", entry.offset);
    }
    fmt::print(stderr, "\n");
    for (const auto& [place, bodies] : m_store ? everything(*m_store) : decltype(everything(*m_store)){}) {
        fmt::print(stderr, "messages of {}/{} from {}:", place.topic, place.queueId, m_store->minOffset(place.topic, place.queueId));
        for (const std::string& body : bodies) {
            fmt::print(stderr, " {}", body.empty() ? std::string("-") : body.substr(0, body.find(':')));
        }
        fmt::print(stderr, "\n");
    }
}

void StoreSimulation::note(std::string_view what)
{
    if (m_options.isTold) {
        fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
    }
    for (const char c : what) {
        m_trace = (m_trace ^ static_cast<std::uint8_t>(c)) * 0x100000001B3ULL;
    }
}

std::string StoreSimulation::run()
{
    if (!open()) {
        return m_problem;
    }
    for (int step = 0; step < m_options.steps && m_problem.empty() && !m_isOver; ++step) {
        m_failedBefore = failedWrites();
        act();
        if (m_store) {
            const StorePositions now = m_store->positions();
            note(fmt::format("log {}-{} flushed {} dispatched {} index {} {} {}", now.minOffset,
                             now.maxOffset, now.flushedOffset, now.dispatchedOffset, now.indexFiles,
                             toString(now.state), m_random()));
        }
        if (m_pendingCrash) {
            crash(std::move(*std::exchange(m_pendingCrash, std::nullopt)));
        }
    }
    if (m_problem.empty() && !m_isOver) {
        m_callsToCrash = -1;
        m_pendingCrash.reset();
        crash(crashNow(dice(2) == 0));
    }
    if (m_problem.empty() && !m_isOver) {
        dice(4) == 0 ? verifyFullDisk() : verifyFiles();
    }
    return m_problem;
}

void StoreSimulation::act()
{
    const std::uint64_t what = dice(100);
    note(fmt::format("act {}", what));
    if (what < 36) {
        put(1 + static_cast<int>(dice(6)));
    } else if (what < 70) {
        stepWorker();
    } else if (what < 80) {
        consume();
    } else if (what < 85) {
        advanceClock();
    } else if (what < 89) {
        m_files->writeBackSome(m_random());
    } else if (what < 91) {
        if (m_store->sync()) {
            noteFlushed();
        }
    } else if (what < 93) {
        closeAndReopen();
    } else if (what < 95) {
        m_failsCalls ? armFailure() : changeDisk();
    } else if (what < 98) {
        armCrash();
    } else {
        crash(crashNow(dice(3) != 0));
    }
}

bool StoreSimulation::open()
{
    m_clock.undoJumps(); // whoever boots asks for the time
    // A call may still be meant to fail, and the power to go, while it recovers.
    for (int attempt = 0; attempt < 3; ++attempt) {
        auto opened = MessageStore::open(m_config, {*m_files, m_clock, true});
        if (opened) {
            m_store = std::move(*opened);
            return true;
        }
        if (m_pendingCrash) {
            return false; // the caller crashes into it
        }
        m_files->clearFailures();
        m_files->setCapacity(kLargeDisk);
        if (attempt == 2) {
            fail("does not open: " + opened.error().message);
        }
    }
    return false;
}

void StoreSimulation::put(int count)
{
    for (int i = 0; i < count; ++i) {
        Message message;
        message.number = m_nextNumber++;
        message.place = {"topic" + std::to_string(dice(2)), static_cast<std::int32_t>(dice(2))};
        const std::uint64_t length = dice(8) == 0 ? dice(3000) : dice(200);
        message.body = std::to_string(message.number) + ":" + std::string(length, 'x');
        message.key = "k" + std::to_string(message.number);
        message.waits = dice(5) != 0;
        PutRequest request;
        request.topic = message.place.topic;
        request.queueId = message.place.queueId;
        request.body = message.body;
        request.properties = "KEYS\x01" + message.key + "\x02TAGS\x01tag\x02";
        request.waitForFlush = message.waits;
        request.bornHost = m_config.storeHost;
        const int number = message.number;
        m_model.messages.emplace(number, std::move(message));
        m_store->put(std::move(request),
                     [this, number](PutResult result) { noteResult(number, result); });
    }
}

/// Under sync flush an answer that waited promises; the disk itself is asked whether that is true only by the crashes.
void StoreSimulation::noteResult(int number, const PutResult& result)
{
    Message& message = m_model.messages.at(number);
    if (result.status != PutStatus::Ok) {
        message.ack = Ack::Refused;
        return;
    }
    if (m_model.isPoisoned) {
        fail(fmt::format("message {} was acknowledged after the store was poisoned", number));
    }
    message.ack = Ack::Ok;
    message.wasAppended = true;
    message.queueOffset = result.queueOffset;
    message.begin = result.commitLogOffset;
    message.end = result.commitLogOffset + result.size;
    message.isDurable =
        message.isDurable || (m_config.flushMode == FlushMode::Sync && message.waits);
}

/// What the store says is flushed is a promise, too.
void StoreSimulation::noteFlushed()
{
    const StorePositions positions = m_store->positions();
    for (auto& [number, message] : m_model.messages) {
        message.isDurable = message.isDurable ||
                            (message.end > 0 && message.end <= positions.flushedOffset);
    }
    m_model.isPoisoned = m_model.isPoisoned || positions.state == StoreState::Poisoned;
}

void StoreSimulation::stepWorker()
{
    constexpr MessageStore::Worker kWorkers[] = {
        MessageStore::Worker::Flush,     MessageStore::Worker::Flush, MessageStore::Worker::Reput,
        MessageStore::Worker::Allocator, MessageStore::Worker::House, MessageStore::Worker::Reput};
    m_store->step(kWorkers[dice(std::size(kWorkers))]);
    noteFlushed();
}

void StoreSimulation::consume()
{
    for (const auto& [topic, queueId] : m_store->queues()) {
        GetRequest request;
        request.topic = topic;
        request.queueId = queueId;
        request.offset = m_store->minOffset(topic, queueId);
        const std::int64_t end = m_store->maxOffset(topic, queueId);
        while (request.offset < end) {
            const GetResult got = m_store->get(request);
            for (std::size_t at = 0; at < got.records.size();) {
                const RecordParse parse = parseRecord(asBytes(got.records).subspan(at), true);
                if (parse.status != RecordStatus::Ok) {
                    fail("a consumer got bytes that are no record");
                    return;
                }
                const auto number = numberOf(std::string(parse.record.body));
                if (!number) {
                    fail("a consumer got a message that nobody sent or that was lost");
                    return;
                }
                m_model.messages.at(*number).wasSeen = true;
                at += static_cast<std::size_t>(parse.record.totalSize);
            }
            if (got.nextBeginOffset <= request.offset) {
                break;
            }
            request.offset = got.nextBeginOffset;
        }
    }
}

std::optional<int> StoreSimulation::numberOf(const std::string& body) const
{
    const int number = std::atoi(body.c_str());
    const auto found = m_model.messages.find(number);
    return found != m_model.messages.end() && found->second.body == body ? std::optional(number)
                                                                         : std::nullopt;
}

void StoreSimulation::armFailure()
{
    constexpr Call kCalls[] = {Call::Sync, Call::Sync,          Call::Write,  Call::Allocate,
                               Call::Open, Call::SyncDirectory, Call::Resize, Call::Map};
    constexpr const char* kPaths[] = {"commitlog", "commitlog", "consumequeue", "index",
                                      "checkpoint", ""};
    const Call call = kCalls[dice(std::size(kCalls))];
    const bool canBeFull = call == Call::Write || call == Call::Allocate || call == Call::Sync;
    m_files->failCall(call, 1 + static_cast<int>(dice(12)), canBeFull && dice(4) == 0 ? ENOSPC : EIO,
                      dice(3) == 0, kPaths[dice(std::size(kPaths))]);
}

void StoreSimulation::changeDisk()
{
    m_wasTight = true;
    m_files->setCapacity(dice(2) == 0 ? kSmallDisk : kLargeDisk);
}

void StoreSimulation::advanceClock()
{
    const std::uint64_t kind = dice(10);
    if (kind == 0) {
        m_clock.jumpWall(hours(dice(2) == 0 ? 1 : -1));
    } else if (kind == 1) {
        const bool isBack = dice(2) != 0;
        m_clock.jumpWall(hours(24 * 3650) * (isBack ? -1 : 1));
        m_wasTight = m_wasTight || isBack; // what is written now will look old once the clock is right again
    }
    m_clock.advance(milliseconds(dice(15'000)));
}

StoreSimulation::Crash StoreSimulation::crashNow(bool isPowerCut)
{
    const std::uint64_t seed = m_random();
    Crash crash{isPowerCut ? m_files->afterPowerCut(seed) : m_files->afterKill(), m_model, isPowerCut, false};
    const std::filesystem::path abort = kStoreRoot / "abort";
    const bool isMarked = m_files->exists(abort) && m_files->content(abort).find("poisoned") != std::string::npos;
    crash.leavesNoTrace = !isPowerCut && !isMarked && (failedWrites() > m_failedBefore || m_files->hasFailedOn(abort));
    if (m_options.isTold) {
        fmt::print(stderr, "crash: {}, {}, {} writes failed, {}\n", isPowerCut ? "power cut" : "kill", isMarked ? "marked" : "no mark",
                   failedWrites(), m_files->hasFailedOn(abort) ? "the mark, too" : "not the mark");
    }
    return crash;
}

int StoreSimulation::failedWrites() const
{
    return m_files->failedCount(Call::Sync) + m_files->failedCount(Call::Write);
}

/// In a part of a record that has a checksum or is checked otherwise; where it is one of topic and properties, Apache's
/// format cannot tell.
void StoreSimulation::flipBit()
{
    std::vector<Message*> candidates;
    for (auto& [number, message] : m_model.messages) {
        if (message.isDurable && message.end > 0 && !message.isDamaged) {
            candidates.push_back(&message);
        }
    }
    if (candidates.empty()) {
        return;
    }
    Message& message = *candidates[dice(candidates.size())];
    constexpr std::int64_t kBody = 88;
    constexpr std::int64_t kHeaderBytes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 28, 33, 35, 84, 86, 87};
    const std::int64_t at =
        message.begin + (dice(2) == 0 ? kBody + static_cast<std::int64_t>(dice(message.body.size()))
                                      : kHeaderBytes[dice(std::size(kHeaderBytes))]);
    const std::int64_t file = at / m_config.commitLogFileSize * m_config.commitLogFileSize;
    const auto path = kStoreRoot / "commitlog" / fmt::format("{:020}", file);
    const std::string bytes = m_files->content(path);
    const auto position = static_cast<std::size_t>(at - file);
    if (position >= bytes.size()) {
        return; // deleted to make room
    }
    const auto flipped = static_cast<char>(bytes[position] ^ (1 << dice(8)));
    m_files->overwrite(path, position, std::string(1, flipped));
    message.isDamaged = true;
    m_hasOnlyKills = false;
    ++m_damages;
    note(fmt::format("bit flipped at {} of message {}", at, message.number));
}

/// The machine dies before one of the next calls, in the middle of whatever happens then.
void StoreSimulation::armCrash()
{
    m_callsToCrash = static_cast<int>(dice(25));
    m_nextIsPowerCut = dice(3) != 0;
    m_files->setObserver([this](Call, const std::filesystem::path&) {
        if (m_callsToCrash >= 0 && m_callsToCrash-- == 0) {
            m_pendingCrash = crashNow(m_nextIsPowerCut);
        }
    });
}

void StoreSimulation::crash(Crash crash)
{
    while (m_problem.empty()) {
        ++m_crashes;
        m_files->setObserver({});
        m_callsToCrash = -1;
        m_store.reset(); // closes on the old disk, which nobody looks at again
        m_files = std::move(crash.files);
        m_files->setNow([this] { return m_clock.wallMs(); });
        m_model = std::move(crash.model);
        m_hasOnlyKills = m_hasOnlyKills && !crash.isPowerCut && !m_failsCalls;
        if (m_options.damages && dice(4) == 0) {
            flipBit();
        }
        if (dice(4) == 0) {
            armCrash(); // again, while it recovers
        }
        const bool isOpen = open();
        if (m_pendingCrash) {
            Crash next = std::move(*std::exchange(m_pendingCrash, std::nullopt));
            next.isPowerCut = next.isPowerCut || crash.isPowerCut;
            next.leavesNoTrace = next.leavesNoTrace || crash.leavesNoTrace;
            crash = std::move(next);
            continue;
        }
        m_files->setObserver({});
        m_callsToCrash = -1;
        m_isOver = crash.leavesNoTrace; // the README's exception: all of it is there now, and may not be after a power cut
        if (isOpen) {
            verifyAfterCrash(crash.isPowerCut);
        }
        return;
    }
}

void StoreSimulation::closeAndReopen()
{
    const bool closed = m_store->close().has_value();
    if (m_pendingCrash) {
        return;
    }
    if (closed) {
        noteFlushed();
        // Closed cleanly is durable, even for the power.
        for (auto& [number, message] : m_model.messages) {
            message.isDurable = message.isDurable || message.wasAppended;
        }
    }
    const bool wasPoisoned = std::exchange(m_model.isPoisoned, false);
    if (!closed || wasPoisoned) {
        crash({m_files->afterKill(), m_model, false});
        return;
    }
    m_store.reset();
    if (!open()) {
        return;
    }
    if (m_store->recovery().cleanExit && m_store->recovery().scannedRecords > 0) {
        fail("a clean exit left records to recover");
    }
    verifyAfterCrash(false);
}

} // namespace gantry::test
