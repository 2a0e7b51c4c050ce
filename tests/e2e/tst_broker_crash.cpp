// SPDX-License-Identifier: GPL-3.0-or-later
#include "e2e/server_process.h"

#include "base/clock.h"
#include "base/posix_file_system.h"
#include "message/batch_codec.h"
#include "message/message_id.h"
#include "message/record_codec.h"
#include "protocol/header_codec.h"
#include "protocol/headers/pull_message.h"
#include "protocol/headers/query_message.h"
#include "protocol/headers/send_message.h"
#include "remoting/remoting_client.h"
#include "store/message_store.h"
#include "support/compare.h"

#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

using namespace gantry;
using gantry::test::ServerProcess;

namespace {

constexpr int kSenders = 4;
constexpr int kQueues = 4;
constexpr const char* kTopic = "crash-me";

/// What the senders were promised.
struct Journal
{
    std::mutex mutex;
    std::map<std::string, std::string> acknowledged; ///< body -> offset message id
    std::set<std::string> attempted;
};

std::string bodyOf(int round, int sender, int number, std::mt19937& random)
{
    auto body = std::to_string(round) + "/" + std::to_string(sender) + "/" + std::to_string(number) + " ";
    body.append(std::uniform_int_distribution<std::size_t>(0, 6'000)(random), static_cast<char>('a' + number % 26));
    return body;
}

RemotingCommand sendRequest(std::int32_t queueId, const std::vector<std::string>& bodies)
{
    SendMessageHeaderV2 header;
    header.producerGroup = "pg";
    header.topic = kTopic;
    header.defaultTopic = "TBW102";
    header.defaultTopicQueueNums = kQueues;
    header.queueId = queueId;
    header.bornTimestamp = SystemClock::instance().wallMs();
    auto request = RemotingCommand::request(RequestCode::SendMessageV2);
    if (bodies.size() == 1) {
        PropertyList properties;
        properties.set(property::kKeys, "key-" + bodies[0].substr(0, bodies[0].find(' ')));
        header.properties = properties.encode();
        request.body = bodies[0];
    } else {
        std::vector<Message> batch(bodies.size());
        for (std::size_t i = 0; i < bodies.size(); ++i) {
            batch[i].body = bodies[i];
        }
        header.batch = true;
        request.body = encodeBatch(batch);
    }
    encodeHeader(header, request.fields);
    return request;
}

/// Sends until the server goes away.
void sendLoop(IoRuntime& runtime, const std::string& address, int round, int sender, Journal& journal)
{
    std::mt19937 random(static_cast<unsigned>(round * 100 + sender));
    RemotingClient client(runtime, {});
    for (int number = 0;; number += 10) {
        std::vector<std::string> bodies;
        for (int i = 0; i < (sender == 0 ? 5 : 1); ++i) { // the first one sends batches
            bodies.push_back(bodyOf(round, sender, number + i, random));
        }
        {
            const std::scoped_lock guard(journal.mutex);
            journal.attempted.insert(bodies.begin(), bodies.end());
        }
        const auto answer = client.invokeSync(address, sendRequest(number / 10 % kQueues, bodies), std::chrono::seconds(5));
        if (!answer) {
            break;
        }
        if (answer->code == 0) {
            auto ids = std::string(answer->fields.find("msgId").value_or(""));
            const std::scoped_lock guard(journal.mutex);
            for (const auto& body : bodies) {
                const auto comma = ids.find(',');
                journal.acknowledged[body] = ids.substr(0, comma);
                ids = comma == std::string::npos ? std::string{} : ids.substr(comma + 1);
            }
        }
    }
    client.stop();
}

RemotingCommand invoke(RemotingClient& client, const std::string& address, RemotingCommand request)
{
    auto answer = client.invokeSync(address, std::move(request), std::chrono::seconds(10));
    if (answer) {
        return std::move(*answer);
    }
    RemotingCommand failed;
    failed.code = -1;
    failed.remark = answer.error().message;
    return failed;
}

/// Everything a queue holds, in order.
std::vector<MessageExt> readQueue(RemotingClient& client, const std::string& address, std::int32_t queueId)
{
    std::vector<MessageExt> all;
    PullMessageHeader header;
    header.consumerGroup = "checker";
    header.topic = kTopic;
    header.queueId = queueId;
    header.maxMsgNums = 32;
    header.sysFlag = pullflag::kSubscription;
    header.subscription = "*";
    for (;;) {
        auto request = RemotingCommand::request(RequestCode::PullMessage);
        encodeHeader(header, request.fields);
        const auto answer = invoke(client, address, std::move(request));
        auto messages = decodeMessages(answer.body);
        if (answer.code != 0 || !messages) {
            if (answer.code != 19) { // 19: the end
                qWarning("pull of queue %d: %d %s", queueId, answer.code, answer.remark.c_str());
            }
            return all;
        }
        header.queueOffset = messages->back().queueOffset + 1;
        std::move(messages->begin(), messages->end(), std::back_inserter(all));
    }
}

} // namespace

class TstBrokerCrash : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsWhatItAcknowledged_data();
    void keepsWhatItAcknowledged();
    void deliversDelayedMessagesAfterAKill();

private:
    static void writeConfig(const QString& path, const QString& store, const QString& flush);
    static void runRound(const std::string& address, ServerProcess& server, int round, Journal& journal);
    static void checkOverNetwork(const std::string& address, const Journal& journal);
    static void checkFiles(const QString& store, const Journal& journal);
};

void TstBrokerCrash::writeConfig(const QString& path, const QString& store, const QString& flush)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(("brokerName=bk-1\nlistenPort=0\nbindAddress=127.0.0.1\nstorePathRootDir=" + store + "\nflushDiskType=" + flush +
                "\nmappedFileSizeCommitLog=1048576\nmaxMessageSize=65536\nmappedFileSizeConsumeQueue=20000\nmaxHashSlotNum=1000\nmaxIndexNum=3000\n"
                "messageDelayLevel=1s 2s\nflushDelayOffsetInterval=100\ndiskMaxUsedSpaceRatio=99\ndiskSpaceCleanForciblyRatio=99\ndiskSpaceWarningLevelRatio=99\n")
                   .toUtf8());
}

