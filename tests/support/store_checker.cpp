// SPDX-License-Identifier: GPL-3.0-or-later
// Written from the format description only; must not include the store's or the record codec's
// headers.
#include "support/store_checker.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

namespace gantry {

namespace {

std::uint64_t bigEndian(const std::string& bytes, std::size_t at, std::size_t width)
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) {
        value = value << 8U | static_cast<std::uint8_t>(bytes[at + i]);
    }
    return value;
}

std::int32_t int32At(const std::string& bytes, std::size_t at)
{
    return static_cast<std::int32_t>(bigEndian(bytes, at, 4));
}

std::int64_t int64At(const std::string& bytes, std::size_t at)
{
    return static_cast<std::int64_t>(bigEndian(bytes, at, 8));
}

/// ASCII is enough for tests.
std::int32_t javaHash(const std::string& text)
{
    std::uint32_t hash = 0;
    for (const char c : text) {
        hash = 31 * hash + static_cast<std::uint8_t>(c);
    }
    return static_cast<std::int32_t>(hash);
}

std::string property(const std::string& properties, const std::string& name)
{
    std::size_t at = 0;
    while (at < properties.size()) {
        const std::size_t end = std::min(properties.find('\x02', at), properties.size());
        const std::size_t middle = properties.find('\x01', at);
        if (middle < end && properties.substr(at, middle - at) == name) {
            return properties.substr(middle + 1, end - middle - 1);
        }
        at = end + 1;
    }
    return {};
}

/// Nothing unless a whole, undamaged record lies at the position and says so itself.
std::optional<StoreChecker::Record> recordAt(const std::string& bytes, std::size_t at,
                                             std::int64_t fileOffset)
{
    if (at + 91 > bytes.size()) {
        return std::nullopt;
    }
    const std::uint64_t magic = bigEndian(bytes, at + 4, 4);
    const std::int32_t size = int32At(bytes, at);
    if ((magic != 0xDAA320A7 && magic != 0xDAA320AB) || size < 91 ||
        at + static_cast<std::size_t>(size) > bytes.size()) {
        return std::nullopt;
    }
    StoreChecker::Record record;
    record.offset = fileOffset + static_cast<std::int64_t>(at);
    record.size = size;
    record.queueId = int32At(bytes, at + 12);
    record.queueOffset = int64At(bytes, at + 20);
    record.sysFlag = int32At(bytes, at + 36);
    if (int64At(bytes, at + 28) != record.offset) {
        return std::nullopt;
    }
    const std::size_t bornHost = (record.sysFlag & 0x10) != 0 ? 20 : 8;
    const std::size_t storeHost = (record.sysFlag & 0x20) != 0 ? 20 : 8;
    record.storeTimestampMs = int64At(bytes, at + 48 + bornHost);
    std::size_t position = at + 48 + bornHost + 8 + storeHost + 4 + 8;
    const std::size_t end = at + static_cast<std::size_t>(size);
    const auto take = [&](std::size_t width) -> std::optional<std::string> {
        if (position + width > end) {
            return std::nullopt;
        }
        const std::uint64_t length = bigEndian(bytes, position, width);
        position += width;
        if (position + length > end) {
            return std::nullopt;
        }
        position += length;
        return bytes.substr(position - length, length);
    };
    const auto body = take(4);
    const auto topic = body ? take(magic == 0xDAA320AB ? 2 : 1) : std::nullopt;
    const auto properties = topic ? take(2) : std::nullopt;
    if (!properties || position != end) {
        return std::nullopt;
    }
    const auto crc =
        ::crc32(0, reinterpret_cast<const Bytef*>(body->data()), static_cast<uInt>(body->size())) &
        0x7FFFFFFFU;
    if (crc != bigEndian(bytes, at + 8, 4)) {
        return std::nullopt;
    }
    // Neither topic nor properties contain zeros; a sector's part of them that has only such never reached the disk.
    const std::size_t textBegin = end - topic->size() - 2 - properties->size();
    for (std::size_t from = textBegin; from < end;) {
        const std::size_t to = std::min(end, (from / 512 + 1) * 512);
        const bool isOnlyLength = properties->empty() && to == end;
        if (!isOnlyLength && bytes.substr(from, to - from).find_first_not_of('\0') == std::string::npos) {
            return std::nullopt;
        }
        from = to;
    }
    if (!properties->empty() && properties->back() == '\0') {
        return std::nullopt;
    }
    record.body = *body;
    record.topic = *topic;
    record.properties = *properties;
    return record;
}

} // namespace

void StoreChecker::read()
{
    readLog();
    readQueues();
    readIndex();
}

