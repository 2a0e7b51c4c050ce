// SPDX-License-Identifier: GPL-3.0-or-later
// A real broker under load, killed with SIGKILL at random times, also while it starts, while files roll and old ones are
// deleted. Whatever was acknowledged is in the files, once; the reader of the files is StoreChecker, not the store.
// One life again: GANTRY_CRASH_SEED=<seed> GANTRY_CRASH_COUNT=1 tst_broker_kill (load and times are the same, what the
// machine does in between is not).
#include "e2e/server_process.h"
#include "engine/store/crash_seeds.h"
#include "support/store_checker.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/posix_file_system.h"
#include "message/batch_codec.h"
#include "message/message_id.h"
#include "message/record_codec.h"
#include "protocol/header_codec.h"
#include "protocol/headers/pull_message.h"
#include "protocol/headers/send_message.h"
#include "remoting/io_runtime.h"
#include "remoting/remoting_client.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <fcntl.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <set>

using namespace gantry;
using namespace gantry::test;

namespace {

constexpr int kKillsPerLife = 4;
constexpr std::uint64_t kWindowMs = 2'000; ///< a life is as long, at most
constexpr int kQueues = 4;
constexpr int kConnections = 8;
constexpr int kDepth = 8;
constexpr int kIndexSlots = 1000;
constexpr const char* kTopic = "kill-me";
constexpr const char* kDelayedTopic = "kill-me-later";
constexpr const char* kScheduleTopicName = "SCHEDULE_TOPIC_XXXX";

/// The same id gives the same body, so that only ids need to be remembered.
std::string bodyOf(const std::string& id)
{
    std::size_t hash = 14695981039346656037U;
    for (const char c : id) {
        hash = (hash ^ static_cast<std::uint8_t>(c)) * 1099511628211U;
    }
    const std::size_t length = hash % 16 == 0 ? hash / 16 % 12'000 : hash / 16 % 1'500;
    return id + " " + std::string(length, static_cast<char>('a' + hash % 26));
}

std::string idOf(const std::string& body)
{
    return body.substr(0, body.find(' '));
}

/// What the senders were promised.
struct Journal
{
    std::mutex mutex;
    std::map<std::string, std::int64_t> acknowledged; ///< id -> CommitLog offset
    std::set<std::string> attempted;
    [[nodiscard]] std::size_t count()
    {
        const std::lock_guard guard(mutex);
        return acknowledged.size();
    }
};

RemotingCommand sendRequest(const std::string& topic, int queueId, const std::vector<std::string>& ids)
{
    SendMessageHeaderV2 header;
    header.producerGroup = "pg";
    header.topic = topic;
    header.defaultTopic = "TBW102";
    header.defaultTopicQueueNums = kQueues;
    header.queueId = queueId;
    header.bornTimestamp = SystemClock::instance().wallMs();
    auto request = RemotingCommand::request(RequestCode::SendMessageV2);
    if (ids.size() == 1) {
        PropertyList properties;
        properties.set(property::kKeys, ids[0]);
        properties.set(property::kTags, "tag" + std::to_string(queueId));
        if (topic == kDelayedTopic) {
            properties.set(property::kDelayLevel, "1");
        }
        header.properties = properties.encode();
        request.body = bodyOf(ids[0]);
    } else {
        std::vector<Message> batch(ids.size());
        for (std::size_t i = 0; i < ids.size(); ++i) {
            batch[i].body = bodyOf(ids[i]);
        }
        header.batch = true;
        request.body = encodeBatch(batch);
    }
    encodeHeader(header, request.fields);
    return request;
}

/// Keeps kConnections × kDepth requests in flight until the broker goes away. Connection 0 sends batches, 1 sends
/// delayed messages, whose progress makes the broker write checkpoints.
class Load
{
public:
    Load(std::string address, std::string prefix, Journal& journal)
        : m_address(std::move(address))
        , m_prefix(std::move(prefix))
        , m_journal(journal)
        , m_runtime(std::make_unique<IoRuntime>(IoRuntime::Options{}))
    {
        for (int i = 0; i < kConnections; ++i) {
            m_clients.push_back(std::make_unique<RemotingClient>(*m_runtime, RemotingClient::Options{}));
        }
        for (int i = 0; i < kConnections * kDepth; ++i) {
            sendNext(i % kConnections);
        }
    }
    ~Load()
    {
        m_isStopping = true;
        for (auto& client : m_clients) {
            client->stop();
        }
        m_clients.clear();
        m_runtime.reset(); // no callback runs after this
    }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

private:
    void sendNext(int connection)
    {
        const int number = m_number++;
        std::vector<std::string> ids;
        for (int i = 0; i < (connection == 0 ? 5 : 1); ++i) {
            ids.push_back(fmt::format("{}/{}/{}.{}", m_prefix, connection, number, i));
        }
        {
            const std::lock_guard guard(m_journal.mutex);
            m_journal.attempted.insert(ids.begin(), ids.end());
        }
        auto request = sendRequest(connection == 1 ? kDelayedTopic : kTopic, number % kQueues, ids);
        m_clients[static_cast<std::size_t>(connection)]->invokeAsync(
            m_address, std::move(request), std::chrono::seconds(5),
            [this, connection, ids](const Result<RemotingCommand>& answer) {
                if (!answer || m_isStopping) {
                    return;
                }
                if (answer->code == 0) {
                    note(ids, std::string(answer->fields.find("msgId").value_or("")));
                }
                sendNext(connection);
            });
    }
    void note(const std::vector<std::string>& ids, std::string messageIds)
    {
        const std::lock_guard guard(m_journal.mutex);
        for (const std::string& id : ids) {
            const auto comma = messageIds.find(',');
            const auto parsed = parseOffsetMessageId(messageIds.substr(0, comma));
            m_journal.acknowledged[id] = parsed ? parsed->commitLogOffset : -1;
            messageIds = comma == std::string::npos ? std::string{} : messageIds.substr(comma + 1);
        }
    }

