// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/snapshot_factory.h"

#include "base/units.h"
#include "message/topic_name.h"

#include <algorithm>
#include <cmath>

namespace gantry::test {

namespace {

LatencyView latency(std::int64_t count, std::int64_t p50)
{
    return {count, p50, p50 * 2, p50 * 4, p50 * 9, p50 * 14};
}

/// A number between -1 and 1 that looks random and is the same every time.
double wobble(int seed)
{
    return std::sin(seed * 12.9898) * 0.6 + std::sin(seed * 0.37) * 0.4;
}

std::shared_ptr<std::vector<MetricSample>> history(int step, std::int64_t nowMs)
{
    auto samples = std::make_shared<std::vector<MetricSample>>();
    for (int i = -600; i <= 0; ++i) {
        const int at = i + step;
        MetricSample sample;
        sample.timeMs = nowMs + static_cast<std::int64_t>(i) * 1000;
        if (i > -330 && i < -315) { // the machine slept: nothing was measured
            samples->push_back(sample);
            continue;
        }
        sample.putRate = 41 + 9 * wobble(at) + (i > -120 && i < -90 ? 60 : 0);
        sample.getRate = 40 + 8 * wobble(at + 1) + (i > -115 && i < -82 ? 62 : 0);
        sample.lag = static_cast<std::int64_t>(
            std::max(0.0, 14 + 20 * wobble(at * 3) + (i > -118 && i < -60 ? 240 + i * 2 : 0)));
        sample.deadLetters = std::max(0, 12 + i / 60);
        sample.retryWaiting = 6 + (at % 5);
        if (at % 97 != 0) {
            sample.putLatency =
                latency(41, static_cast<std::int64_t>(900'000 * (1.3 + wobble(at) * 0.4)));
            sample.flushLatency =
                latency(18, static_cast<std::int64_t>(640'000 * (1.4 + wobble(at + 7) * 0.5) *
                                                      (i > -118 && i < -95 ? 4 : 1)));
        }
        samples->push_back(sample);
    }
    return samples;
}

BrokerInfo broker(const std::string& name, int port, bool isSync, int step, std::int64_t nowMs)
{
    BrokerInfo b;
    b.clusterName = "GantryCluster";
    b.name = name;
    b.address = "127.0.0.1:" + std::to_string(port);
    b.isUp = true;
    b.versionText = "Gantry 0.1.0";
    b.flushModeText = isSync ? "SYNC_FLUSH" : "ASYNC_FLUSH";
    b.storeStateText = "Running";
    b.storeDirectory = "/home/ada/.local/share/gantry/" + name;
    b.startedAtMs = nowMs - 754'000;
    b.putRate = 21 + wobble(step) * 3;
    b.getRate = 20 + wobble(step + 3) * 3;
    b.bytesInRate = 14'300;
    b.bytesOutRate = 13'900;
    b.messagesPut = 15'231 + step * 20;
    b.messagesGot = 14'988 + step * 20;
    b.putLatency = latency(21, isSync ? 1'340'000 : 48'000);
    b.flushLatency = latency(12, isSync ? 910'000 : 1'200'000);
    b.commitLogMinOffset = 0;
    b.commitLogMaxOffset = 9'127'344 + step * 12'000;
    b.flushBehindBytes = isSync ? 0 : 18'432;
    b.dispatchBehindBytes = 0;
    b.diskUsedRatio = 0.61;
    b.diskAvailableBytes = 187LL * kGiB;
    RetentionInfo retention;
    retention.reservedHours = 72;
    retention.deleteAtHours = {4};
    retention.commitLogFiles = 3;
    retention.consumeQueueFiles = 44;
    retention.indexFiles = 1;
    retention.oldestStoredAtMs = nowMs - 51LL * 3'600'000;
    retention.done.commitLogFilesDeleted = 2;
    retention.done.queueAndIndexFilesDeleted = 31;
    retention.done.lastDeletedAtMs = nowMs - 700'000;
    b.retention = retention;
    RecoveryReport recovery;
    recovery.scannedBytes = 4'194'304;
    recovery.scannedRecords = 4'012;
    recovery.durationMs = 6;
    b.recovery = recovery;
    b.heldPulls = 12;
    b.connections = 9;
    b.delayedWaiting = 7;
    return b;
}

TopicInfo topic(const std::string& name, TopicKind kind, int queuesPerBroker, std::int64_t size,
                std::int64_t nowMs)
{
    TopicInfo t;
    t.name = name;
    t.kind = kind;
    t.readQueues = queuesPerBroker;
    t.writeQueues = queuesPerBroker;
    t.brokers = {"broker-a", "broker-b"};
    t.messages = 0;
    for (const auto& brokerName : t.brokers) {
        for (int i = 0; i < queuesPerBroker; ++i) {
            QueueInfo q{{name, brokerName, i}, 0, size + (i * 37) % 101, nowMs - 300 - i * 170};
            if (kind == TopicKind::Normal && size > 1000) {
                q.minOffset = size / 5;
            }
            *t.messages += *q.maxOffset - *q.minOffset;
            t.queues.push_back(std::move(q));
        }
    }
    t.putRate = kind == TopicKind::Normal ? static_cast<double>(size) / 150 : 0.3;
    t.getRate = kind == TopicKind::Normal ? static_cast<double>(size) / 152 : 0.3;
    t.lastStoreTimestampMs = nowMs - 300;
    return t;
}

/// Lets a group consume a topic up to `lag` before the end of each queue.
void consume(ClusterSnapshot& snapshot, GroupInfo& group, const std::string& topicName,
             std::int64_t lag)
{
    const auto at = std::find_if(snapshot.topics.begin(), snapshot.topics.end(),
                                 [&](const TopicInfo& t) { return t.name == topicName; });
    if (at == snapshot.topics.end()) {
        return;
    }
    at->groups.push_back(group.name);
    group.topics.push_back(topicName);
    group.subscriptions.emplace_back(topicName, "*");
    std::size_t owner = 0;
    for (const auto& q : at->queues) {
        GroupQueueInfo info;
        info.queue = q.queue;
        info.brokerOffset = q.maxOffset;
        const std::int64_t behind =
            std::min(*q.maxOffset, lag > 0 ? lag + (q.queue.queueId * 13) % 7 : 0);
        info.consumerOffset = *q.maxOffset - behind;
        info.lag = behind;
        info.lagTimeMs = behind * 640;
        if (!group.clientIds.empty()) {
            info.ownerClientId = group.clientIds[owner++ % group.clientIds.size()];
        }
        group.lag = group.lag.value_or(0) + behind;
        at->lagMax = std::max(at->lagMax.value_or(0), group.lag.value_or(0));
        group.queues.push_back(std::move(info));
    }
    std::sort(group.queues.begin(), group.queues.end(),
              [](const auto& a, const auto& b) { return a.queue < b.queue; });
}

GroupInfo group(const std::string& name, std::vector<std::string> clients)
{
    GroupInfo g;
    g.name = name;
    g.isOnline = !clients.empty();
    g.consumeTypeText = g.isOnline ? "push" : "";
    g.messageModelText = g.isOnline ? "clustering" : "";
    g.clientIds = std::move(clients);
    g.consumeRate = g.isOnline ? 19.6 : 0;
    g.lag = 0;
    g.retryWaiting = 0;
    g.deadLetters = 0;
    return g;
}

void addConnections(ClusterSnapshot& s, std::int64_t nowMs)
{
    const auto add = [&](const std::string& id, const std::string& role,
                         const std::string& groupName, const std::string& language,
                         const std::string& version, int port, const std::string& peer,
                         bool isOurs) {
        ConnectionInfo c;
        c.clientId = id;
        c.role = role;
        c.group = groupName;
        c.remoteAddress = "127.0.0.1:" + std::to_string(port);
        c.peerName = peer;
        c.language = language;
        c.versionText = version;
        c.connectedAtMs = nowMs - 612'000;
        if (!id.empty()) {
            c.lastHeartbeatMs = nowMs - 11'000;
        }
        c.bytesIn = 2'341'000;
        c.bytesOut = 8'120'000;
        c.isOfThisProcess = isOurs;
        s.connections.push_back(std::move(c));
    };
    int port = 51'200;
    for (const std::string peer : {"broker-a", "broker-b"}) {
        add("127.0.0.1@shop-producer", "producer", "shop-producer", "CPP", "Gantry 0.1.0", ++port,
            peer, true);
        add("127.0.0.1@billing-1", "consumer", "billing", "CPP", "Gantry 0.1.0", ++port, peer,
            true);
        add("127.0.0.1@billing-2", "consumer", "billing", "CPP", "Gantry 0.1.0", ++port, peer,
            true);
        add("127.0.0.1@shipping-1", "consumer", "shipping", "CPP", "Gantry 0.1.0", ++port, peer,
            true);
        add("10.1.4.22@81634#8123771", "consumer", "analytics", "JAVA", "V5_3_1", ++port, peer,
            false);
        add("", "client", "", "", "", ++port, peer, true);
    }
    add("", "broker", "", "CPP", "Gantry 0.1.0", ++port, "127.0.0.1:9876", true);
}

} // namespace

std::shared_ptr<ClusterSnapshot> busyCluster(int step, std::int64_t nowMs)
{
    auto s = std::make_shared<ClusterSnapshot>();
    s->revision = static_cast<std::uint64_t>(step) + 1;
    s->takenAtMs = nowMs;
    s->title = "Embedded cluster";
    s->nameServerAddresses = "127.0.0.1:9876;127.0.0.1:9877";
    s->nameServers = {{"127.0.0.1:9876", true, {}, 2, 11, 5, 1'204},
                      {"127.0.0.1:9877", true, {}, 2, 11, 3, 377}};
    s->brokers = {broker("broker-a", 10911, true, step, nowMs),
                  broker("broker-b", 10921, false, step + 9, nowMs)};
    s->topics = {
        topic("%DLQ%billing", TopicKind::DeadLetter, 1, 6, nowMs),
        topic("%RETRY%billing", TopicKind::Retry, 1, 88, nowMs),
        topic("%RETRY%shipping", TopicKind::Retry, 1, 14, nowMs),
        topic("SCHEDULE_TOPIC_XXXX", TopicKind::System, 18, 40, nowMs),
        topic("TBW102", TopicKind::System, 8, 0, nowMs),
        topic("order-reminders", TopicKind::Normal, 4, 160 + step, nowMs),
        topic("orders", TopicKind::Normal, 4, 3'120 + step * 5, nowMs),
        topic("payments", TopicKind::Normal, 4, 1'480 + step * 2, nowMs),
    };
    s->topics[6].isOrdered = true;

    s->groups = {group("analytics", {"10.1.4.22@81634#8123771"}),
                 group("billing", {"127.0.0.1@billing-1", "127.0.0.1@billing-2"}),
                 group("legacy-export", {}), group("shipping", {"127.0.0.1@shipping-1"})};
    consume(*s, s->groups[0], "orders", 210);
    consume(*s, s->groups[0], "payments", 0);
    consume(*s, s->groups[1], "orders", 4);
    consume(*s, s->groups[1], "payments", 0);
    consume(*s, s->groups[2], "order-reminders", 90);
    consume(*s, s->groups[3], "orders", 0);
    s->groups[1].retryWaiting = 6;
    s->groups[1].deadLetters = 12;
    s->groups[3].retryWaiting = 1;
    addConnections(*s, nowMs);
    s->findings = {
        {FindingSeverity::Error, "12 messages of group 'billing' are dead letters",
         "Its consumer failed on them on every attempt. Look at what they have in common, then "
         "resend them.",
         "retry", "billing"},
        {FindingSeverity::Warning, "Group 'legacy-export' is offline with 741 messages waiting",
         "No client sends heartbeats. Its messages expire in 71 hours.", "groups", "legacy-export"},
        {FindingSeverity::Note, "broker-b flushes asynchronously",
         "A power cut can lose the last half second of acknowledged messages. Set "
         "flushDiskType=SYNC_FLUSH if that matters.",
         "brokers", "broker-b:0"},
    };
    s->dedup = {
        {"billing", "one transaction", 12'480 + step * 20, 11'873 + step * 19, 596 + step},
        {"shipping", "one transaction", 12'391 + step * 20, 11'894 + step * 19, 497 + step}};
    s->demo = {true, {}, 12'604 + step * 20, 12'391 + step * 20, 921, 597};
    s->history = history(step, nowMs);
    return s;
}

std::shared_ptr<ClusterSnapshot> idleCluster()
{
    auto s = busyCluster();
    s->topics = {topic("TBW102", TopicKind::System, 8, 0, kNow)};
    s->groups.clear();
    s->connections.clear();
    s->findings.clear();
    s->dedup.clear();
    s->demo = {};
    for (auto& b : s->brokers) {
        b.putRate = b.getRate = 0;
        b.putLatency = LatencyView{};
        b.flushLatency.reset();
        b.commitLogMaxOffset = 0;
        b.messagesPut = b.messagesGot = 0;
    }
    auto samples = std::make_shared<std::vector<MetricSample>>();
    for (int i = -5; i <= 0; ++i) {
        MetricSample sample;
        sample.timeMs = kNow + i * 1000;
        sample.putRate = sample.getRate = 0;
        sample.lag = sample.deadLetters = sample.retryWaiting = 0;
        samples->push_back(sample);
    }
    s->history = samples;
    return s;
}

std::shared_ptr<ClusterSnapshot> brokenCluster()
{
    auto s = busyCluster();
    s->problem = "broker-b does not answer: connection refused at 127.0.0.1:10921";
    s->nameServers[1] = {"127.0.0.1:9877", false, "Connection refused", {}, {}, {}, {}};
    BrokerInfo down;
    down.clusterName = "GantryCluster";
    down.name = "broker-b";
    down.address = "127.0.0.1:10921";
    down.problem = "Connection refused";
    s->brokers[1] = down;
    s->brokers[0].problem = "The disk is 91 % full: writes are refused until space is freed";
    s->brokers[0].storeStateText = "Disk full";
    s->brokers[0].diskUsedRatio = 0.91;
    s->brokers[0].retention->done.lastWasForced = true;
    s->brokers[0].recovery->cleanExit = false;
    s->brokers[0].recovery->truncatedAtOffset = 9'120'100;
    s->brokers[0].recovery->damagedOffsets = {1'048'576, 1'049'604, 5'242'880, 9'000'448};
    for (auto& t : s->topics) {
        t.messages.reset();
        t.putRate.reset();
        t.lagMax.reset();
        for (auto& q : t.queues) {
            if (q.queue.brokerName == "broker-b") {
                q.minOffset.reset();
                q.maxOffset.reset();
                q.lastStoreTimestampMs.reset();
            }
        }
    }
    for (auto& g : s->groups) {
        g.lag.reset();
        g.deadLetters.reset();
        for (auto& q : g.queues) {
            if (q.queue.brokerName == "broker-b") {
                q.brokerOffset.reset();
                q.lag.reset();
                q.lagTimeMs.reset();
                q.ownerClientId.clear();
            }
        }
    }
    auto samples = std::make_shared<std::vector<MetricSample>>(*s->history);
    for (std::size_t i = samples->size() - 40; i < samples->size(); ++i) {
        const auto timeMs = (*samples)[i].timeMs;
        (*samples)[i] = {};
        (*samples)[i].timeMs = timeMs;
    }
    s->history = samples;
    return s;
}

std::shared_ptr<ClusterSnapshot> largeCluster(int topics, int step)
{
    auto s = busyCluster(step);
    s->topics.clear();
    s->groups.clear();
    s->findings.clear();
    const auto padded = [](int number) {
        const std::string digits = std::to_string(number);
        return std::string(6 - std::min<std::size_t>(6, digits.size()), '0') + digits;
    };
    for (int i = 0; i < topics; ++i) {
        TopicInfo t = topic("topic-" + padded(i), TopicKind::Normal, 2, 100 + i % 977 + step, kNow);
        t.groups = {"group-" + padded(i)};
        t.lagMax = (i * 7919) % 5003;
        s->topics.push_back(std::move(t));
        GroupInfo g = group("group-" + padded(i),
                            i % 3 == 0 ? std::vector<std::string>{}
                                       : std::vector<std::string>{"client-" + padded(i)});
        g.topics = {"topic-" + padded(i)};
        g.lag = (i * 7919) % 5003;
        s->groups.push_back(std::move(g));
    }
    return s;
}

std::shared_ptr<ClusterSnapshot> strangeCluster(std::int64_t nowMs)
{
    auto s = busyCluster(0, nowMs);
    const std::string longTopic = "the-longest-name-a-topic-may-have-" + std::string(93, 'x');
    const std::string longGroup = "a-consumer-group-whose-name-goes-on-and-on-" + std::string(77, 'y');
    auto big = topic(longTopic, TopicKind::Normal, 16, 9'123'456'789, nowMs);
    big.putRate = 123'456.7;
    big.lastStoreTimestampMs = nowMs - 400LL * 86'400'000;
    s->topics.push_back(std::move(big));
    s->topics.push_back(topic("%DLQ%" + longGroup, TopicKind::DeadLetter, 1, 12'345'678, nowMs));
    std::sort(s->topics.begin(), s->topics.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    auto slow = group(longGroup, {"10.128.255.255@2147483647#123456789012345678",
                                  "a-host-with-a-name-as-long-as-clouds-give-them.example@1"});
    consume(*s, slow, longTopic, 8'000'000'000);
    slow.deadLetters = 12'345'678;
    slow.retryWaiting = 1'234'567;
    slow.consumeRate = 98'765.4;
    s->groups.push_back(std::move(slow));
    std::sort(s->groups.begin(), s->groups.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    s->nameServers[0].address = "[2001:db8:85a3:8d3:1319:8a2e:370:7348]:9876";
    s->nameServerAddresses = s->nameServers[0].address + ";127.0.0.1:9877";
    s->brokers[0].storeDirectory = "/srv/" + std::string(180, 'd') + "/store";
    s->findings[0].title = "12 345 678 messages of group '" + longGroup + "' are dead letters";
    s->findings[0].object = longGroup;
    s->dedup[0].group = longGroup;
    ConnectionInfo odd = s->connections.front();
    odd.clientId = "10.0.0.7@<b>\xE8\xAE\xA2\xE5\x8D\x95\xE6\x9C\x8D\xE5\x8A\xA1</b>#\n1";
    odd.group = longGroup;
    odd.isOfThisProcess = false;
    s->connections.push_back(odd);
    return s;
}

MessageExt makeStrangeMessage(const std::string& topicName, const std::string& brokerName,
                              int queue, std::int64_t offset)
{
    MessageExt m = makeMessage(topicName, brokerName, queue, offset);
    switch (offset % 8) {
    case 0: {
        std::string rows;
        while (rows.size() < 900'000) {
            rows += R"({"sku":"NB-14","count":2},)";
        }
        rows.pop_back();
        m.body = "[" + rows + "]";
        break;
    }
    case 1:
        m.body.assign(4 << 20, 'x'); // one line of 4 MiB
        break;
    case 2:
        m.body.clear();
        break;
    case 3:
        m.body = "Gr\xFC\xDF" "e aus M\xFCnchen"; // Latin-1
        break;
    case 4:
        m.body = "\xE8\xAE\xA2\xE5\x8D\x95 4711 \xE5\xB7\xB2\xE4\xBB\x98\xE6\xAC\xBE";
        break;
    case 5:
        m.body = R"({"orderId":4711,"note":"cut off in the mid)";
        break;
    case 6:
        m.properties.set(property::kKeys, "first-key second\nline " + std::string(200, 'k'));
        m.properties.set(property::kTags, std::string(120, 't'));
        m.properties.set("x-" + std::string(200, 'p'), std::string(4'000, 'v'));
        break;
    default:
        m.body.resize(3'000'000);
        for (std::size_t i = 0; i < m.body.size(); ++i) {
            m.body[i] = static_cast<char>(i * 2'654'435'761U >> 24U);
        }
    }
    return m;
}

MessageExt makeMessage(const std::string& topicName, const std::string& brokerName, int queue,
                       std::int64_t offset)
{
    static constexpr const char* tags[]{"created", "paid", "cancelled"};
    MessageExt m;
    m.topic = topicName;
    m.brokerName = brokerName;
    m.queueId = queue;
    m.queueOffset = offset;
    const auto number = std::to_string(4'000 + offset * 8 + queue);
    if (offset % 17 == 5) {
        m.body = std::string("\x00\x01\x02\xCA\xFE\xBA\xBE\x7F binary \xFF\xFE", 19);
    } else if (offset % 11 == 7) {
        m.body = "Order " + number + " was picked up at the counter";
    } else {
        m.body =
            R"({"orderId":)" + number +
            R"(,"customer":"Ada Lovelace","items":[{"sku":"NB-14","count":2,"price":1299.50},)" +
            R"({"sku":"CAB-USB","count":1,"price":12.90}],"express":true,"note":null})";
    }
    m.properties.set(property::kKeys, "order-" + number);
    m.properties.set(property::kTags, tags[offset % 3]);
    m.properties.set(property::kUniqueKey, "7F0000010001B1BC4E2C13" +
                                               std::to_string(1'000'000'000 + offset * 16 + queue));
    m.properties.set(property::kWaitStoreOk, "true");
    m.properties.set(property::kCluster, "GantryCluster");
    m.properties.set("region", "eu-central");
    m.commitLogOffset = offset * 2'112 + queue * 300;
    m.storeSize = static_cast<std::int32_t>(m.body.size()) + 260;
    m.bornTimestampMs = kNow - (4'000 - offset) * 37 - 2;
    m.storeTimestampMs = m.bornTimestampMs + 2;
    m.bornHost.ip = {127, 0, 0, 1};
    m.bornHost.port = 51'201;
    m.storeHost.ip = {127, 0, 0, 1};
    m.storeHost.port = brokerName == "broker-a" ? 10911 : 10921;
    m.bodyCrc = static_cast<std::int32_t>(0x5bd1e995 ^ offset);
    return m;
}

RetryEntry makeRetry(const std::string& groupName, int number, RetryEntry::State state)
{
    RetryEntry e;
    e.state = state;
    e.group = groupName;
    e.originTopic = "orders";
    e.message = makeMessage(state == RetryEntry::State::DeadLetter ? deadLetterTopicOf(groupName)
                                                                   : retryTopicOf(groupName),
                            number % 2 == 0 ? "broker-a" : "broker-b", 0, number);
    e.attemptsMax = 16;
    e.attempt = state == RetryEntry::State::DeadLetter ? 16 : 1 + number % 5;
    e.message.reconsumeTimes = e.attempt;
    e.message.properties.set(property::kRetryTopic, "orders");
    if (state == RetryEntry::State::WaitingForDelay) {
        e.message.setDelayLevel(2 + e.attempt);
        e.dueMs = kNow + 4'000 + number * 9'500;
    }
    return e;
}

DedupEntry makeDedup(const std::string& groupName, int number)
{
    DedupEntry e;
    e.group = groupName;
    e.key = "order-" + std::to_string(20'000 - number);
    e.firstSeenMs = kNow - number * 480LL;
    e.messageId = "7F0000010001B1BC4E2C13" + std::to_string(2'000'000'000 - number);
    e.topic = "orders";
    e.brokerName = number % 2 == 0 ? "broker-a" : "broker-b";
    e.queueId = number % 4;
    e.queueOffset = 3'100 - number / 8;
    e.refusedCount = number % 7 == 2 ? 1 + number % 3 : 0;
    e.lastRefusedMs = e.refusedCount > 0 ? e.firstSeenMs + 900 : 0;
    e.state = number == 0 ? DedupState::InProgress : DedupState::Done;
    return e;
}

} // namespace gantry::test