void StoreChecker::readLog()
{
    const auto entries = m_files.list(m_root / "commitlog");
    for (const DirectoryEntry& entry : entries.value_or(std::vector<DirectoryEntry>{})) {
        const auto bytes =
            readWholeFile(m_files, m_root / "commitlog" / entry.name, std::uint64_t{4} << 30U);
        if (entry.name.size() != 20 || !bytes) {
            m_formProblems.push_back("not a CommitLog file: " + entry.name);
            continue;
        }
        m_logBegin = m_logBegin < 0 ? std::stoll(entry.name) : m_logBegin;
        readLogFile(std::stoll(entry.name), *bytes);
    }
    // With records in a later file, or before what the checkpoint calls durable, it is damage inside the log; behind
    // nothing may be.
    const auto checkpoint = readWholeFile(m_files, m_root / "checkpoint", 4096);
    m_logEnd = std::max(m_logEnd, checkpoint && checkpoint->size() >= 40 ? int64At(*checkpoint, 32) : 0);
    for (const std::int64_t offset : m_garbage) {
        if (offset < m_logEnd) {
            m_damaged.push_back(offset);
        } else {
            m_formProblems.push_back(fmt::format("garbage behind {}", offset));
        }
    }
    std::sort(m_damaged.begin(), m_damaged.end());
}

void StoreChecker::readLogFile(std::int64_t fromOffset, const std::string& bytes)
{
    std::size_t at = 0;
    while (at + 8 <= bytes.size()) {
        if (bigEndian(bytes, at + 4, 4) == 0xCBD43194) {
            if (bigEndian(bytes, at, 4) != bytes.size() - at) {
                m_formProblems.push_back(fmt::format("blank at {} has a wrong length",
                                                     fromOffset + static_cast<std::int64_t>(at)));
            }
            return;
        }
        if (auto record = recordAt(bytes, at, fromOffset)) {
            at += static_cast<std::size_t>(record->size);
            m_logEnd = record->offset + record->size;
            m_records.push_back(std::move(*record));
            continue;
        }
        std::size_t next = at + 1;
        while (next < bytes.size() && !recordAt(bytes, next, fromOffset)) {
            next = bytes.find("\xDA\xA3\x20", next + 5);
            next = next == std::string::npos ? bytes.size() : next - 4;
        }
        if (next >= bytes.size()) {
            if (bytes.find_first_not_of('\0', at) != std::string::npos) {
                m_garbage.push_back(fromOffset + static_cast<std::int64_t>(at));
            }
            return;
        }
        m_damaged.push_back(fromOffset + static_cast<std::int64_t>(at));
        at = next;
    }
    if (at > 0) { // a file without a byte was made just before a crash
        m_formProblems.push_back(fmt::format("the file at {} ends at {} of {} without room for the blank", fromOffset,
                                             at, bytes.size()));
    }
}

void StoreChecker::readQueues()
{
    const std::filesystem::path root = m_root / "consumequeue";
    for (const DirectoryEntry& topic : m_files.list(root).value_or(std::vector<DirectoryEntry>{})) {
        for (const DirectoryEntry& queue :
             m_files.list(root / topic.name).value_or(std::vector<DirectoryEntry>{})) {
            const std::filesystem::path directory = root / topic.name / queue.name;
            auto& entries = m_queues[{topic.name, std::stoi(queue.name)}];
            bool hasEnded = false;
            for (const DirectoryEntry& file :
                 m_files.list(directory).value_or(std::vector<DirectoryEntry>{})) {
                const auto bytes =
                    readWholeFile(m_files, directory / file.name, std::uint64_t{1} << 30U);
                const std::int64_t first = std::stoll(file.name) / 20;
                for (std::size_t at = 0; bytes && at + 20 <= bytes->size(); at += 20) {
                    const QueueEntry entry{int64At(*bytes, at), int32At(*bytes, at + 8),
                                           int64At(*bytes, at + 12)};
                    if (entry.size == 0 && entry.offset == 0 && entry.tagsCode == 0) {
                        hasEnded = true;
                    } else if (hasEnded) {
                        m_formProblems.push_back(fmt::format(
                            "an entry behind the end of queue {} of {}", queue.name, topic.name));
                    } else {
                        entries[first + static_cast<std::int64_t>(at / 20)] = entry;
                    }
                }
            }
        }
    }
}

