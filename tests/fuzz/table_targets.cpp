// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz_targets.h"

#include "base/assert.h"
#include "broker/broker_config.h"
#include "broker/consumer_offset_manager.h"
#include "broker/delay_service.h"
#include "broker/subscription_group_manager.h"
#include "broker/topic_config_manager.h"
#include "namesrv/kv_config.h"
#include "namesrv/name_server.h"
#include "support/manual_clock.h"
#include "support/memory_file_system.h"

#include <array>

namespace gantry::fuzz {

namespace {

const std::filesystem::path kTable = "/store/config/table.json";

/// One table's file in memory.
struct Disk
{
    explicit Disk(std::string_view text)
    {
        GANTRY_ASSERT(files.createDirectories(kTable.parent_path()), "no directory");
        files.put(kTable, text);
    }
    /// A table that was refused must still be there for whoever can repair it.
    void expectUntouched(std::string_view text)
    {
        GANTRY_ASSERT(files.content(kTable) == text && files.files().size() == 1, "a refused table was touched");
    }

    MemoryFileSystem files;
    ManualClock clock;
};

void topics(std::string_view text)
{
    Disk disk(text);
    const TopicConfigManager::Options options{"c", "b", 8, true, false};
    TopicConfigManager table(disk.files, kTable, disk.clock, options);
    if (!table.load()) {
        return disk.expectUntouched(text);
    }
    TopicConfig added;
    added.topicName = "Added";
    GANTRY_ASSERT(table.update(added), "cannot save what was loaded");
    TopicConfigManager again(disk.files, kTable, disk.clock, options);
    const auto loaded = again.load();
    GANTRY_ASSERT(loaded, "cannot read what was written: {}", loaded.error().message);
    GANTRY_ASSERT(again.toTable().encode() == table.toTable().encode(), "the topics changed");
}

void groups(std::string_view text)
{
    Disk disk(text);
    SubscriptionGroupManager table(disk.files, kTable, disk.clock, true);
    if (!table.load()) {
        return disk.expectUntouched(text);
    }
    GANTRY_ASSERT(table.setReadForbidden("g", "T", true), "cannot save what was loaded");
    SubscriptionGroupManager again(disk.files, kTable, disk.clock, true);
    const auto loaded = again.load();
    GANTRY_ASSERT(loaded, "cannot read what was written: {}", loaded.error().message);
    GANTRY_ASSERT(again.toTable().encode() == table.toTable().encode(), "the groups changed");
    GANTRY_ASSERT(again.isReadForbidden("g", "T"), "a group may read what it was forbidden");
}

void offsets(std::string_view text)
{
    Disk disk(text);
    ConsumerOffsetManager table(disk.files, kTable, disk.clock);
    if (!table.load()) {
        return disk.expectUntouched(text);
    }
    table.commit("g", "T", 3, 7);
    GANTRY_ASSERT(table.persist(), "cannot save what was loaded");
    ConsumerOffsetManager again(disk.files, kTable, disk.clock);
    const auto loaded = again.load();
    GANTRY_ASSERT(loaded, "cannot read what was written: {}", loaded.error().message);
    GANTRY_ASSERT(again.toTable().encode() == table.toTable().encode(), "the offsets changed");
    GANTRY_ASSERT(again.find("g", "T", 3) == 7, "an offset is lost");
}

/// An empty store whose threads never run.
MessageStore& emptyStore()
{
    static MemoryFileSystem files;
    static ManualClock clock;
    static const std::unique_ptr<MessageStore> store = [] {
        StoreConfig config;
        config.rootDirectory = "/store";
        config.commitLogFileSize = 16 * 1024;
        config.indexSlotCount = 16;
        config.indexEntryCount = 64;
        auto opened = MessageStore::open(config, {files, clock, true});
        GANTRY_ASSERT(opened, "{}", opened.error().message);
        return std::move(*opened);
    }();
    return *store;
}

void delayOffsets(std::string_view text)
{
    Disk disk(text);
    BrokerMetrics metrics;
    DelayService::Options options;
    options.path = kTable;
    options.levels = *parseDelayLevels("1s 5s 10s");
    DelayService service(disk.files, disk.clock, emptyStore(), metrics, options);
    if (!service.load()) {
        return disk.expectUntouched(text);
    }
    const auto levels = service.offsets();
    GANTRY_ASSERT(levels.size() <= 3, "{} levels of three", levels.size());
    for (const auto& [level, offset] : levels) {
        GANTRY_ASSERT(level >= 1 && level <= 3 && offset == 0, "level {} begins at {} in an empty store", level, offset);
    }
}

void kvConfig(std::string_view text)
{
    Disk disk(text);
    KvConfig table(disk.files, kTable);
    if (!table.load()) {
        return disk.expectUntouched(text);
    }
    GANTRY_ASSERT(table.put("space", "key", "value"), "cannot save what was loaded");
    KvConfig again(disk.files, kTable);
    const auto loaded = again.load();
    GANTRY_ASSERT(loaded, "cannot read what was written: {}", loaded.error().message);
    GANTRY_ASSERT(again.space("space") == table.space("space"), "a namespace changed");
    GANTRY_ASSERT(again.space("ORDER_TOPIC_CONFIG") == table.space("ORDER_TOPIC_CONFIG"), "the orders changed");
}

/// The first byte says whose table it is.
void tables(std::string_view input)
{
    constexpr std::array kTables{topics, groups, offsets, delayOffsets, kvConfig};
    if (!input.empty()) {
        kTables[static_cast<unsigned char>(input.front()) % kTables.size()](input.substr(1));
    }
}

template <typename Config>
void oneConfig(const PropertyTable& table)
{
    const auto config = Config::fromProperties(table);
    if (!config) {
        GANTRY_ASSERT(!config.error().message.empty(), "an error without words");
        return;
    }
    const PropertyTable once = config->toProperties();
    const auto text = parseProperties(formatProperties(once));
    GANTRY_ASSERT(text && *text == once, "properties changed on their way through text");
    const auto again = Config::fromProperties(once);
    GANTRY_ASSERT(again, "cannot read what was written: {}", again.error().message);
    GANTRY_ASSERT(again->toProperties() == once, "a configuration changed");
}

void serverConfig(std::string_view text)
{
    if (const auto table = parseProperties(text)) {
        for (const auto& [key, value] : *table) {
            GANTRY_ASSERT(key.size() + value.size() <= 3 * text.size(), "a line grew");
        }
        oneConfig<BrokerConfig>(*table);
        oneConfig<NameServerConfig>(*table);
    }
    (void)parseDelayLevels(text);
}

std::vector<std::string> tableSeeds()
{
    return {std::string(1, '\0') + R"({"dataVersion":{"counter":2,"stateVersion":0,"timestamp":1},"topicConfigTable":{"T":{"attributes":{"+a":"b"},)"
            R"("order":false,"perm":6,"readQueueNums":8,"topicFilterType":"SINGLE_TAG","topicName":"T","topicSysFlag":0,"writeQueueNums":8}}})",
            std::string(1, '\1') + R"({"dataVersion":{"counter":2},"forbiddenTable":{"g":{"T":4}},"subscriptionGroupTable":{"g":{"groupName":"g",)"
            R"("brokerId":0,"consumeEnable":true,"retryMaxTimes":16,"retryQueueNums":1,"groupRetryPolicy":{"type":"CUSTOMIZED"}}}})",
            std::string(1, '\2') + R"({"dataVersion":{"counter":2},"offsetTable":{"T@g":{0:5,1:7},"%RETRY%g@g":{0:1}},"resetOffsetMap":{}})",
            std::string(1, '\3') + R"({"dataVersion":{"counter":2},"offsetTable":{1:5,3:7}})",
            std::string(1, '\4') + R"({"configTable":{"ORDER_TOPIC_CONFIG":{"T":"b:4"}}})"};
}

std::vector<std::string> configSeeds()
{
    return {"# c\nkey = va\\u0041lue\\\n  more\nb:2\n", formatProperties(BrokerConfig{}.toProperties()), formatProperties(NameServerConfig{}.toProperties()),
            "brokerName=broker-b\nbrokerId = 0\nnamesrvAddr=127.0.0.1:9876;127.0.0.1:9877\nlistenPort:10911\nflushDiskType=SYNC_FLUSH\n"
            "deleteWhen=04;05\nfileReservedTime=48\nmessageDelayLevel=1s 5s 1m 2h 1d\nbrokerPermission=6\nunknown=1\n",
            "1s 5s 10s 30s 1m 2h 1d"};
}

constexpr std::array<Target, 2> kTargets{{{"tables", tables, tableSeeds}, {"server_config", serverConfig, configSeeds}}};

} // namespace

std::span<const Target> tableTargets()
{
    return kTargets;
}

} // namespace gantry::fuzz
