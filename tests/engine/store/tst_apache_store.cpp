// SPDX-License-Identifier: GPL-3.0-or-later
// Opens a store that Apache RocketMQ 5.3.3 wrote and closed, and reads every message listed beside
// it.
#include "engine/store/store_test_kit.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/posix_file_system.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>

#include <map>

using namespace gantry;
using namespace gantry::test;

class TstApacheStore : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void opensCleanWithoutScanning();
    void readsEveryMessage();
    void findsEveryKey();
    void goesOnWhereApacheStopped();
    void recoversFromTheLogAlone();

private:
    [[nodiscard]] std::unique_ptr<MessageStore> open();
    void compareMessages(MessageStore& store);
    [[nodiscard]] static std::string text(const QJsonObject& object, const char* name)
    {
        return object[QLatin1String(name)].toString().toStdString();
    }

    QJsonObject m_list;
    std::unique_ptr<QTemporaryDir> m_directory;
};

void TstApacheStore::initTestCase()
{
    log::setLevel(log::Level::Off);
    QFile file(QStringLiteral(GANTRY_TEST_DATA_DIR "/apache-store-5.3/messages.json"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    m_list = QJsonDocument::fromJson(file.readAll()).object();
    QVERIFY(m_list["messages"].toArray().size() > 200);
}

void TstApacheStore::init()
{
    m_directory = std::make_unique<QTemporaryDir>();
    QCOMPARE(QProcess::execute("tar", {"xzf", GANTRY_TEST_DATA_DIR "/apache-store-5.3/store.tar.gz",
                                       "-C", m_directory->path()}),
             0);
}

std::unique_ptr<MessageStore> TstApacheStore::open()
{
    StoreConfig config;
    config.rootDirectory = m_directory->path().toStdString();
    config.commitLogFileSize = m_list["mappedFileSizeCommitLog"].toInt();
    config.consumeQueueFileSize = m_list["mappedFileSizeConsumeQueue"].toInt();
    config.indexSlotCount = m_list["maxHashSlotNum"].toInt();
    config.indexEntryCount = m_list["maxIndexNum"].toInt();
    auto store = MessageStore::open(config, {PosixFileSystem::instance(), SystemClock::instance()});
    if (!store) {
        qWarning("%s", store.error().message.c_str());
        return nullptr;
    }
    return std::move(*store);
}

void TstApacheStore::compareMessages(MessageStore& store)
{
    std::map<std::pair<std::string, int>, std::vector<std::string>> expected;
    for (const QJsonValue& value : m_list["messages"].toArray()) {
        const QJsonObject message = value.toObject();
        const auto offset = static_cast<std::int64_t>(message["physicalOffset"].toDouble());
        const auto record = store.recordAt(offset);
        QVERIFY2(record.has_value(), record ? "" : record.error().message.c_str());
        const RecordParse parse = parseRecord(asBytes(*record), true);
        QCOMPARE(parse.record.totalSize, message["storeSize"].toInt());
        QCOMPARE(parse.record.bodyCrc, message["bodyCRC"].toInt());
        QCOMPARE(parse.record.storeTimestampMs,
                 static_cast<std::int64_t>(message["storeTimestamp"].toDouble()));
        QCOMPARE(std::string(parse.record.topic), text(message, "topic"));
        const auto entry =
            store.entryAt(parse.record.topic, parse.record.queueId, parse.record.queueOffset);
        QVERIFY(entry.has_value());
        QCOMPARE(entry->commitLogOffset, offset);
        QCOMPARE(entry->size, parse.record.totalSize);
        QCOMPARE(parse.record.queueOffset,
                 static_cast<std::int64_t>(message["queueOffset"].toDouble()));
        expected[{text(message, "topic"), message["queueId"].toInt()}].push_back(
            std::string(parse.record.body));
    }
    for (const auto& [queue, wanted] : expected) {
        const std::vector<std::string> found = bodies(store, queue.first, queue.second);
        for (const std::string& body : wanted) {
            QCOMPARE(std::count(found.begin(), found.end(), body),
                     std::count(wanted.begin(), wanted.end(), body));
        }
    }
}

void TstApacheStore::opensCleanWithoutScanning()
{
    const auto store = open();
    QVERIFY(store);
    QVERIFY(store->recovery().cleanExit);
    QCOMPARE(store->recovery().scannedRecords, 0);
    QCOMPARE(store->recovery().truncatedAtOffset, -1);
    const QJsonObject offsets = m_list["offsets"].toObject()["orders@reader_group"].toObject();
    for (const QString& queue : offsets.keys()) {
        QCOMPARE(store->maxOffset("orders", queue.toInt()),
                 static_cast<std::int64_t>(offsets[queue].toInt()));
    }
}

void TstApacheStore::readsEveryMessage()
{
    const auto store = open();
    QVERIFY(store);
    compareMessages(*store);
}

void TstApacheStore::findsEveryKey()
{
    const auto store = open();
    QVERIFY(store);
    for (const QJsonValue& value : m_list["messages"].toArray()) {
        const QJsonObject message = value.toObject();
        const QueryResult found =
            store->queryByKey(text(message, "topic"), text(message, "uniqueKey"), 64, 0, INT64_MAX);
        const auto offset = static_cast<std::int64_t>(message["physicalOffset"].toDouble());
        QVERIFY(
            std::any_of(found.records.begin(), found.records.end(), [&](const std::string& record) {
                return parseRecord(asBytes(record), true).record.physicalOffset == offset;
            }));
    }
}

void TstApacheStore::goesOnWhereApacheStopped()
{
    auto store = open();
    QVERIFY(store);
    const std::int64_t end = store->positions().maxOffset;
    const std::int64_t next = store->maxOffset("orders", 0);
    const PutResult put = store->putAndWait(message("orders", 0, "ours", keyProperty("our-key")));
    QCOMPARE(put.queueOffset, next);
    QVERIFY(put.commitLogOffset >= end);
    QVERIFY(store->close());
    store = open();
    QVERIFY(store);
    QVERIFY(store->recovery().cleanExit);
    QCOMPARE(bodies(*store, "orders", 0, next), std::vector<std::string>{"ours"});
    QCOMPARE(store->queryByKey("orders", "our-key", 5, 0, INT64_MAX).records.size(),
             std::size_t{1});
    compareMessages(*store);
}

void TstApacheStore::recoversFromTheLogAlone()
{
    // As after a crash that took everything but the log.
    const QDir directory(m_directory->path());
    QVERIFY(QDir(directory.filePath("consumequeue")).removeRecursively());
    QVERIFY(QDir(directory.filePath("index")).removeRecursively());
    QVERIFY(QFile::remove(directory.filePath("checkpoint")));
    QFile abort(directory.filePath("abort"));
    QVERIFY(abort.open(QIODevice::WriteOnly));
    abort.close();
    const auto store = open();
    QVERIFY(store);
    QVERIFY(!store->recovery().cleanExit);
    QVERIFY(store->recovery().damagedOffsets.empty());
    compareMessages(*store);
}

QTEST_GUILESS_MAIN(TstApacheStore)
#include "tst_apache_store.moc"
