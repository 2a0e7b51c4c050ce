// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/crash_trace.h"

#include "broker/config_file.h"
#include "message/record_codec.h"
#include "support/store_checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <unordered_set>

namespace gantry::test {

namespace {

using Call = MemoryFileSystem::Call;
using Worker = MessageStore::Worker;

const std::filesystem::path kTraceRoot = "/store";
const std::filesystem::path kTable = kTraceRoot / "config" / "topics.json";
constexpr std::size_t kSubsetsMax = 8; // of so many writes every subset is tried

std::string bodyOf(int number)
{
    return std::to_string(number) + ":" + std::string(static_cast<std::size_t>(number * 67 % 300), 'x');
}

std::string tableText(int version)
{
    return fmt::format("{{\"version\":{},\"filling\":\"{}\"}}", version, std::string(700, static_cast<char>('a' + version)));
}

/// By number, how often and where; -1 for what nobody sent.
std::map<int, std::vector<std::string>> messagesOf(MessageStore& store)
{
    std::map<int, std::vector<std::string>> found;
    for (const auto& [topic, queueId] : store.queues()) {
        const std::int64_t end = store.maxOffset(topic, queueId);
        int previous = -1;
        for (std::int64_t at = store.minOffset(topic, queueId); at < end; ++at) {
            GetRequest request;
            request.topic = topic;
            request.queueId = queueId;
            request.offset = at;
            request.messagesMax = 1;
            const GetResult got = store.get(request);
            const RecordParse parse = parseRecord(asBytes(got.records), true);
            if (parse.status != RecordStatus::Ok || parse.record.queueOffset != at) {
                continue; // a hole
            }
            const int number = std::atoi(std::string(parse.record.body).c_str());
            const bool isRight = parse.record.body == bodyOf(number) && number > previous;
            found[isRight ? number : -1].push_back(fmt::format("{}/{}", topic, at));
            previous = number;
        }
    }
    return found;
}

} // namespace

CrashTrace::CrashTrace(FlushMode mode, std::uint64_t script)
    : m_script(script)
    , m_files(std::make_unique<MemoryFileSystem>())
{
    m_config.rootDirectory = kTraceRoot;
    m_config.commitLogFileSize = 4096;
    m_config.consumeQueueFileSize = 100; // 5 entries
    m_config.indexSlotCount = 16;
    m_config.indexEntryCount = 64;
    m_config.flushMode = mode;
    if (m_script % 2 != 0) {
        m_config.zeroAheadBytes = 8 * 1024;
        m_files->setZeroWriter(true);
    }
    m_config.storeHost = HostAddress::parse("127.0.0.1:10911").value();
    m_files->setNow([this] { return m_clock.wallMs(); });
}

CrashTrace::~CrashTrace()
{
    m_store.reset();
}

void CrashTrace::fail(std::string what)
{
    if (m_problem.empty()) {
        m_problem = std::move(what);
    }
}

bool CrashTrace::open()
{
    for (int attempt = 0; attempt < 2; ++attempt) {
        auto opened = MessageStore::open(m_config, {*m_files, m_clock, true});
        if (opened) {
            m_store = std::move(*opened);
            m_isPoisoned = false;
            note();
            return true;
        }
        if (opened.error().message.size() < 20) {
            fail("does not open and does not say why: " + opened.error().message);
        }
        m_files->clearFailures();
        if (attempt == 1) {
            fail("does not open: " + opened.error().message);
        }
    }
    return false;
}

/// What the store says is flushed is a promise, too.
void CrashTrace::note()
{
    if (m_store) {
        const StorePositions now = m_store->positions();
        for (std::size_t i = 0; i < m_promise.ends.size(); ++i) {
            const bool isFlushed = m_promise.ends[i] > 0 && m_promise.ends[i] <= now.flushedOffset;
            m_promise.isDurable[i] = m_promise.isDurable[i] || isFlushed;
        }
        if (now.state == StoreState::Poisoned && !std::exchange(m_isPoisoned, true)) {
            m_files->clearFailures(); // the disk works again, but nobody knows what it has
            checkReading();
        }
    }
    if (m_onAction) {
        m_onAction();
    }
}

void CrashTrace::checkReading()
{
    while (m_store->step(Worker::Reput)) {
    }
    const auto found = messagesOf(*m_store);
    const std::int64_t logBegin = m_store->positions().minOffset;
    for (std::size_t i = 0; i < m_promise.ends.size(); ++i) {
        if (m_promise.isDurable[i] && m_promise.ends[i] > logBegin && !found.contains(static_cast<int>(i))) {
            fail(fmt::format("message {} cannot be read from the poisoned store", i));
        }
    }
}

void CrashTrace::put(int count, const std::string& topic)
{
    for (int i = 0; i < count && m_store; ++i) {
        const auto number = static_cast<std::size_t>(m_promise.sent++);
        m_promise.ends.push_back(0);
        m_promise.isDurable.push_back(false);
        m_promise.isTaken.push_back(false);
        PutRequest request;
        request.topic = topic;
        request.body = bodyOf(static_cast<int>(number));
        request.properties = "KEYS\x01k" + std::to_string(number) + "\x02";
        request.bornHost = m_config.storeHost;
        m_store->put(std::move(request), [this, number](const PutResult& result) {
            if (result.status != PutStatus::Ok) {
                return;
            }
            if (m_isPoisoned || (m_store && m_store->positions().state == StoreState::Poisoned)) {
                fail(fmt::format("message {} was acknowledged by a poisoned store", number));
            }
            m_promise.ends[number] = result.commitLogOffset + result.size;
            m_promise.isTaken[number] = true;
            if (m_config.flushMode == FlushMode::Sync) {
                m_promise.isDurable[number] = true;
            }
        });
        note();
    }
}

void CrashTrace::step(Worker worker)
{
    if (m_store) {
        if (worker == Worker::House) {
            m_clock.advance(std::chrono::seconds(11)); // a checkpoint is due
        }
        m_store->step(worker);
        note();
    }
}

void CrashTrace::saveTable()
{
    m_promise.mayHaveNextTable = true;
    ConfigFile file(*m_files, kTable);
    if (file.save(tableText(m_promise.tableVersion + 1))) {
        ++m_promise.tableVersion;
        m_promise.mayHaveNextTable = false;
    }
    note();
}

void CrashTrace::age()
{
    m_promise.agedEnd = m_store ? m_store->positions().maxOffset : 0;
    m_clock.advance(std::chrono::hours(100));
    if (m_store) {
        m_store->deleteExpiredFiles();
        note();
    }
}

void CrashTrace::closeAndReopen()
{
    if (m_store && m_store->close()) {
        m_promise.isDurable = m_promise.isTaken; // closed cleanly is durable
    }
    m_store.reset();
    note();
    open();
}

std::string CrashTrace::run()
{
    if (open()) {
        m_script == 0 ? runByHand() : runByDice();
    }
    return m_problem;
}

void CrashTrace::runByDice()
{
    constexpr int kActions = 40;
    constexpr std::uint64_t kLogMessagesMax = 10; // rolls queue files and the log now and then
    std::mt19937_64 random(m_script);
    const auto dice = [&random](std::uint64_t sides) { return random() % sides; };
    for (int i = 0; i < kActions && m_problem.empty(); ++i) {
        const std::uint64_t what = dice(100);
        if (what < 35) {
            put(1 + static_cast<int>(dice(kLogMessagesMax)), std::string(1, static_cast<char>('a' + dice(4))));
        } else if (what < 58) {
            step(Worker::Flush);
        } else if (what < 73) {
            step(Worker::Reput);
        } else if (what < 83) {
            step(Worker::House);
        } else if (what < 90) {
            step(Worker::Allocator);
        } else if (what < 95) {
            saveTable();
        } else if (what < 97) {
            age();
        } else {
            closeAndReopen();
        }
    }
}

void CrashTrace::runByHand()
{
    put(3, "a");
    step(Worker::Flush);
    step(Worker::Reput);
    saveTable();
    put(2, "b");
    step(Worker::Flush);
    step(Worker::Reput);
    step(Worker::House);
    put(6, "a"); // rolls the queue's file
    step(Worker::Allocator);
    step(Worker::Flush);
    put(8, "a"); // rolls the log
    step(Worker::Flush);
    step(Worker::Reput);
    saveTable();
    step(Worker::House);
    put(4, "c");
    step(Worker::Reput);
    put(9, "b");
    step(Worker::Flush);
    step(Worker::Reput);
    step(Worker::House);
    age();
    closeAndReopen();
    put(3, "b");
    step(Worker::Flush);
    saveTable();
    step(Worker::Reput);
    step(Worker::House);
    put(2, "d");
    step(Worker::Flush);
    put(1, "a");
}

std::string CrashTrace::judge(std::unique_ptr<MemoryFileSystem> left, const StoreConfig& config, const Promise& promise,
                              std::int64_t nowMs, bool isPowerCut)
{
    ManualClock clock(nowMs);
    left->setNow([&clock] { return clock.wallMs(); });
    std::string text;
    const auto hasTable = ConfigFile(*left, kTable).load([&](std::string_view found) -> Result<> {
        text = found;
        return {};
    });
    const bool isOld = promise.tableVersion == 0 ? text.empty() : text == tableText(promise.tableVersion);
    if (!hasTable || (!isOld && !(promise.mayHaveNextTable && text == tableText(promise.tableVersion + 1)))) {
        return fmt::format("the table is not version {}, but {}", promise.tableVersion, text.substr(0, 20));
    }
    std::map<int, std::vector<std::string>> first;
    for (int round = 0; round < 2; ++round) {
        auto opened = MessageStore::open(config, {*left, clock, true});
        if (!opened) {
            return fmt::format("does not open ({}): {}", round, opened.error().message);
        }
        MessageStore& store = **opened;
        const auto found = messagesOf(store);
        const std::int64_t logBegin = store.positions().minOffset;
        if (logBegin > promise.agedEnd) {
            return "young messages were deleted";
        }
        if (found.contains(-1)) {
            return "there is what nobody sent, or out of order: " + found.at(-1).front();
        }
        for (const auto& [number, places] : found) {
            if (number >= promise.sent || places.size() != 1) {
                return fmt::format("message {} is there {} times", number, places.size());
            }
        }
        for (std::size_t i = 0; i < promise.isDurable.size(); ++i) {
            const bool isPromised = promise.isDurable[i] || (!isPowerCut && promise.isTaken[i]);
            const bool isThere = found.contains(static_cast<int>(i));
            if (isPromised && !isThere && promise.ends[i] > logBegin) {
                return fmt::format("message {} is lost", i);
            }
        }
        if (round == 1 && found != first) {
            return "the second recovery gives something else";
        }
        first = found;
        if (round == 1) {
            if (const auto closed = store.close(); !closed) {
                return "does not close: " + closed.error().message;
            }
            opened->reset();
            StoreChecker checker(*left, kTraceRoot);
            checker.read();
            const auto problems = checker.problems();
            return problems.empty() ? "" : "files: " + problems.front();
        }
        auto next = left->afterPowerCut(MemoryFileSystem::PowerCut{0, [](std::size_t) { return false; }});
        opened->reset(); // closes on a disk that nobody looks at again
        left = std::move(next);
        left->setNow([&clock] { return clock.wallMs(); });
    }
    return {};
}

// ---- power cuts

namespace {

/// Calls back with every choice of those `count` writes that is to be tried.
void forEachChoice(std::size_t count, const std::function<void(const std::function<bool(std::size_t)>&)>& visit)
{
    if (count <= kSubsetsMax) {
        for (std::size_t mask = 0; mask < std::size_t{1} << count; ++mask) {
            visit([mask](std::size_t number) { return (mask >> number & 1U) != 0; });
        }
        return;
    }
    for (std::size_t end = 0; end <= count; ++end) {
        visit([end](std::size_t number) { return number < end; });
        visit([end](std::size_t number) { return number == end; });
        visit([end](std::size_t number) { return number != end; });
    }
}

} // namespace

std::string enumerateCrashPoints(FlushMode mode, std::uint64_t script, std::uint64_t statesMax, TraceAmounts& amounts)
{
    std::string problem;
    std::uint64_t total = 0;
    for (const bool isCounting : {true, false}) {
        CrashTrace trace(mode, script);
        std::unordered_set<std::size_t> seen;
        std::uint64_t number = 0;
        int moment = 0;
        const auto look = [&] {
            ++moment;
            if (!problem.empty()) {
                return;
            }
            const MemoryFileSystem& files = trace.files();
            for (std::size_t names = 0; names <= files.pendingNames(); ++names) {
                forEachChoice(files.pendingWrites(names), [&](const auto& arrives) {
                    auto left = files.afterPowerCut(MemoryFileSystem::PowerCut{names, arrives});
                    const std::size_t key = left->hash() * 31 + static_cast<std::size_t>(std::count(
                        trace.promise().isDurable.begin(), trace.promise().isDurable.end(), true));
                    if (!problem.empty() || !seen.insert(key).second) {
                        return;
                    }
                    ++number;
                    // Evenly spread: whenever the share that is due steps up.
                    const bool isDue = !isCounting && (total <= statesMax ||
                                                       number * statesMax / total != (number - 1) * statesMax / total);
                    if (isDue) {
                        ++amounts.checked;
                        problem = CrashTrace::judge(std::move(left), trace.config(), trace.promise(), trace.nowMs(), true);
                        if (!problem.empty()) {
                            problem = fmt::format("state {} at moment {}, {} names: {}", number, moment, names, problem);
                        }
                    }
                });
            }
        };
        trace.files().setObserver([&](Call, const std::filesystem::path&) { look(); });
        trace.setOnAction(look);
        if (std::string wrong = trace.run(); !wrong.empty()) {
            return "the trace itself: " + wrong;
        }
        total = number;
        trace.files().setObserver({});
        trace.setOnAction({});
    }
    amounts.states += total;
    return problem;
}

// ---- failing calls

namespace {

struct Kind
{
    Call call;
    const char* name;
    std::vector<int> errors;
};

const std::vector<Kind>& kinds()
{
    static const std::vector<Kind> all = {
        {Call::Write, "write", {EIO, ENOSPC}},       {Call::Sync, "fdatasync", {EIO, ENOSPC}},
        {Call::Resize, "ftruncate", {EIO, ENOSPC}},  {Call::Allocate, "fallocate", {EIO, ENOSPC}},
        {Call::Open, "open", {EIO, EMFILE, ENOSPC}}, {Call::Rename, "rename", {EIO, ENOSPC}},
        {Call::Remove, "unlink", {EIO}},             {Call::Map, "mmap", {ENOMEM}},
        {Call::CreateDirectory, "mkdir", {ENOSPC}},  {Call::SyncDirectory, "fsync", {EIO}},
        {Call::Read, "read", {EIO}}};
    return all;
}

std::string afterwards(CrashTrace& trace)
{
    const MemoryFileSystem& files = trace.files();
    const auto judge = [&](std::unique_ptr<MemoryFileSystem> left, bool isPowerCut) {
        return CrashTrace::judge(std::move(left), trace.config(), trace.promise(), trace.nowMs(), isPowerCut);
    };
    std::string wrong = judge(files.afterKill(), false);
    if (wrong.empty()) {
        wrong = judge(files.afterPowerCut(MemoryFileSystem::PowerCut{0, [](std::size_t) { return false; }}), true);
        wrong = wrong.empty() ? "" : "power cut: " + wrong;
    }
    return wrong;
}

} // namespace

std::string failEveryCall(FlushMode mode, bool isLasting, std::uint64_t stride, TraceAmounts& amounts)
{
    CrashTrace plain(mode);
    if (std::string wrong = plain.run(); !wrong.empty()) {
        return "without a failure: " + wrong;
    }
    for (const Kind& kind : kinds()) {
        const int calls = plain.files().callCount(kind.call);
        for (const int error : kind.errors) {
            for (int k = 1; k <= calls; ++k) {
                if (++amounts.states % stride != 0) {
                    continue;
                }
                ++amounts.checked;
                CrashTrace trace(mode);
                trace.files().failCall(kind.call, k, error, isLasting);
                std::string wrong = trace.run();
                wrong = wrong.empty() ? afterwards(trace) : wrong;
                if (!wrong.empty()) {
                    return fmt::format("{} number {} of {} gives errno {}{}: {}", kind.name, k, calls, error,
                                       isLasting ? " for good" : "", wrong);
                }
            }
        }
    }
    return {};
}

namespace {

std::string failEveryCallOf(const CrashTrace& trace, const MemoryFileSystem& start, std::int64_t nowMs, TraceAmounts& amounts)
{
    ManualClock clock(nowMs);
    auto counting = start.afterKill();
    if (!MessageStore::open(trace.config(), {*counting, clock, true})) {
        return "does not open";
    }
    for (const Kind& kind : kinds()) {
        const int calls = counting->callCount(kind.call);
        for (int k = 1; k <= calls; ++k) {
            for (const bool isLasting : {false, true}) {
                ++amounts.states;
                ++amounts.checked;
                auto files = start.afterKill();
                files->failCall(kind.call, k, EIO, isLasting);
                std::string wrong;
                {
                    auto opened = MessageStore::open(trace.config(), {*files, clock, true});
                    if (!opened && opened.error().message.size() < 20) {
                        wrong = "refused without a reason";
                    }
                    files->clearFailures();
                }
                wrong = wrong.empty() ? CrashTrace::judge(std::move(files), trace.config(), trace.promise(), nowMs, false)
                                      : wrong;
                if (!wrong.empty()) {
                    return fmt::format("{} number {} of {} of the start fails{}: {}", kind.name, k, calls,
                                       isLasting ? " for good" : "", wrong);
                }
            }
        }
    }
    return {};
}

} // namespace

std::string failEveryCallOfAStart(TraceAmounts& amounts)
{
    CrashTrace trace(FlushMode::Sync);
    if (std::string wrong = trace.run(); !wrong.empty()) {
        return "without a failure: " + wrong;
    }
    const auto start = trace.files().afterKill();
    std::string wrong = failEveryCallOf(trace, *start, trace.nowMs(), amounts);
    if (wrong.empty()) {
        // The whole log is read.
        (void)start->remove(kTraceRoot / "checkpoint");
        (void)start->syncDirectory(kTraceRoot);
        wrong = failEveryCallOf(trace, *start, trace.nowMs(), amounts);
        wrong = wrong.empty() ? "" : "without a checkpoint: " + wrong;
    }
    return wrong;
}

} // namespace gantry::test