void TstBrokerCrash::keepsWhatItAcknowledged_data()
{
    QTest::addColumn<QString>("flush");
    QTest::addColumn<int>("rounds");
    QTest::newRow("sync flush") << "SYNC_FLUSH" << 5;
    QTest::newRow("async flush") << "ASYNC_FLUSH" << 2; // the page cache outlives the process
}

void TstBrokerCrash::runRound(const std::string& address, ServerProcess& server, int round, Journal& journal)
{
    IoRuntime runtime({});
    const auto before = journal.acknowledged.size();
    std::vector<std::thread> senders;
    for (int sender = 0; sender < kSenders; ++sender) {
        senders.emplace_back([&, sender] { sendLoop(runtime, address, round, sender, journal); });
    }
    QElapsedTimer timer;
    timer.start();
    std::size_t now = before;
    while (now < before + 50 && timer.elapsed() < 20'000) {
        QTest::qWait(5);
        const std::scoped_lock guard(journal.mutex);
        now = journal.acknowledged.size();
    }
    QTest::qWait(static_cast<int>(std::random_device{}() % 500));
    server.killHard();
    for (auto& sender : senders) {
        sender.join();
    }
    QVERIFY(now >= before + 50);
}

void TstBrokerCrash::checkOverNetwork(const std::string& address, const Journal& journal)
{
    IoRuntime runtime({});
    RemotingClient client(runtime, {});
    std::map<std::string, int> seen;
    for (int queueId = 0; queueId < kQueues; ++queueId) {
        std::int64_t offset = 0;
        for (const auto& message : readQueue(client, address, queueId)) {
            QCOMPARE(message.queueOffset, offset++); // no gap, nothing twice
            ++seen[message.body];
        }
    }
    for (const auto& [body, id] : journal.acknowledged) {
        const auto found = seen.find(body);
        QVERIFY2(found != seen.end(), ("lost: " + body.substr(0, 40)).c_str());
    }
    for (const auto& [body, count] : seen) {
        QCOMPARE(count, 1);
        QVERIFY2(journal.attempted.contains(body), ("invented: " + body.substr(0, 40)).c_str());
    }
    int step = 0;
    for (const auto& [body, id] : journal.acknowledged) {
        if (++step % 50 == 0) {
            auto request = RemotingCommand::request(RequestCode::ViewMessageById);
            encodeHeader(ViewMessageHeader{parseOffsetMessageId(id)->commitLogOffset, {}}, request.fields);
            const auto answer = invoke(client, address, std::move(request));
            QCOMPARE(answer.code, 0);
            QCOMPARE(decodeMessages(answer.body)->at(0).body, body);
        }
    }
    client.stop();
}

