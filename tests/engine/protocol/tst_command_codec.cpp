// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/byte_cursor.h"
#include "base/limits.h"
#include "protocol/command_codec.h"
#include "protocol/header_codec.h"
#include "protocol/json_header.h"
#include "support/compare.h"

#include <nlohmann/json.hpp>

#include <QtTest>

#include <random>

using namespace gantry;

namespace {

RemotingCommand sampleSend()
{
    RemotingCommand command = RemotingCommand::request(RequestCode::SendMessageV2);
    command.opaque = 4711;
    command.fields.add("a", "pg_orders");
    command.fields.add("b", "Orders");
    command.fields.add("c", "TBW102");
    command.fields.add("d", std::int64_t{4});
    command.fields.add("e", std::int64_t{3});
    command.fields.add("f", std::int64_t{0});
    command.fields.add("g", std::int64_t{1719000000000});
    command.fields.add("h", std::int64_t{0});
    command.fields.add("i", "KEYS\x01order-4711\x02TAGS\x01paid\x02UNIQ_KEY\x01"
                            "7F0000010A2B18B4AAC25A6E3F5C0001\x02WAIT\x01true\x02");
    command.fields.add("j", std::int64_t{0});
    command.fields.addBool("k", false);
    command.fields.addBool("m", false);
    command.fields.add("n", "bk-1");
    command.body = "hello";
    return command;
}

void compareCommands(const RemotingCommand& actual, const RemotingCommand& expected)
{
    QCOMPARE(actual.code, expected.code);
    QCOMPARE(actual.language, expected.language);
    QCOMPARE(actual.version, expected.version);
    QCOMPARE(actual.opaque, expected.opaque);
    QCOMPARE(actual.flag, expected.flag);
    QCOMPARE(actual.remark, expected.remark);
    QCOMPARE(actual.body, expected.body);
    QCOMPARE(actual.fields.size(), expected.fields.size());
    for (std::size_t i = 0; i < actual.fields.size(); ++i) {
        QCOMPARE(actual.fields.nameAt(i), expected.fields.nameAt(i));
        QCOMPARE(actual.fields.valueAt(i), expected.fields.valueAt(i));
    }
}

ByteView withoutLength(const std::string& frame)
{
    return asBytes(frame).subspan(4);
}

void feed(FrameDecoder& decoder, std::string_view bytes)
{
    const MutableByteView room = decoder.prepare(bytes.size());
    QVERIFY(room.size() >= bytes.size());
    std::memcpy(room.data(), bytes.data(), bytes.size());
    decoder.commit(bytes.size());
}

/// Random text of the kind that makes escapes: controls, quotes, Latin, Chinese, beyond the BMP.
std::string randomText(std::mt19937& random)
{
    static const std::vector<std::string> pieces{"a", "Z9", "\"",
        "\\", "/", "\n", "\x01", "\x02", "é", "订单", "😀", " ", "{}", "\x7f"};
    std::string text;
    const auto count = random() % 12;
    for (unsigned i = 0; i < count; ++i) {
        text += pieces[random() % pieces.size()];
    }
    return text;
}

} // namespace

class TestCommandCodec : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void roundTripsBothForms_data();
    void roundTripsBothForms();
    void writesTheDocumentedJson();
    void readsWhatPeersWrite_data();
    void readsWhatPeersWrite();
    void refusesMalformedJson_data();
    void refusesMalformedJson();
    void agreesWithNlohmannOnRandomHeaders();
    void refusesEveryCutBinaryHeader();
    void takesFramesByteByByte();
    void keepsPartialFramesAcrossCompaction();
    void refusesImpossibleLengths_data();
    void refusesImpossibleLengths();
    void growsOnlyWithArrivingBytes();
    void boundsHeaderSizeAndFields();
    void fallsBackToJsonForLargeCodes();
    void typedHeadersNameTheBadField();
    void fieldsSurviveAliasing();
};