    const std::string m_address;
    const std::string m_prefix;
    Journal& m_journal;
    std::unique_ptr<IoRuntime> m_runtime;
    std::vector<std::unique_ptr<RemotingClient>> m_clients;
    std::atomic<int> m_number{0};
    std::atomic<bool> m_isStopping{false};
};

/// One store and the kills it lives through.
class Life
{
public:
    explicit Life(std::uint64_t seed)
        : m_seed(seed)
        , m_random(seed * 0x9E3779B97F4A7C15ULL + 11)
        , m_store(m_directory.filePath("store").toStdString())
        , m_server(m_directory.filePath("broker.conf"))
    {}

    /// Empty, or what went wrong.
    std::string run();
    [[nodiscard]] std::size_t acknowledged() { return m_journal.count(); }
    [[nodiscard]] qint64 slowestStartMs() const { return m_slowestStartMs; }
    [[nodiscard]] std::int64_t expiredBytes() const { return m_logBegin; }

private:
    [[nodiscard]] std::uint64_t dice(std::uint64_t sides) { return m_random() % sides; }
    bool writeConfig();
    std::string start();
    void ageFiles();
    std::string readQueues();
    std::string checkFiles(bool isClean);
    void pause(std::uint64_t ms) { QTest::qWait(static_cast<int>(ms)); }

