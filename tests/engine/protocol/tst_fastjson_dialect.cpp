// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/limits.h"
#include "protocol/fastjson_dialect.h"
#include "support/compare.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <random>

using namespace gantry;
using Json = nlohmann::json;

class TestFastjsonDialect : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsTheDialect_data();
    void readsTheDialect();
    void refusesBrokenText_data();
    void refusesBrokenText();
    void followsReferences_data();
    void followsReferences();
    void boundsReferences();
    void agreesWithNlohmannOnStrictJson();
    void writesMarkedKeysBare();
    void namesCannotForgeBareKeys();
    void writesValuesAsJavaDoes();
};

void TestFastjsonDialect::readsTheDialect_data()
{
    QTest::addColumn<std::string>("text");
    QTest::addColumn<std::string>("strict");
    const auto row = [](const char* name, std::string text, std::string strict) { QTest::newRow(name) << text << strict; };
    row("numeric keys", R"({0:"a",-1:"b"})", R"({"0":"a","-1":"b"})");
    row("bare keys", R"({abc_1:1,$x:2})", R"({"abc_1":1,"$x":2})");
    row("single quotes", R"({'a':'it"s \'x\''})", R"({"a":"it\"s 'x'"})");
    row("object key", R"({{"topic":"T","queueId":0}:{"x":1},{"topic":"U"}:2})", R"({"{\"queueId\":0,\"topic\":\"T\"}":{"x":1},"{\"topic\":\"U\"}":2})");
    row("blanks", "\t{ 1 : [ 1 , 2 ] }\r\n", R"({"1":[1,2]})");
    row("numbers", R"([0,-5,9223372036854775807,1.5,-2e3,18446744073709551615])", R"([0,-5,9223372036854775807,1.5,-2000.0,18446744073709551615.0])");
    row("words", R"([true,false,null])", R"([true,false,null])");
    row("escapes", R"(["\u8ba2\ud83d\ude00\/\b\f\n\r\t\\\""])", R"(["订😀/\b\f\n\r\t\\\""])");
    row("half pair", R"(["\ud83dx"])", "[\"\xEF\xBF\xBDx\"]");
    row("last of equal names", R"({"a":1,a:2})", R"({"a":2})");
    row("empty", R"({"a":{},"b":[],"":""})", R"({"a":{},"b":[],"":""})");
}

void TestFastjsonDialect::readsTheDialect()
{
    QFETCH(std::string, text);
    QFETCH(std::string, strict);
    const auto value = parseFastjson(text, "sample");
    QVERIFY2(value, value ? "" : value.error().message.c_str());
    QVERIFY2(*value == Json::parse(strict), value->dump().c_str());
}

void TestFastjsonDialect::refusesBrokenText_data()
{
    QTest::addColumn<std::string>("text");
    for (const std::string text : {"", "{", "}", "{]", "[1", "{1}", "{1:}", "{:1}", "{a:1,}", "[1,]", "\"abc", "'abc\"", "tru", "01x", "-",
                                   "1 2", "{a:1}{", "[\"\\x\"]", "[\"\\u12\"]", "[+1]", "[.5x]", "{{:1}", "{{}}", "nan"}) {
        QTest::newRow(text.empty() ? "nothing" : text.c_str()) << text;
    }
}

void TestFastjsonDialect::refusesBrokenText()
{
    QFETCH(std::string, text);
    const auto value = parseFastjson(text, "sample");
    QVERIFY2(!value, value ? value->dump().c_str() : "");
    QCOMPARE(value.error().code, Errc::Corruption);
    QVERIFY(value.error().message.find("sample") != std::string::npos);
}

void TestFastjsonDialect::followsReferences_data()
{
    QTest::addColumn<std::string>("text");
    QTest::addColumn<std::string>("strict"); // empty: must fail
    const auto row = [](const char* name, std::string text, std::string strict) { QTest::newRow(name) << text << strict; };
    row("member", R"({"a":{"x":1},"b":{"$ref":"$.a"}})", R"({"a":{"x":1},"b":{"x":1}})");
    row("element", R"({"a":[[5,6]],"b":{"$ref":"$.a[0]"}})", R"({"a":[[5,6]],"b":[5,6]})");
    row("escaped name", R"({"a":{"x.y":7},"b":{"$ref":"$.a.x\\.y"}})", R"({"a":{"x.y":7},"b":7})");
    row("target sorts behind", R"({"z":{"x":1},"a":{"$ref":"$.z"}})", R"({"z":{"x":1},"a":{"x":1}})");
    row("chain", R"({"a":{"$ref":"$.b"},"b":{"$ref":"$.c"},"c":{"x":1}})", R"({"a":{"x":1},"b":{"x":1},"c":{"x":1}})");
    row("not alone", R"({"a":{"$ref":"$.b","c":1}})", R"({"a":{"$ref":"$.b","c":1}})");
    row("nothing there", R"({"a":{"$ref":"$.b"}})", "");
    row("parent", R"({"a":{"$ref":".."}})", "");
    row("itself", R"({"a":{"$ref":"$.a"}})", "");
    row("root", R"({"a":{"$ref":"$"}})", "");
    row("circle", R"({"a":{"x":{"$ref":"$.b"}},"b":{"x":{"$ref":"$.a"}}})", "");
    row("bad index", R"({"a":[1],"b":{"$ref":"$.a[7]"}})", "");
}