void TestCommandCodec::roundTripsBothForms_data()
{
    QTest::addColumn<int>("encoding");
    QTest::newRow("json") << 0;
    QTest::newRow("binary") << 1;
}

void TestCommandCodec::roundTripsBothForms()
{
    QFETCH(int, encoding);
    RemotingCommand command = sampleSend();
    command.remark = "näher \"am\" Rand";
    command.flag = RemotingCommand::kOnewayFlag;
    command.opaque = -5;
    command.language = Language::NodeJs;
    const std::string frame = encodeFrame(command, static_cast<HeaderEncoding>(encoding));
    QCOMPARE(static_cast<std::size_t>(loadBig<std::int32_t>(asBytes(frame).data())), frame.size() - 4);
    const auto decoded = decodeCommand(withoutLength(frame));
    QVERIFY2(decoded, decoded ? "" : decoded.error().message.c_str());
    QCOMPARE(static_cast<int>(decoded->encoding), encoding);
    compareCommands(decoded->command, command);
}

void TestCommandCodec::writesTheDocumentedJson()
{
    RemotingCommand command = RemotingCommand::request(RequestCode::GetRouteInfoByTopic);
    command.opaque = 17;
    command.fields.add("topic", "Orders");
    std::string text;
    writeJsonHeader(command, text);
    QCOMPARE(text, std::string(R"({"code":105,"extFields":{"topic":"Orders"},"flag":0,"language":"JAVA","opaque":17,)"
                               R"("serializeTypeCurrentRPC":"JSON","version":479})"));
}

void TestCommandCodec::readsWhatPeersWrite_data()
{
    QTest::addColumn<std::string>("text");
    QTest::addColumn<std::string>("field");
    QTest::addColumn<std::string>("value");
    const auto row = [](const char* name, std::string text, std::string field, std::string value) {
        QTest::newRow(name) << text << field << value;
    };
    row("number", R"({"code":1,"extFields":{"queueId":-3}})", "queueId", "-3");
    row("bool", R"({"code":1,"extFields":{"m":true}})", "m", "true");
    row("null value", R"({"code":1,"extFields":{"x":null,"y":"1"}})", "x", "<absent>");
    row("null map", R"({"code":1,"extFields":null,"remark":null})", "x", "<absent>");
    row("blanks", " {\n\"code\" : 1 , \"extFields\" : { \"a\" : \"b\" } } ", "a", "b");
    row("unknown members", R"({"new":{"a":[1,{"b":"}"}]},"code":1,"extFields":{"a":"b"}})", "a", "b");
    row("escapes", R"({"code":1,"extFields":{"a":"\u0001\/\t\u8ba2\ud83d\ude00"}})", "a", "\x01/\t订😀");
    row("half pair", R"({"code":1,"extFields":{"a":"\ud83dx"}})", "a", "\xEF\xBF\xBDx");
    row("last of equal names", R"({"code":1,"extFields":{"a":"1","a":"2"}})", "a", "2");
    row("object value", R"({"code":1,"extFields":{"a":{"b":[1]}}})", "a", R"({"b":[1]})");
    row("empty string", R"({"code":1,"extFields":{"AccessKey":""}})", "AccessKey", "");
    row("code as text", R"({"code":"1","extFields":{"a":"b"}})", "a", "b");
}

void TestCommandCodec::readsWhatPeersWrite()
{
    QFETCH(std::string, text);
    QFETCH(std::string, field);
    QFETCH(std::string, value);
    const auto command = readJsonHeader(text);
    QVERIFY2(command, command ? "" : command.error().message.c_str());
    QCOMPARE(command->code, 1);
    QCOMPARE(std::string(command->fields.find(field).value_or("<absent>")), value);
    QCOMPARE(command->language, Language::Java);
}

