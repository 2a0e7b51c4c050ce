// SPDX-License-Identifier: GPL-3.0-or-later
// The broker's tables on disk when they are not what they were.
#include "base/log.h"
#include "broker/broker_metrics.h"
#include "broker/consumer_offset_manager.h"
#include "broker/delay_service.h"
#include "broker/subscription_group_manager.h"
#include "broker/topic_config_manager.h"
#include "message/topic_name.h"
#include "store/message_store.h"
#include "support/manual_clock.h"
#include "support/memory_file_system.h"

#include <QtTest>

#include <map>

using namespace gantry;

class TstTableDamage : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { log::setLevel(log::Level::Off); }
    void damagedTablesAreNeverEmptied_data();
    void damagedTablesAreNeverEmptied();

private:
    ManualClock m_clock;
};

void TstTableDamage::damagedTablesAreNeverEmptied_data()
{
    QTest::addColumn<QString>("name");
    for (const char* name : {"topics.json", "subscriptionGroup.json", "consumerOffset.json", "delayOffset.json"}) {
        QTest::newRow(name) << name;
    }
}

/// Each table, damaged in many ways, with a good .bak, a damaged one, and none.
void TstTableDamage::damagedTablesAreNeverEmptied()
{
    QFETCH(const QString, name);
    const std::string file = name.toStdString();
    MemoryFileSystem files;
    const auto root = std::filesystem::path("/store");
    const auto table = root / "config" / file;
    const auto backup = table.string() + ".bak";
    StoreConfig storeConfig;
    storeConfig.rootDirectory = root;
    storeConfig.commitLogFileSize = 16'384;
    storeConfig.indexSlotCount = 16;
    storeConfig.indexEntryCount = 64;
    auto store = MessageStore::open(storeConfig, {files, m_clock, true});
    QVERIFY(store.has_value());
    PutRequest parked;
    parked.topic = kScheduleTopic;
    for (int i = 0; i < 3; ++i) {
        (*store)->put(parked, [](const PutResult&) {});
    }
    while ((*store)->step(MessageStore::Worker::Reput)) {
    }
    // The entry that is there in the table, and whether it was found; the error's text where loading was refused.
    const auto load = [&]() -> std::string {
        Result<> loaded;
        bool isFound = false;
        if (file == "topics.json") {
            TopicConfigManager topics(files, table, m_clock, {});
            loaded = topics.load();
            isFound = topics.find("precious") != nullptr;
        } else if (file == "subscriptionGroup.json") {
            SubscriptionGroupManager groups(files, table, m_clock, true);
            loaded = groups.load();
            isFound = groups.find("precious") != nullptr;
        } else if (file == "consumerOffset.json") {
            ConsumerOffsetManager offsets(files, table, m_clock);
            loaded = offsets.load();
            isFound = offsets.find("precious", "t", 0).has_value();
        } else {
            BrokerMetrics metrics;
            DelayService delay(files, m_clock, **store, metrics, {table, {std::chrono::seconds(1)}, std::chrono::seconds(10)});
            loaded = delay.load();
            const auto offsets = delay.toTable().offsets;
            isFound = offsets.contains(1) && offsets.at(1) == 2;
        }
        return loaded ? isFound ? "found" : "empty" : loaded.error().message;
    };
    const std::map<std::string, std::string> good = {
        {"topics.json", R"({"dataVersion":{"counter":1,"timestamp":1},"topicConfigTable":{"precious":{"topicName":"precious","perm":6,"readQueueNums":4,"writeQueueNums":4}}})"},
        {"subscriptionGroup.json", R"({"dataVersion":{"counter":1,"timestamp":1},"forbiddenTable":{},"subscriptionGroupTable":{"precious":{"groupName":"precious"}}})"},
        {"consumerOffset.json", R"({"dataVersion":{"counter":1,"timestamp":1},"offsetTable":{"t@precious":{0:7}}})"},
        {"delayOffset.json", R"({"dataVersion":{"counter":1,"timestamp":1},"offsetTable":{1:2}})"}};
    const std::string whole = good.at(file);
    std::vector<std::string> damaged = {"", "   ", std::string(300, '\0'), "{}", "[]", "null", "7", "{\"x\":1}", whole.substr(1),
                                        whole + whole, "\xFF\xFE" + whole, std::string("\0\0", 2) + whole};
    for (std::size_t length = 1; length < whole.size(); length += 7) {
        damaged.push_back(whole.substr(0, length));
        damaged.push_back(whole.substr(0, length) + std::string(whole.size() - length, '\0'));
    }
    std::string renamed = whole;
    renamed[renamed.rfind("Table\"") + 1] ^= 2; // one bit of the table's own name
    damaged.push_back(renamed);
    int refused = 0;
    for (const std::string& text : damaged) {
        for (const int kind : {0, 1, 2, 3}) { // .bak: good, missing, damaged the same way, good beside a missing file
            if (kind != 3) {
                files.put(table, text);
            } else if (files.exists(table)) {
                QVERIFY(files.remove(table).has_value());
            }
            if (files.exists(backup)) {
                QVERIFY(files.remove(backup).has_value());
            }
            if (kind != 1) {
                files.put(backup, kind == 2 ? text : whole);
            }
            const std::string first = load();
            const bool isRecovered = kind == 0 || kind == 3;
            QVERIFY2(isRecovered ? first == "found" : first != "empty" && first != "found",
                     qPrintable(QString("%1 with .bak of kind %2: %3")
                                    .arg(QString::fromStdString(text)).arg(kind).arg(QString::fromStdString(first))));
            if (!isRecovered) {
                ++refused;
                QVERIFY(first.find(file) != std::string::npos);
                QCOMPARE(load(), first); // the same the second time, and nothing touched
                QCOMPARE(files.content(table), text);
            }
            QCOMPARE(load(), first);
        }
    }
    QVERIFY(refused > 40);
    files.put(table, whole);
    QCOMPARE(load(), std::string("found"));
}

QTEST_APPLESS_MAIN(TstTableDamage)
#include "tst_table_damage.moc"