void StoreChecker::readIndex()
{
    const auto list = m_files.list(m_root / "index").value_or(std::vector<DirectoryEntry>{});
    for (const DirectoryEntry& file : list) {
        const auto bytes =
            readWholeFile(m_files, m_root / "index" / file.name, std::uint64_t{1} << 30U);
        if (!bytes || bytes->size() < 40) {
            continue;
        }
        // Slot and entry counts are not in the file; the tests use 16 + 64, the field 5,000,000 +
        // 20,000,000.
        const std::size_t slots = m_indexSlots > 0                             ? m_indexSlots
                                  : bytes->size() == 40 + 16 * 4 + 64 * 20 ? 16
                                                                            : 5'000'000;
        const std::int32_t count = int32At(*bytes, 36);
        std::set<std::int32_t> reached;
        for (std::size_t slot = 0; slot < slots; ++slot) {
            std::int32_t number = int32At(*bytes, 40 + slot * 4);
            while (number > 0 && number < count && reached.insert(number).second) {
                const std::size_t at = 40 + slots * 4 + static_cast<std::size_t>(number) * 20;
                m_index.push_back({int32At(*bytes, at), int64At(*bytes, at + 4)});
                number = int32At(*bytes, at + 16);
            }
        }
        if (static_cast<std::int32_t>(reached.size()) != count - 1) {
            m_formProblems.push_back(fmt::format("index {}: {} of {} entries hang in chains",
                                                 file.name, reached.size(), count - 1));
        }
    }
}

std::vector<std::string> StoreChecker::problems(int holesAllowed) const
{
    std::vector<std::string> problems = m_formProblems;
    checkQueues(problems, holesAllowed);
    checkIndex(problems);
    return problems;
}

/// Between two records where something is damaged. Several damaged ones side by side are one place.
bool StoreChecker::isInDamage(const QueueEntry& entry) const
{
    const auto begin = std::upper_bound(m_damaged.begin(), m_damaged.end(), entry.offset);
    if (begin == m_damaged.begin()) {
        return false;
    }
    const auto next = std::partition_point(m_records.begin(), m_records.end(),
                                           [place = *std::prev(begin)](const Record& record) { return record.offset < place; });
    return next == m_records.end() || entry.offset + entry.size <= next->offset;
}

void StoreChecker::checkQueues(std::vector<std::string>& problems, int holesAllowed) const
{
    std::map<std::int64_t, const Record*> byOffset;
    std::size_t queued = 0;
    for (const Record& record : m_records) {
        byOffset[record.offset] = &record;
        const int transaction = record.sysFlag & 0xC;
        if (transaction == 4 || transaction == 12) {
            continue;
        }
        ++queued;
        const auto queue = m_queues.find({record.topic, record.queueId});
        const auto entry = queue == m_queues.end()
                               ? std::map<std::int64_t, QueueEntry>::const_iterator{}
                               : queue->second.find(record.queueOffset);
        if (queue == m_queues.end() || entry == queue->second.end() ||
            entry->second.offset != record.offset || entry->second.size != record.size) {
            problems.push_back(fmt::format("record {} ({} of queue {} of {}) has no entry",
                                           record.offset, record.queueOffset, record.queueId,
                                           record.topic));
            continue;
        }
        const std::string tags = property(record.properties, "TAGS");
        if (record.topic != "SCHEDULE_TOPIC_XXXX" &&
            entry->second.tagsCode != (tags.empty() ? 0 : javaHash(tags))) {
            problems.push_back(fmt::format("entry {} of queue {} of {} has a wrong tags code",
                                           record.queueOffset, record.queueId, record.topic));
        }
    }
    int holes = 0;
    std::size_t pointing = 0;
    for (const auto& [queue, entries] : m_queues) {
        for (const auto& [number, entry] : entries) {
            if (entry.offset == 0 && entry.size == 0x7FFFFFFF) {
                continue; // a filler
            }
            if (isInDamage(entry)) {
                continue; // keeps the place of a damaged record
            }
            if (entry.offset < m_logBegin) {
                continue; // its record was in a file that expired
            }
            const auto found = byOffset.find(entry.offset);
            if (found == byOffset.end() || found->second->queueOffset != number ||
                found->second->topic != queue.first) {
                ++holes;
                if (holes > holesAllowed) {
                    problems.push_back(fmt::format(
                        "entry {} of queue {} of {} points at {}, where its record is not", number,
                        queue.second, queue.first, entry.offset));
                }
            } else {
                ++pointing;
            }
        }
    }
    if (pointing != queued) {
        problems.push_back(
            fmt::format("{} queued records, {} entries that point at one", queued, pointing));
    }
}

void StoreChecker::checkIndex(std::vector<std::string>& problems) const
{
    std::multiset<std::pair<std::int32_t, std::int64_t>> entries;
    for (const IndexEntry& entry : m_index) {
        entries.emplace(entry.keyHash, entry.offset);
    }
    for (const Record& record : m_records) {
        const std::string keys = property(record.properties, "KEYS");
        if (keys.empty() || (record.sysFlag & 0xC) == 12) {
            continue;
        }
        const std::int32_t hash = javaHash(record.topic + "#" + keys);
        const std::size_t count = entries.count({hash < 0 ? -hash : hash, record.offset});
        if (count != 1) {
            problems.push_back(fmt::format("key {} of record {} is {} times in the index", keys,
                                           record.offset, count));
        }
    }
}

} // namespace gantry