    const std::uint64_t m_seed;
    std::mt19937_64 m_random;
    QTemporaryDir m_directory;
    const std::filesystem::path m_store;
    ServerProcess m_server;
    Journal m_journal;
    std::string m_address;
    std::map<int, std::int64_t> m_nextOffset; ///< by queue, behind what was read over the network
    std::set<std::string> m_read;
    std::int64_t m_agedEnd = 0; ///< files before it may be deleted
    std::int64_t m_logBegin = 0;
    qint64 m_slowestStartMs = 0;
};

bool Life::writeConfig()
{
    QFile file(m_directory.filePath("broker.conf"));
    const std::string text = fmt::format(
        "brokerName=bk-1\nlistenPort=0\nbindAddress=127.0.0.1\nstorePathRootDir={}\nflushDiskType={}\n"
        "mappedFileSizeCommitLog={}\nmaxMessageSize=65536\nmappedFileSizeConsumeQueue=4000\nmaxHashSlotNum={}\n"
        "maxIndexNum=3000\nmessageDelayLevel=1s\nflushDelayOffsetInterval=100\nfileReservedTime=1\n"
        "diskMaxUsedSpaceRatio=95\ndiskSpaceCleanForciblyRatio=85\ndiskSpaceWarningLevelRatio=90\n",
        m_store.string(), dice(2) == 0 ? "SYNC_FLUSH" : "ASYNC_FLUSH", 131'072 << dice(4), kIndexSlots);
    return file.open(QIODevice::WriteOnly) && file.write(text.c_str()) > 0;
}

std::string Life::start()
{
    QElapsedTimer timer;
    timer.start();
    m_address = m_server.start();
    m_slowestStartMs = std::max(m_slowestStartMs, timer.elapsed());
    return m_address.empty() ? "the broker does not start" : "";
}

/// Some of the oldest files look three hours old, so that the broker deletes them.
void Life::ageFiles()
{
    std::vector<std::filesystem::path> files;
    for (const auto& entry : PosixFileSystem::instance().list(m_store / "commitlog").value_or(std::vector<DirectoryEntry>{})) {
        files.push_back(m_store / "commitlog" / entry.name);
    }
    const std::size_t count = files.size() < 4 ? 0 : dice(files.size() / 2);
    for (std::size_t i = 0; i < count; ++i) {
        const std::int64_t past = SystemClock::instance().wallMs() / 1000 - 3 * 3600;
        const timespec times[2] = {{past, 0}, {past, 0}};
        ::utimensat(AT_FDCWD, files[i].c_str(), times, 0);
        m_agedEnd = std::max<std::int64_t>(m_agedEnd, std::stoll(files[i + 1].filename().string()));
    }
}

/// What is new in the queues, over the network: in order, without gaps, nothing twice, nothing that nobody sent.
std::string Life::readQueues()
{
    IoRuntime runtime({});
    RemotingClient client(runtime, {});
    for (int queueId = 0; queueId < kQueues; ++queueId) {
        while (true) {
            PullMessageHeader header;
            header.consumerGroup = "checker";
            header.topic = kTopic;
            header.queueId = queueId;
            header.maxMsgNums = 32;
            header.sysFlag = pullflag::kSubscription;
            header.subscription = "*";
            header.queueOffset = m_nextOffset[queueId];
            auto request = RemotingCommand::request(RequestCode::PullMessage);
            encodeHeader(header, request.fields);
            const auto answer = client.invokeSync(m_address, std::move(request), std::chrono::seconds(10));
            if (!answer) {
                return "pull failed: " + answer.error().message;
            }
            if (answer->code == 21 && m_logBegin < m_agedEnd) { // moved: the offset has expired
                const auto next = answer->fields.find("nextBeginOffset").value_or("0");
                m_nextOffset[queueId] = std::max(m_nextOffset[queueId] + 1, static_cast<std::int64_t>(std::stoll(std::string(next))));
                continue;
            }
            const auto messages = decodeMessages(answer->body);
            if (answer->code != 0 || !messages) {
                break; // the end
            }
            for (const MessageExt& message : *messages) {
                const std::string id = idOf(message.body);
                const bool isExpired = message.queueOffset > m_nextOffset[queueId] && m_agedEnd > 0;
                if (message.queueOffset != m_nextOffset[queueId] && !isExpired) {
                    return fmt::format("queue {}: {} after {}", queueId, message.queueOffset, m_nextOffset[queueId] - 1);
                }
                m_nextOffset[queueId] = message.queueOffset + 1;
                if (message.body != bodyOf(id) || !m_journal.attempted.contains(id) || !m_read.insert(id).second) {
                    return "delivered twice, damaged, or never sent: " + id;
                }
            }
        }
    }
    client.stop();
    for (const auto& [id, offset] : m_journal.acknowledged) {
        const bool isDelayed = id.compare(id.find('/', id.find('/') + 1), 3, "/1/") == 0; // of connection 1
        if (!isDelayed && offset >= m_agedEnd && !m_read.contains(id)) {
            return fmt::format("acknowledged, but no consumer gets it: {} at {}", id, offset);
        }
    }
    return {};
}

/// The files, read by somebody else.
std::string Life::checkFiles(bool isClean)
{
    StoreChecker checker(PosixFileSystem::instance(), m_store);
    checker.setIndexSlots(kIndexSlots);
    checker.read();
    std::map<std::string, int> found;
    m_logBegin = checker.records().empty() ? m_logBegin : std::max(m_logBegin, checker.logBegin());
    if (m_logBegin > m_agedEnd) {
        return fmt::format("files before {} are gone, those before {} are old", m_logBegin, m_agedEnd);
    }
    for (const StoreChecker::Record& record : checker.records()) {
        if (record.topic != kTopic && record.topic != kScheduleTopicName) {
            continue;
        }
        const std::string id = idOf(record.body);
        const bool isKnown = m_journal.attempted.contains(id) && record.body == bodyOf(id);
        if (!isKnown || ++found[id] != 1) {
            return fmt::format("record {} is there twice, damaged, or was never sent: {}", record.offset, id);
        }
        const auto acknowledged = m_journal.acknowledged.find(id);
        if (acknowledged != m_journal.acknowledged.end() && acknowledged->second != record.offset) {
            return fmt::format("{} is at {}, the sender was told {}", id, record.offset, acknowledged->second);
        }
    }
    for (const auto& [id, offset] : m_journal.acknowledged) {
        if (offset >= m_logBegin && !found.contains(id)) {
            return fmt::format("lost: {}, acknowledged at {}", id, offset);
        }
    }
    if (!checker.damagedOffsets().empty()) {
        return fmt::format("damaged at {}", checker.damagedOffsets().front());
    }
    const auto problems = isClean ? checker.problems() : std::vector<std::string>{};
    return problems.empty() ? "" : problems.front();
}

std::string Life::run()
{
    if (!writeConfig()) {
        return "no configuration";
    }
    for (int kill = 0; kill < kKillsPerLife; ++kill) {
        if (kill > 0 && dice(4) == 0) { // while it starts
            m_server.launch();
            pause(dice(60));
            m_server.killHard();
            ++kill;
        }
        if (std::string wrong = start(); !wrong.empty()) {
            return wrong;
        }
        if (std::string wrong = kill > 0 ? readQueues() : ""; !wrong.empty()) {
            return wrong;
        }
        {
            const auto load = std::make_unique<Load>(m_address, fmt::format("{}/{}", m_seed, kill), m_journal);
            const std::uint64_t lifeMs = dice(kWindowMs);
            if (m_agedEnd > m_logBegin) {
                pause(lifeMs / 2);
                IoRuntime runtime({});
                RemotingClient admin(runtime, {});
                (void)admin.invokeSync(m_address, RemotingCommand::request(RequestCode::DeleteExpiredCommitlog), std::chrono::seconds(5));
                admin.stop();
                pause(lifeMs / 2);
            } else {
                pause(lifeMs);
            }
            m_server.killHard();
        }
        if (std::string wrong = checkFiles(false); !wrong.empty()) {
            return fmt::format("after kill {}: {}", kill, wrong);
        }
        if (dice(2) == 0) {
            ageFiles();
        }
    }
    std::string wrong = start();
    wrong = wrong.empty() ? readQueues() : wrong;
    if (wrong.empty() && !m_server.stopCleanly()) {
        wrong = "does not stop";
    }
    return wrong.empty() ? checkFiles(true) : wrong;
}

} // namespace

class TstBrokerKill : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void nothingAcknowledgedIsLost();
};

void TstBrokerKill::nothingAcknowledgedIsLost()
{
    std::size_t acknowledged = 0;
    qint64 slowestStartMs = 0;
    std::int64_t expiredBytes = 0;
    int kills = 0;
    for (auto [seed, end] = seeds(5); seed < end; ++seed) {
        Life life(seed);
        const std::string wrong = life.run();
        QVERIFY2(wrong.empty(), qPrintable(QString("seed %1: %2").arg(seed).arg(QString::fromStdString(wrong))));
        acknowledged += life.acknowledged();
        slowestStartMs = std::max(slowestStartMs, life.slowestStartMs());
        expiredBytes += life.expiredBytes();
        kills += kKillsPerLife;
    }
    qInfo("%d kills, %zu messages acknowledged, %lld MiB of old files deleted, slowest start %lld ms", kills, acknowledged,
          static_cast<long long>(expiredBytes >> 20), static_cast<long long>(slowestStartMs));
    QVERIFY(acknowledged > static_cast<std::size_t>(kills) * 100);
}

QTEST_GUILESS_MAIN(TstBrokerKill)
#include "tst_broker_kill.moc"