void TestCommandCodec::refusesMalformedJson_data()
{
    QTest::addColumn<std::string>("text");
    const std::vector<std::string> bad{
        "", " ", "{", "[]", "{}", "null", R"({"code":1)", R"({"code":1,})", R"({"code":1}x)", R"({"code":})",
        R"({"code":1.5})", R"({"code":99999999999})", R"({"code":nope})", R"({code:1})", R"({"code":1,"extFields":[]})",
        R"({"code":1,"extFields":{"a"}})", R"({"code":1,"extFields":{"a":"b})", R"({"code":1,"extFields":{"a":"\q"}})",
        R"({"code":1,"extFields":{"a":"\u12g4"}})", R"({"code":1,"extFields":{"a":01x}})", R"({"code":1,"remark":5})",
        R"({"code":1,"extFields":{"a":-}})", R"({"code":1,"x":)" + std::string(200, '[')};
    for (const std::string& text : bad) {
        QTest::newRow(text.substr(0, 40).c_str()) << text;
    }
}

void TestCommandCodec::refusesMalformedJson()
{
    QFETCH(std::string, text);
    const auto command = readJsonHeader(text);
    QVERIFY(!command);
    QCOMPARE(command.error().code, Errc::Protocol);
}

void TestCommandCodec::agreesWithNlohmannOnRandomHeaders()
{
    std::mt19937 random(20241);
    for (int round = 0; round < 3000; ++round) {
        nlohmann::json header{{"code", static_cast<std::int32_t>(random())},
            {"opaque", static_cast<std::int32_t>(random())},
                              {"flag", static_cast<int>(random() % 4)}, {"version", static_cast<int>(random() % 600)},
                              {"language", "GO"}, {"remark", randomText(random)},
                                  {"unknown", {1, nullptr, {{"a", true}}}}};
        nlohmann::json fields = nlohmann::json::object();
        for (unsigned i = 0; i < random() % 20; ++i) {
            const std::string name = "f" + std::to_string(i) + randomText(random);
            switch (random() % 3) {
            case 0: fields[name] = static_cast<std::int64_t>(random()) - 2000000000; break;
            case 1: fields[name] = random() % 2 == 0; break;
            default: fields[name] = randomText(random); break;
            }
        }
        header["extFields"] = fields;
        const std::string text = header.dump(static_cast<int>(random() % 3) - 1, ' ', random() % 2 == 0);
        const auto command = readJsonHeader(text);
        QVERIFY2(command, text.c_str());
        QCOMPARE(command->code, header["code"].get<std::int32_t>());
        QCOMPARE(command->opaque, header["opaque"].get<std::int32_t>());
        QCOMPARE(command->remark, header["remark"].get<std::string>());
        QCOMPARE(command->language, Language::Go);
        QCOMPARE(command->fields.size(), fields.size());
        for (const auto& [name, value] : fields.items()) {
            const std::string wanted = value.is_string() ? value.get<std::string>() : value.dump();
            QCOMPARE(std::string(command->fields.find(name).value_or("<absent>")), wanted);
        }
        // And what we write, nlohmann reads as the same thing.
        std::string written;
        writeJsonHeader(*command, written);
        const auto again = nlohmann::json::parse(written);
        QCOMPARE(again.value("remark", std::string()), command->remark);
        for (std::size_t i = 0; i < command->fields.size(); ++i) {
            QCOMPARE(again["extFields"][std::string(command->fields.nameAt(i))].get<std::string>(),
                     std::string(command->fields.valueAt(i)));
        }
    }
}

void TestCommandCodec::refusesEveryCutBinaryHeader()
{
    const std::string frame = encodeFrame(sampleSend(), HeaderEncoding::Binary);
    const auto headerSize = loadBig<std::uint32_t>(withoutLength(frame).data()) & 0xFFFFFF;
    for (std::uint32_t size = 0; size < headerSize; ++size) {
        std::string cut = frame.substr(4, 4 + size);
        ByteWriter(cut).patch(0, (1U << 24) | size);
        QVERIFY2(!decodeCommand(asBytes(cut)), std::to_string(size).c_str());
    }
}