void TstBrokerCrash::checkFiles(const QString& store, const Journal& journal)
{
    PosixFileSystem files;
    StoreConfig config;
    config.rootDirectory = store.toStdString();
    config.commitLogFileSize = 1'048'576;
    config.messageBytesMax = 65'536;
    config.consumeQueueFileSize = 20'000;
    config.indexSlotCount = 1000;
    config.indexEntryCount = 3000;
    const auto opened = MessageStore::open(config, {files, SystemClock::instance()});
    QVERIFY2(opened.has_value(), opened ? "" : opened.error().message.c_str());
    auto& messages = **opened;
    QVERIFY(messages.recovery().cleanExit);
    QVERIFY(messages.recovery().damagedOffsets.empty());
    for (const auto& [topic, queueId] : messages.queues()) {
        const auto most = messages.maxOffset(topic, queueId);
        for (auto offset = messages.minOffset(topic, queueId); offset < most; ++offset) {
            const auto entry = messages.entryAt(topic, queueId, offset);
            QVERIFY(entry.has_value());
            const auto bytes = messages.recordAt(entry->commitLogOffset);
            QVERIFY(bytes.has_value());
            const auto parsed = parseRecord(asBytes(*bytes), true);
            QCOMPARE(static_cast<int>(parsed.status), static_cast<int>(RecordStatus::Ok));
            QCOMPARE(parsed.record.totalSize, entry->size);
            QCOMPARE(parsed.record.queueOffset, offset);
            QCOMPARE(parsed.record.queueId, queueId);
            QCOMPARE(parsed.record.topic, std::string_view(topic));
        }
    }
    int step = 0;
    for (const auto& [body, id] : journal.acknowledged) {
        const bool isBatch = body.find("/0/") != std::string::npos && body.find("/0/") == body.find('/');
        if (!isBatch && ++step % 25 == 0) {
            const auto found = messages.queryByKey(kTopic, "key-" + body.substr(0, body.find(' ')), 8, 0, SystemClock::instance().wallMs());
            QCOMPARE(found.records.size(), std::size_t{1});
            QCOMPARE(parseRecord(asBytes(found.records[0]), true).record.body, std::string_view(body));
        }
    }
    QVERIFY(messages.close().has_value());
}

void TstBrokerCrash::keepsWhatItAcknowledged()
{
    QFETCH(QString, flush);
    QFETCH(int, rounds);
    QTemporaryDir directory;
    const auto store = directory.filePath("store");
    writeConfig(directory.filePath("broker.conf"), store, flush);
    ServerProcess server(directory.filePath("broker.conf"));
    Journal journal;
    for (int round = 0; round < rounds; ++round) {
        const auto address = server.start();
        QVERIFY(!address.empty());
        if (round > 0) {
            checkOverNetwork(address, journal);
        }
        if (QTest::currentTestFailed()) {
            return;
        }
        runRound(address, server, round, journal);
    }
    const auto address = server.start();
    QVERIFY(!address.empty());
    checkOverNetwork(address, journal);
    QVERIFY(server.stopCleanly());
    checkFiles(store, journal);
    qInfo("%zu messages acknowledged, %zu attempted, %d kills", journal.acknowledged.size(), journal.attempted.size(), rounds);
}

void TstBrokerCrash::deliversDelayedMessagesAfterAKill()
{
    QTemporaryDir directory;
    writeConfig(directory.filePath("broker.conf"), directory.filePath("store"), "SYNC_FLUSH");
    ServerProcess server(directory.filePath("broker.conf"));
    IoRuntime runtime({});
    std::set<std::string> acknowledged;
    for (int round = 0; round < 2; ++round) {
        const auto address = server.start();
        QVERIFY(!address.empty());
        RemotingClient client(runtime, {});
        QElapsedTimer timer;
        timer.start();
        for (int i = 0; timer.elapsed() < 1'500; ++i) { // some are due before the kill, some after
            const auto body = std::to_string(round) + "-" + std::to_string(i);
            auto request = sendRequest(0, {body});
            request.fields.set("i", i % 2 == 0 ? "DELAY\x01" "1\x02" : "DELAY\x01" "2\x02");
            if (invoke(client, address, std::move(request)).code == 0) {
                acknowledged.insert(body);
            }
        }
        client.stop();
        server.killHard();
    }
    QVERIFY(acknowledged.size() > 20);
    const auto address = server.start();
    QVERIFY(!address.empty());
    RemotingClient client(runtime, {});
    std::map<std::string, int> delivered;
    QElapsedTimer timer;
    timer.start();
    while (delivered.size() < acknowledged.size() && timer.elapsed() < 15'000) {
        QTest::qWait(200);
        delivered.clear();
        for (const auto& message : readQueue(client, address, 0)) {
            ++delivered[message.body];
        }
    }
    for (const auto& body : acknowledged) {
        QVERIFY2(delivered.contains(body), ("lost: " + body).c_str());
    }
    client.stop();
    QVERIFY(server.stopCleanly());
}

QTEST_GUILESS_MAIN(TstBrokerCrash)
#include "tst_broker_crash.moc"
