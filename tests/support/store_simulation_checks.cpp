// SPDX-License-Identifier: GPL-3.0-or-later
// What must be true after a crash, and at the end.
#include "message/record_codec.h"
#include "support/store_checker.h"
#include "support/store_simulation.h"

#include <fmt/format.h>

#include <algorithm>

namespace gantry::test {

namespace {

using std::chrono::milliseconds;

} // namespace

std::map<StoreSimulation::Place, std::vector<std::string>>
StoreSimulation::everything(MessageStore& store)
{
    std::map<Place, std::vector<std::string>> result;
    for (const auto& [topic, queueId] : store.queues()) {
        std::vector<std::string>& bodies = result[{topic, queueId}];
        const std::int64_t end = store.maxOffset(topic, queueId);
        for (std::int64_t at = store.minOffset(topic, queueId); at < end; ++at) {
            GetRequest request;
            request.topic = topic;
            request.queueId = queueId;
            request.offset = at;
            request.messagesMax = 1;
            const GetResult got = store.get(request);
            const RecordParse parse = parseRecord(asBytes(got.records), true);
            // A hole stays visible: the place in the vector is the queue offset.
            bodies.resize(static_cast<std::size_t>(at));
            const bool isHere =
                parse.status == RecordStatus::Ok && parse.record.queueOffset == at;
            bodies.push_back(isHere ? std::string(parse.record.body) : std::string());
        }
        if (bodies.empty()) {
            result.erase({topic, queueId}); // its messages were lost, and its file perhaps with the next power cut
        }
    }
    return result;
}

void StoreSimulation::verifyAfterCrash(bool isPowerCut)
{
    m_files->clearFailures(); // what cannot be read now is not lost
    const auto found = everything(*m_store);
    const RecoveryReport& report = m_store->recovery();
    note(fmt::format("after {}: clean {}, {} bytes scanned, {} records, cut at {}, {} damaged",
                     isPowerCut ? "power cut" : "kill or close", report.cleanExit,
                     report.scannedBytes, report.scannedRecords, report.truncatedAtOffset,
                     report.damagedOffsets.size()));
    std::set<int> present;
    const std::int64_t logBegin = m_store->positions().minOffset;
    if (logBegin > 0 && !m_wasTight) {
        return fail("messages were deleted though they are young and the disk is empty");
    }
    if (m_hasOnlyKills && (!report.damagedOffsets.empty() || report.truncatedAtOffset >= 0)) {
        return fail("recovery found damage though nothing can have been damaged");
    }
    if (m_damages == 0 && report.queuesRebuilt > 0) {
        return fail(fmt::format("{} queues lacked what the checkpoint vouched for", report.queuesRebuilt));
    }
    for (const auto& [place, bodies] : found) {
        int previous = -1;
        for (std::size_t at = 0; at < bodies.size(); ++at) {
            if (bodies[at].empty()) {
                continue;
            }
            const auto number = numberOf(bodies[at]);
            if (!number) {
                return fail(fmt::format("{}/{} has {}, which nobody sent, or which was refused",
                                        place.topic, place.queueId, bodies[at].substr(0, 8)));
            }
            Message& message = m_model.messages.at(*number);
            if (!present.insert(*number).second || message.place != place) {
                return fail(fmt::format("message {} is there twice or elsewhere", *number));
            }
            const auto offset = static_cast<std::int64_t>(at);
            if (*number <= previous ||
                (message.queueOffset >= 0 && message.queueOffset != offset)) {
                return fail(fmt::format("message {} of {}/{} is at {}, out of order or not at {}",
                                        *number, place.topic, place.queueId, offset,
                                        message.queueOffset));
            }
            previous = *number;
        }
    }
    for (auto message = m_model.messages.begin(); message != m_model.messages.end();) {
        const Message& sent = message->second;
        // Not yet answered, it may have been in the part that is deleted.
        const bool isDeleted = sent.isDamaged || (logBegin > 0 && sent.end <= logBegin);
        const bool isPromised =
            isDeleted ? false
            : sent.isDurable ||
            (!isPowerCut && sent.wasAppended && sent.ack != Ack::Refused) ||
            (sent.wasSeen && (m_config.flushMode == FlushMode::Sync || !isPowerCut));
        const bool isThere = present.contains(sent.number);
        if (isPromised && !isThere) {
            return fail(fmt::format("message {}, number {} of {}/{} at {}, is lost: durable {}, seen {}, {}", sent.number, sent.queueOffset,
                                    sent.place.topic, sent.place.queueId, sent.begin, sent.isDurable, sent.wasSeen,
                                    isPowerCut ? "power cut" : "kill"));
        }
        if (isThere) {
            // Recovery makes durable what it found.
            message->second.isDurable = true;
            message->second.wasAppended = true;
            message->second.ack = Ack::Ok;
            ++message;
        } else {
            message = m_model.messages.erase(message);
        }
    }
    m_model.isPoisoned = false;
    verifyKeys();
    if (m_options.looksDeep && !m_isOver && dice(3) == 0) {
        verifyAgain(found);
    }
}

/// The power fails once more right after recovery: the same must come out, with files that fit together.
void StoreSimulation::verifyAgain(const std::map<Place, std::vector<std::string>>& found)
{
    auto files = m_files->afterPowerCut(m_random());
    files->setNow([this] { return m_clock.wallMs(); });
    auto again = MessageStore::open(m_config, {*files, m_clock, true});
    if (!again) {
        return fail("does not open the second time: " + again.error().message);
    }
    if (const auto now = everything(**again); now != found) {
        const auto differs = std::find_if(found.begin(), found.end(), [&](const auto& queue) {
            const auto other = now.find(queue.first);
            return other == now.end() || other->second != queue.second;
        });
        return fail(fmt::format("the second recovery gives something else: {} queues after {}{}",
                                now.size(), found.size(),
                                differs == found.end()
                                    ? std::string()
                                    : fmt::format(", {}/{} had {}", differs->first.topic,
                                                  differs->first.queueId,
                                                  differs->second.size())));
    }
    if (auto closed = (*again)->close(); !closed) {
        return fail("does not close after the second recovery: " + closed.error().message);
    }
    StoreChecker checker(*files, kStoreRoot);
    checker.read();
    if (const auto problems = checker.problems(m_damages); !problems.empty()) {
        fail("files after the second recovery: " + problems.front());
    }
}

void StoreSimulation::verifyKeys()
{
    if (!m_store->positions().indexError.empty()) {
        return;
    }
    for (const auto& [number, message] : m_model.messages) {
        if (number % 5 != 0 || message.isDamaged) {
            continue;
        }
        const QueryResult result =
            m_store->queryByKey(message.place.topic, message.key, 32, 0, INT64_MAX);
        if (result.records.size() != 1) {
            StoreChecker checker(*m_files, kStoreRoot);
            checker.read();
            const auto& entries = checker.indexEntries();
            const auto isOf = [&body = message.body](const StoreChecker::Record& r) { return r.body == body; };
            const auto record = std::find_if(checker.records().begin(), checker.records().end(), isOf);
            const std::int64_t offset = record != checker.records().end() ? record->offset : -1;
            return fail(fmt::format("key {} of the record at {} finds {} records; of {} index entries {} are its",
                                    message.key,
                                    offset, result.records.size(), entries.size(),
                                    std::count_if(entries.begin(), entries.end(),
                                                  [&](const auto& e) { return e.offset == offset; })));
        }
    }
}

/// Refuses while nothing fits, deletes what it may, and goes on by itself.
void StoreSimulation::verifyFullDisk()
{
    const auto houseKeeping = [this](std::uint64_t capacity) {
        m_files->setCapacity(capacity);
        m_clock.advance(milliseconds(11'000));
        m_store->step(MessageStore::Worker::House);
        return m_store->positions().state;
    };
    m_files->clearFailures();
    if (m_store->positions().state == StoreState::Poisoned) {
        return;
    }
    if (houseKeeping(1) != StoreState::DiskFull || m_store->isWritable()) {
        return fail("takes messages though the disk is full");
    }
    if (const StoreState state = houseKeeping(kLargeDisk); state != StoreState::Running) {
        fail(fmt::format("space returned, but the store is {}", toString(state)));
    }
}

void StoreSimulation::verifyFiles()
{
    m_files->clearFailures();
    m_files->setCapacity(kLargeDisk);
    if (auto closed = m_store->close(); !closed) {
        return fail("does not close: " + closed.error().message);
    }
    StoreChecker checker(*m_files, kStoreRoot);
    checker.read();
    if (const auto problems = checker.problems(m_damages); !problems.empty()) {
        fail("files after the end: " + problems.front());
        return;
    }
    verifyReport(checker);
}

/// Read from its begin, the log's damage is reported by offset: all that the checker sees before its last record.
void StoreSimulation::verifyReport(const StoreChecker& checker)
{
    if (checker.records().empty() || checker.damagedOffsets().empty()) {
        return;
    }
    auto files = m_files->afterKill();
    files->setNow([this] { return m_clock.wallMs(); });
    for (const char* name : {"checkpoint", "queues.0", "queues.1"}) {
        (void)files->remove(kStoreRoot / name);
    }
    files->put(kStoreRoot / "abort", "1");
    m_clock.undoJumps();
    auto store = MessageStore::open(m_config, {*files, m_clock, true});
    if (!store) {
        return fail("does not open without a checkpoint: " + store.error().message);
    }
    const std::vector<std::int64_t>& reported = (*store)->recovery().damagedOffsets;
    for (const std::int64_t offset : checker.damagedOffsets()) {
        // Recovery goes on at the next record, the checker with the next file.
        const bool isFileBegin = offset % m_config.commitLogFileSize == 0;
        if (!isFileBegin && offset < checker.records().back().offset && !std::ranges::binary_search(reported, offset)) {
            return fail(fmt::format("the damage at {} is not reported", offset));
        }
    }
}

} // namespace gantry::test