void TestCommandCodec::takesFramesByteByByte()
{
    std::string stream;
    std::vector<RemotingCommand> sent;
    for (int i = 0; i < 5; ++i) {
        RemotingCommand command = sampleSend();
        command.opaque = i;
        command.body.assign(static_cast<std::size_t>(i) * 1000, static_cast<char>('a' + i));
        stream += encodeFrame(command, i % 2 == 0 ? HeaderEncoding::Json : HeaderEncoding::Binary);
        sent.push_back(command);
    }
    FrameDecoder decoder(limits::kFrameBytesMax);
    std::size_t received = 0;
    for (const char c : stream) {
        feed(decoder, std::string_view(&c, 1));
        const auto frame = decoder.next();
        QVERIFY(frame);
        if (*frame) {
            const auto decoded = decodeCommand(**frame);
            QVERIFY(decoded);
            compareCommands(decoded->command, sent.at(received));
            ++received;
        }
    }
    QCOMPARE(received, sent.size());
    QCOMPARE(decoder.buffered(), std::size_t{0});
}

void TestCommandCodec::keepsPartialFramesAcrossCompaction()
{
    std::mt19937 random(7);
    std::string stream;
    constexpr int kFrames = 200;
    for (int i = 0; i < kFrames; ++i) {
        RemotingCommand command = RemotingCommand::request(RequestCode::HeartBeat);
        command.opaque = i;
        command.body.assign(random() % 5000, 'x');
        stream += encodeFrame(command);
    }
    FrameDecoder decoder(limits::kFrameBytesMax);
    int expected = 0;
    for (std::size_t at = 0; at < stream.size();) {
        const std::size_t count = std::min<std::size_t>(1 + random() % 9000, stream.size() - at);
        feed(decoder, std::string_view(stream).substr(at, count));
        at += count;
        for (auto frame = decoder.next(); frame && *frame; frame = decoder.next()) {
            const auto decoded = decodeCommand(**frame);
            QVERIFY(decoded);
            QCOMPARE(decoded->command.opaque, expected++);
        }
    }
    QCOMPARE(expected, kFrames);
}

void TestCommandCodec::refusesImpossibleLengths_data()
{
    QTest::addColumn<std::string>("bytes");
    QTest::newRow("negative") << std::string("\xFF\xFF\xFF\xFF", 4);
    QTest::newRow("zero") << std::string(4, '\0');
    QTest::newRow("three") << std::string("\0\0\0\3", 4);
    QTest::newRow("16 MiB and one") << std::string("\x01\0\0\1", 4);
    QTest::newRow("http") << std::string("GET / HTTP/1.1\r\n");
}

void TestCommandCodec::refusesImpossibleLengths()
{
    QFETCH(std::string, bytes);
    FrameDecoder decoder(limits::kFrameBytesMax);
    feed(decoder, bytes);
    for (int i = 0; i < 2; ++i) {
        const auto frame = decoder.next();
        QVERIFY(!frame);
        QCOMPARE(frame.error().code, Errc::Protocol);
    }
}

void TestCommandCodec::growsOnlyWithArrivingBytes()
{
    FrameDecoder decoder(limits::kFrameBytesMax);
    feed(decoder, std::string("\x00\xFF\xFF\xFF", 4));
    QVERIFY(decoder.next());
    QVERIFY(decoder.prepare(4096).size() < 64 * 1024);
}

