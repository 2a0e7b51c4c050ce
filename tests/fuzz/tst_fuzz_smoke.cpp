// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz_targets.h"

#include "base/byte_cursor.h"
#include "message/batch_codec.h"
#include "message/record_codec.h"
#include "protocol/command_codec.h"

#include <QtTest>

#include <random>

using namespace gantry;

namespace {

/// Well-formed inputs of every kind; mutations of these reach deeper than noise does.
std::vector<std::string> seeds()
{
    RemotingCommand command = RemotingCommand::request(RequestCode::SendMessageV2);
    command.remark = "why \"so\"";
    command.fields.add("a", "pg");
    command.fields.add("e", std::int64_t{3});
    command.fields.add("i", "KEYS\x01k\x02");
    command.body = "hello";
    const std::string json = encodeFrame(command, HeaderEncoding::Json);
    const std::string binary = encodeFrame(command, HeaderEncoding::Binary);
    std::string record;
    RecordFields fields;
    fields.topic = "Orders";
    fields.body = "hello";
    fields.properties = "KEYS\x01k\x02TAGS\x01t\x02";
    encodeRecord(fields, record);
    Message message;
    message.body = "one";
    message.setTags("t");
    std::vector<std::string> list{
        "\x03" + json + binary, json.substr(4), binary.substr(4), "0" + json.substr(8), "1" + binary.substr(8), record + record,
        std::string(fields.properties), encodeBatch({message, message}), "# c\nkey = va\\u0041lue\\\n  more\nb:2\n",
        R"({"offsetTable":{{"brokerName":"b","queueId":0,"topic":"T"}:{"brokerOffset":4}},"x":{"$ref":"$.offsetTable"}})",
        R"({0:"a",'k':[1,-2.5e3,true,null,"\u0041\ud83d\ude00"],b:{}})"};
    const std::string body = R"({"dataVersion":{"counter":1},"topicConfigTable":{"T":{"perm":6,"attributes":{"a":"b"}}},)"
                             R"("consumerDataSet":[{"groupName":"g","consumeType":1,"subscriptionDataSet":[{"topic":"T",)"
                             R"("tagsSet":["a"]}]}],"offsetTable":{"T@g":{0:5}},"brokerDatas":[{"brokerAddrs":{0:"h:1"}}],)"
                             R"("mqSet":[{"topic":"T"}],"table":{"k":"v"},"queueData":[{"tagsCode":1}],"subscriptionGroupTable":{"g":{}}})";
    for (char which = 0; which < 28; ++which) {
        list.push_back(std::string(1, which) + body);
    }
    return list;
}

std::string mutated(std::string text, const std::vector<std::string>& all, std::mt19937& random)
{
    const auto count = random() % 6;
    for (unsigned i = 0; i < count && !text.empty(); ++i) {
        const std::size_t at = random() % text.size();
        switch (random() % 7) {
        case 0: text[at] = static_cast<char>(random()); break;
        case 1: text[at] = static_cast<char>(text[at] ^ (1 << random() % 8)); break;
        case 2: text.erase(at, 1 + random() % 8); break;
        case 3: text.insert(at, 1 + random() % 4, static_cast<char>(random())); break;
        case 4: text.resize(at); break;
        case 5: text.insert(at, text.substr(random() % text.size(), random() % 40)); break;
        default: text.replace(at, random() % 20, all[random() % all.size()].substr(0, random() % 60)); break;
        }
    }
    return text;
}

} // namespace

class TestFuzzSmoke : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsItsPromises_data();
    void keepsItsPromises();
};

void TestFuzzSmoke::keepsItsPromises_data()
{
    QTest::addColumn<int>("index");
    int index = 0;
    for (const fuzz::Target& target : fuzz::targets()) {
        QTest::newRow(target.name) << index++;
    }
}

void TestFuzzSmoke::keepsItsPromises()
{
    QFETCH(int, index);
    const fuzz::Target& target = fuzz::targets()[static_cast<std::size_t>(index)];
    const std::vector<std::string> all = seeds();
    for (const std::string& seed : all) {
        target.run(seed);
    }
    std::mt19937 random(20'240'601U + static_cast<unsigned>(index));
    QElapsedTimer timer;
    timer.start();
    int runs = 0;
    while (timer.elapsed() < 700 && runs < 200'000) {
        target.run(mutated(all[random() % all.size()], all, random));
        ++runs;
    }
    QVERIFY(runs > 10);
}

QTEST_APPLESS_MAIN(TestFuzzSmoke)
#include "tst_fuzz_smoke.moc"