void TestFastjsonDialect::followsReferences()
{
    QFETCH(std::string, text);
    QFETCH(std::string, strict);
    const auto value = parseFastjson(text, "sample");
    QCOMPARE(value.has_value(), !strict.empty());
    QVERIFY(!value || *value == Json::parse(strict));
}

void TestFastjsonDialect::boundsReferences()
{
    std::string bomb = R"({"a00":[1,1,1,1,1,1,1,1,1,1])";
    for (int i = 1; i < 12; ++i) {
        const std::string previous = fmt::format(R"({{"$ref":"$.a{:02}"}})", i - 1);
        bomb += fmt::format(R"(,"a{:02}":[)", i);
        for (int copy = 0; copy < 10; ++copy) {
            bomb += (copy == 0 ? "" : ",") + previous;
        }
        bomb += "]";
    }
    const auto value = parseFastjson(bomb + "}", "sample");
    QVERIFY(!value);
    QCOMPARE(value.error().code, Errc::LimitExceeded);
    for (const char* deep : {"[", "{a:", "{{a:"}) {
        std::string text;
        for (std::size_t i = 0; i < 100'000; ++i) {
            text += deep;
        }
        const auto nested = parseFastjson(text, "sample");
        QVERIFY(!nested);
        QCOMPARE(nested.error().code, Errc::LimitExceeded);
    }
}

namespace {

Json randomValue(std::mt19937& random, int depth)
{
    static const std::vector<std::string> texts{"", "a", "\"", "\\", "\x01", "订单", "😀", "{}", "a b"};
    switch (random() % (depth > 4 ? 5 : 7)) {
    case 0: return nullptr;
    case 1: return random() % 2 == 0;
    case 2: return static_cast<std::int64_t>(random()) * (random() % 2 == 0 ? 1 : -2'000'000'000LL);
    case 3: return static_cast<double>(random()) / 1000.0 - 1e6;
    case 4: return texts[random() % texts.size()];
    case 5: {
        Json list = Json::array();
        for (unsigned i = 0; i < random() % 5; ++i) {
            list.push_back(randomValue(random, depth + 1));
        }
        return list;
    }
    default: {
        Json object = Json::object();
        for (unsigned i = 0; i < random() % 5; ++i) {
            object[texts[random() % texts.size()] + std::to_string(i)] = randomValue(random, depth + 1);
        }
        return object;
    }
    }
}

} // namespace

void TestFastjsonDialect::agreesWithNlohmannOnStrictJson()
{
    std::mt19937 random(99);
    for (int round = 0; round < 3000; ++round) {
        const Json value = randomValue(random, 0);
        const auto read = parseFastjson(value.dump(static_cast<int>(random() % 3) - 1, ' ', random() % 2 == 0), "sample");
        QVERIFY(read);
        QVERIFY2(*read == value, value.dump().c_str());
        QVERIFY(Json::parse(dumpFastjson(value)) == value);
        QVERIFY(Json::parse(dumpFastjsonPretty(value)) == value);
    }
}

void TestFastjsonDialect::writesMarkedKeysBare()
{
    const Json queue{{"topic", "T"}, {"brokerName", "b"}, {"queueId", 0}};
    Json table = Json::object();
    table[objectKey(queue)] = 1;
    table[numericKey(-7)] = 2;
    table["7"] = 3;
    QCOMPARE(dumpFastjson(table), std::string(R"({"7":3,-7:2,{"brokerName":"b","queueId":0,"topic":"T"}:1})"));
    QCOMPARE(dumpFastjsonPretty({{"a", {{numericKey(0), 42}, {numericKey(1), 40}}}, {"b", Json::array({"x", 1})}, {"c", Json::object()}}),
             std::string("{\n\t\"a\":{0:42,1:40\n\t},\n\t\"b\":[\"x\",1],\n\t\"c\":{}\n}"));
}

void TestFastjsonDialect::namesCannotForgeBareKeys()
{
    Json table = Json::object();
    table["\xFE" "1,\"evil\":2"] = 1;
    table["\xFF{\"a\":1},\"evil\":{}"] = 2;
    table["\xFF{"] = 3;
    const auto read = parseFastjson(dumpFastjson(table), "sample");
    QVERIFY(read);
    QCOMPARE(read->size(), std::size_t{3});
    QVERIFY(!read->contains("evil"));
}

void TestFastjsonDialect::writesValuesAsJavaDoes()
{
    QCOMPARE(dumpFastjson({{"b", 0.0}, {"a", 1.25}, {"c", std::numeric_limits<double>::quiet_NaN()}, {"d", 5}}),
             std::string(R"({"a":1.25,"b":0.0,"c":null,"d":5})"));
    QCOMPARE(dumpFastjson("a\"\\\n\x01订"), std::string("\"a\\\"\\\\\\n\\u0001订\""));
}

QTEST_APPLESS_MAIN(TestFastjsonDialect)
#include "tst_fastjson_dialect.moc"