void TestCommandCodec::boundsHeaderSizeAndFields()
{
    RemotingCommand many = RemotingCommand::request(RequestCode::HeartBeat);
    for (std::size_t i = 0; i <= limits::kHeaderFieldsMax; ++i) {
        many.fields.add("name" + std::to_string(i), "v");
    }
    for (const auto encoding : {HeaderEncoding::Json, HeaderEncoding::Binary}) {
        const std::string tooMany = encodeFrame(many, encoding);
        QVERIFY(!decodeCommand(withoutLength(tooMany)));
        RemotingCommand large = RemotingCommand::request(RequestCode::HeartBeat);
        large.fields.add("v", std::string(limits::kHeaderBytesMax, 'v'));
        const std::string tooLarge = encodeFrame(large, encoding);
        const auto decoded = decodeCommand(withoutLength(tooLarge));
        QVERIFY(!decoded);
        QCOMPARE(decoded.error().code, Errc::Protocol);
    }
    const std::string unknownForm("\x07\0\0\0", 4);
    QVERIFY(!decodeCommand(asBytes(unknownForm)));
    const std::string headerTooLong("\0\0\0\x09{}", 6);
    QVERIFY(!decodeCommand(asBytes(headerTooLong)));
}

void TestCommandCodec::fallsBackToJsonForLargeCodes()
{
    const std::string frame = encodeFrame(RemotingCommand::request(RequestCode::PopMessage), HeaderEncoding::Binary);
    const auto decoded = decodeCommand(withoutLength(frame));
    QVERIFY(decoded);
    QCOMPARE(decoded->command.code, 200050);
    QCOMPARE(decoded->encoding, HeaderEncoding::Json);
}

namespace {

struct SampleHeader
{
    std::string consumerGroup;
    std::int32_t queueId = 0;
    std::optional<bool> setZeroIfNotFound;
    std::optional<std::int64_t> offset;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor&& visitor)
    {
        visitor("consumerGroup", self.consumerGroup);
        visitor("queueId", self.queueId);
        visitor("setZeroIfNotFound", self.setZeroIfNotFound);
        visitor("offset", self.offset);
    }
};

} // namespace

void TestCommandCodec::typedHeadersNameTheBadField()
{
    HeaderFields fields;
    encodeHeader(SampleHeader{"billing", 7, true, std::nullopt}, fields);
    QCOMPARE(fields.size(), std::size_t{3});
    const auto header = decodeHeader<SampleHeader>(fields);
    QVERIFY(header);
    QCOMPARE(header->consumerGroup, std::string("billing"));
    QCOMPARE(header->queueId, 7);
    QCOMPARE(header->setZeroIfNotFound, std::optional<bool>(true));
    QVERIFY(!header->offset);

    fields.set("setZeroIfNotFound", "TRUE");
    QCOMPARE(decodeHeader<SampleHeader>(fields)->setZeroIfNotFound, std::optional<bool>(true));
    fields.set("setZeroIfNotFound", "yes");
    QCOMPARE(decodeHeader<SampleHeader>(fields)->setZeroIfNotFound, std::optional<bool>(false));
    fields.set("queueId", "7x");
    auto bad = decodeHeader<SampleHeader>(fields);
    QVERIFY(!bad);
    QVERIFY(bad.error().message.find("queueId") != std::string::npos);
    fields.remove("consumerGroup");
    bad = decodeHeader<SampleHeader>(fields);
    QVERIFY(!bad);
    QCOMPARE(bad.error().code, Errc::InvalidArgument);
    QVERIFY(bad.error().message.find("consumerGroup") != std::string::npos);
}

void TestCommandCodec::fieldsSurviveAliasing()
{
    HeaderFields fields;
    fields.add("a", "a value that is long enough to live on the heap for sure");
    for (int i = 0; i < 50; ++i) {
        fields.add("copy" + std::to_string(i), *fields.find("a"));
        fields.set("self", *fields.find("a"));
    }
    QCOMPARE(*fields.find("copy49"), *fields.find("a"));
    QCOMPARE(*fields.find("self"), *fields.find("a"));
    QCOMPARE(fields.size(), std::size_t{52});
}

QTEST_APPLESS_MAIN(TestCommandCodec)
#include "tst_command_codec.moc"
